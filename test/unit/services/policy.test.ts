import { afterEach, describe, expect, it } from 'vitest';
import { latest } from '../../../src/domain/plan/state.ts';
import { parsePlanId } from '../../../src/domain/values.ts';
import type { DocumentStore } from '../../../src/ports/document-store.ts';
import { Changes } from '../../../src/services/change.ts';
import { createCompilePartner } from '../../../src/services/compile-partner.ts';
import { PartnerChanges } from '../../../src/services/partner-change.ts';
import { PolicyService } from '../../../src/services/policy.ts';
import { Replica } from '../../../src/services/replica.ts';
import {
  ALFA,
  alfa,
  BETA,
  beta,
  compilePartner,
  format,
  openHouse,
  operator,
  policyOf,
  PRO,
  system,
  TEAM,
  type House,
} from './house.ts';

let house: House;
afterEach(() => house.close());

const more =
  '  - { id: extra, name: Extra, available_for: [basic], price: { amount_minor: 1, currency: EUR }, billing_cycle: monthly }\n';
const withoutTeam = policyOf('ALFA').slice(0, policyOf('ALFA').indexOf('  - id: team'));

/** A store that loses its connection at the n-th commit from now on. */
function failing() {
  const failure = { at: Infinity };
  const wrap = (documents: DocumentStore): DocumentStore =>
    new Proxy(documents, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        if (name !== 'commit') return member.bind(target) as unknown;
        return (...commit: unknown[]) => {
          failure.at -= 1;
          return failure.at < 0 ? Promise.reject(new Error('lost')) : (member.apply(target, commit) as unknown);
        };
      },
    });
  return { failure, wrap };
}

describe('a policy that is checked', () => {
  it.each<[string, string, object[]]>([
    ['as it is in force', policyOf('ALFA'), []],
    ['with a plan more', policyOf('ALFA', more), []],
    ['that is no YAML', 'a: [', [{ severity: 'error' }]],
    ['of another partner', policyOf('BETA'), [{ severity: 'error', rule: 'P-5', path: '/provider_id', line: 1 }]],
    [
      'that moves to another region',
      policyOf('ALFA') + 'region: mars\n',
      [{ severity: 'error', rule: 'P-8', path: '/region' }],
    ],
    ['with a model that is not there', policyOf('ALFA') + 'model: nothing\n', [{ severity: 'error', path: '/model' }]],
    [
      'with a rollout of 101 %',
      policyOf('ALFA').replace('enabled: true', 'enabled: true, rollout: 101'),
      [{ severity: 'error', path: '/features/beta/rollout', line: 4 }],
    ],
  ])('%s', async (_, text, problems) => {
    house = await openHouse();
    const position = house.replica.position;
    const checked = house.policy.validate(alfa, { text });
    expect(checked.problems.filter(({ severity }) => severity === 'error')).toEqual(
      problems.map((problem) => expect.objectContaining(problem)),
    );
    expect(checked.valid).toBe(problems.length === 0);
    if (problems.length > 0) {
      const applied = await house.policy.apply(alfa, { text });
      expect(applied).toMatchObject({ applied: false, policyVersion: 1, problems: checked.problems });
    }
    await house.replica.fresh();
    expect(house.replica.position).toBe(position);
  });

  it('with the id of a plan that was discontinued is an error (B-9)', async () => {
    house = await openHouse();
    const plan = house.replica.partner(ALFA)?.plans.get(TEAM);
    await house.changes.commit({ ...plan!, rev: 2, discontinuedAt: house.clock.at }, []);
    const { problems } = await house.policy.apply(alfa, { text: policyOf('ALFA', more) });
    expect(problems).toEqual([expect.objectContaining({ severity: 'error', rule: 'B-9', path: '/plans/1/id' })]);
    expect(house.subscriptions.plans(alfa, {}).map(({ planId }) => planId)).toEqual(['pro']);
  });
});

describe('a policy that is applied (P-3)', () => {
  it('is the next version, with its plans, and is read back as it was written', async () => {
    house = await openHouse();
    const text = policyOf('ALFA', more);
    expect(await house.policy.apply(alfa, { text, cause: 'spring' })).toMatchObject({
      applied: true,
      policyVersion: 2,
    });
    expect(house.policy.get(alfa, {})).toEqual({ policyVersion: 2, text });
    expect(house.subscriptions.plans(alfa, {}).map((plan) => [plan.planId, latest(plan).version])).toEqual([
      ['extra', 1],
      ['pro', 1],
      ['team', 1],
    ]);
    const applied = (await house.auditOfPartner()).find(({ event }) => event === 'PolicyApplied');
    expect(applied).toMatchObject({ cause: 'spring', actor: { kind: 'key' }, detail: { version: 2, text } });
  });

  it('and is equal to the one in force makes no version', async () => {
    house = await openHouse();
    const position = house.replica.position;
    expect(await house.policy.apply(alfa, { text: policyOf('ALFA') })).toMatchObject({
      applied: true,
      policyVersion: 1,
    });
    expect(house.replica.position).toBe(position);
  });

  it('changes a plan by a new version, and running subscriptions keep theirs (B-9)', async () => {
    house = await openHouse();
    const userId = await house.basicUser('user001');
    const begun = await house.change(userId, { type: 'subscribe', planId: PRO }, 'k1');
    await house.change(userId, { type: 'confirm', planId: PRO, code: begun.code?.text ?? '', evidence: {} }, 'k2');
    await house.policy.apply(alfa, { text: policyOf('ALFA').replace('amount_minor: 900,', 'amount_minor: 950,') });
    const pro = house.replica.partner(ALFA)?.plans.get(PRO);
    expect(pro?.versions.map(({ version, price }) => [version, price.amountMinor])).toEqual([
      [1, 900],
      [2, 950],
    ]);
    expect(await house.subscriptions.get(alfa, { userId })).toMatchObject({ subStatus: 'signed', planVersion: 1 });
  });

  it('makes a plan that it no longer names inactive, and does not discontinue it', async () => {
    house = await openHouse();
    await house.policy.apply(alfa, { text: withoutTeam });
    const team = house.replica.partner(ALFA)?.plans.get(TEAM);
    expect(team?.discontinuedAt).toBeUndefined();
    expect(team && latest(team)).toMatchObject({ active: false, version: 2, name: 'Second' });
    await house.policy.apply(alfa, { text: policyOf('ALFA') });
    expect(house.subscriptions.plans(alfa, { activeOnly: true }).map(({ planId }) => planId)).toEqual(['pro', 'team']);
  });

  it('leaves the other partner as it was (P-5)', async () => {
    house = await openHouse();
    const view = house.replica.partner(BETA);
    const before = [view?.state, ...(view?.plans.values() ?? [])];
    await house.policy.apply(alfa, { text: withoutTeam });
    expect([house.replica.partner(BETA)?.state, ...(house.replica.partner(BETA)?.plans.values() ?? [])]).toEqual(
      before,
    );
    expect(house.policy.get(beta, {})).toEqual({ policyVersion: 1, text: policyOf('BETA') });
  });

  it('by an operator is audited as the operator’s, plans included (P-7)', async () => {
    house = await openHouse();
    await house.policy.apply(operator, { providerId: 'ALFA', text: policyOf('ALFA', more) });
    const acts = (await house.auditOfPartner()).filter(({ actor }) => actor.kind === 'operator');
    expect(acts.map(({ event }) => event)).toEqual(['PolicyApplied', 'PlanDefined']);
  });

  it('of another partner’s name is not found (P-6)', async () => {
    house = await openHouse();
    await expect(house.policy.apply(alfa, { providerId: 'BETA', text: policyOf('BETA') })).rejects.toMatchObject({
      code: 'PARTNER_NOT_FOUND',
    });
    expect(() => house.policy.validate(alfa, { providerId: 'BETA', text: '' })).toThrow(
      expect.objectContaining({ code: 'PARTNER_NOT_FOUND' }),
    );
    expect(() => house.policy.get(alfa, { providerId: 'BETA' })).toThrow(
      expect.objectContaining({ code: 'PARTNER_NOT_FOUND' }),
    );
  });

  it.each([0, 1])('and was cut off after %i commits is finished by applying it again', async (commits) => {
    const { failure, wrap } = failing();
    house = await openHouse({ documents: wrap });
    const text = policyOf('ALFA', more);
    failure.at = commits;
    await expect(house.policy.apply(alfa, { text })).rejects.toThrow('lost');
    expect(house.policy.get(alfa, {}).policyVersion).toBe(1);
    failure.at = Infinity;
    expect(await house.policy.apply(alfa, { text })).toMatchObject({ applied: true, policyVersion: 2 });
    expect(house.subscriptions.plans(alfa, {}).map((plan) => [plan.planId, latest(plan).version])).toEqual([
      ['extra', 1],
      ['pro', 1],
      ['team', 1],
    ]);
  });

  it('whose plans are made and whose partner is not yet: the old plans are in force, and the new ones after it (P-3)', async () => {
    const { failure, wrap } = failing();
    house = await openHouse({ documents: wrap });
    const userId = await house.basicUser('user001');
    const text = policyOf('ALFA', more).replace('amount_minor: 900', 'amount_minor: 1000');
    failure.at = 2;
    await expect(house.policy.apply(alfa, { text })).rejects.toThrow('lost');
    failure.at = Infinity;
    const inForce = () => house.subscriptions.plans(alfa, {}).map((plan) => [plan.planId, latest(plan).version]);
    expect(inForce()).toEqual([
      ['pro', 1],
      ['team', 1],
    ]);
    await expect(
      house.change(userId, { type: 'subscribe', planId: parsePlanId('extra', 'plan_id') }, 'k1'),
    ).rejects.toMatchObject({
      code: 'PLAN_NOT_FOUND',
    });
    const { subscription } = await house.change(userId, { type: 'subscribe', planId: PRO }, 'k2');
    expect(subscription.planVersion).toBe(1);
    await house.policy.apply(alfa, { text });
    expect(inForce()).toEqual([
      ['extra', 1],
      ['pro', 2],
      ['team', 1],
    ]);
  });

  it('by a process that has not seen the policy in force yet takes the plans out that only that one names', async () => {
    house = await openHouse();
    const replica = new Replica(house.documents, house.relationshipStore, compilePartner);
    await replica.load();
    const changes = new Changes(house.documents, replica, house.clock);
    const partnerChanges = new PartnerChanges(house.documents, changes);
    const other = new PolicyService({ changes, replica, partnerChanges, format });
    await house.policy.apply(alfa, { text: policyOf('ALFA', more) });
    expect(await other.apply(alfa, { text: policyOf('ALFA').replace('Ltd', 'plc') })).toMatchObject({
      policyVersion: 3,
    });
    await house.replica.fresh();
    expect(house.subscriptions.plans(alfa, { activeOnly: true }).map(({ planId }) => planId)).toEqual(['pro', 'team']);
  });

  it('twice at once ends as one of the two, whole', async () => {
    house = await openHouse();
    const texts = [
      policyOf('ALFA').replace('name: Pro', 'name: Gold'),
      policyOf('ALFA').replace('name: Pro', 'name: Silver'),
    ];
    await Promise.all(texts.map((text) => house.policy.apply(alfa, { text })));
    const { policyVersion, text } = house.policy.get(alfa, {});
    const pro = house.replica.partner(ALFA)?.plans.get(PRO);
    expect(policyVersion).toBe(3);
    expect(pro && latest(pro).name).toBe(text === texts[0] ? 'Gold' : 'Silver');
  });
});

describe('a partner that is registered (P-1)', () => {
  it('has its policy, its model and its plans, and again is no change', async () => {
    house = await openHouse();
    const text = policyOf('GAMA');
    const first = await house.policy.registerPartner(text, undefined, system);
    expect(first).toMatchObject({ providerId: 'GAMA', created: true });
    expect(house.subscriptions.plans(operator, { providerId: 'GAMA' }).map(({ planId }) => planId)).toEqual([
      'pro',
      'solo',
    ]);
    const position = house.replica.position;
    expect(await house.policy.registerPartner(`${text}time_zone: Asia/Tokyo\n`, undefined, system)).toMatchObject({
      created: false,
    });
    expect(house.replica.position).toBe(position);
  });

  it('and was cut off before its plans has them after the next start', async () => {
    const { failure, wrap } = failing();
    house = await openHouse({ documents: wrap });
    failure.at = 2;
    await expect(house.policy.registerPartner(policyOf('GAMA'), undefined, system)).rejects.toThrow('lost');
    failure.at = Infinity;
    expect(await house.policy.registerPartner(policyOf('GAMA'), undefined, system)).toMatchObject({ created: false });
    expect(house.subscriptions.plans(operator, { providerId: 'GAMA' }).map(({ planId }) => planId)).toEqual([
      'pro',
      'solo',
    ]);
  });

  it('is none with a model that lacks relations of the identity decision, and each is named', async () => {
    house = await openHouse();
    const { modelText } = house.replica.partner(ALFA)!.state;
    const lacking = modelText.replace('    define withheld: [partner#signing]\n', '').replace('but not withheld', '');
    const { created, problems } = await house.policy.registerPartner(policyOf('GAMA'), lacking, system);
    expect(created).toBe(false);
    expect(problems).toEqual([
      expect.objectContaining({
        severity: 'error',
        path: '/model',
        rule: 'R-3',
        message: expect.stringContaining('`permission#withheld`') as string,
      }),
    ]);
  });

  it('is none with a policy that has errors', async () => {
    house = await openHouse();
    const { created, problems } = await house.policy.registerPartner('provider_id: GAMA\n', undefined, system);
    expect(created).toBe(false);
    expect(problems.some(({ severity }) => severity === 'error')).toBe(true);
    expect(house.replica.partner('GAMA' as typeof ALFA)).toBeUndefined();
  });
});

describe('a policy file that a start finds', () => {
  it('is applied when it is new, and left alone when it has been replaced since by a call', async () => {
    house = await openHouse();
    const [first, second] = [policyOf('ALFA'), policyOf('ALFA', more)];
    expect(await house.policy.applyFile(first, system)).toEqual({ outcome: 'same', policyVersion: 1 });
    expect(await house.policy.applyFile(second, system)).toEqual({ outcome: 'applied', policyVersion: 2 });
    expect(await house.policy.applyFile(first, system)).toEqual({ outcome: 'superseded', policyVersion: 2 });
    expect(house.policy.get(alfa, {})).toEqual({ policyVersion: 2, text: second });
    expect(await house.policy.apply(alfa, { text: first })).toMatchObject({ applied: true, policyVersion: 3 });
    expect(await house.policy.applyFile(second, system)).toEqual({ outcome: 'superseded', policyVersion: 3 });
  });

  it('and cannot be applied to the partner stops the start', async () => {
    house = await openHouse();
    const text = policyOf('ALFA') + 'region: mars\n';
    await expect(house.policy.applyFile(text, system)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('/region') as string,
    });
    expect(house.policy.get(alfa, {}).policyVersion).toBe(1);
  });
});

it('a stored policy that does not compile any more stops the start, by name', async () => {
  house = await openHouse();
  const state = house.replica.partner(ALFA)?.state;
  const compile = createCompilePartner(format);
  const broken = {
    ...state!,
    policy: { ...state!.policy, text: policyOf('ALFA').replace('billing_cycle: yearly', 'billing_cycle: weekly') },
  };
  expect(() => compile(broken)).toThrow(
    /partner ALFA: the policy in force \(version 1\) does not compile: \/plans\/1\/billing_cycle/,
  );
  expect(compile(state!).policy.providerId).toBe('ALFA');
});
