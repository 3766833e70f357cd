import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parsePlanId, type UserId } from '../../../src/domain/values.ts';
import { CHANGE_KEPT_MS, CHANGES_KEPT_MAX, type PlanAction } from '../../../src/services/plan-change.ts';
import { ALFA, alfa, BETA, beta, DAY_MS, key, openHouse, operator, PRO, TEAM, user, type House } from './house.ts';

let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => house.close());

const subscribe: PlanAction = { type: 'subscribe', planId: PRO };
const confirm = (code: string | undefined): PlanAction => ({
  type: 'confirm',
  planId: PRO,
  code: code ?? '',
  evidence: {},
});

async function signedUser(id: string): Promise<UserId> {
  const userId = await house.basicUser(id);
  const begun = await house.change(userId, subscribe, `${id}-subscribe`);
  await house.change(userId, confirm(begun.code?.text), `${id}-confirm`);
  return userId;
}

describe('a subscription from its beginning to its end (B-5, B-6)', () => {
  it('is signing with a code, then signed, with periods by the calendar', async () => {
    const userId = await house.basicUser('user001');
    const begun = await house.change(userId, subscribe, 'k1');
    expect(begun).toMatchObject({
      done: true,
      replayed: false,
      subscription: { status: 'signing', subStatus: 'unsigned', planId: 'pro' },
    });
    expect(begun.code?.expiresAt).toBe(house.clock.at + 15 * 60_000);

    const signed = await house.change(userId, confirm(begun.code?.text.toLowerCase()), 'k2');
    expect(signed).toMatchObject({
      done: true,
      subscription: { status: 'active', subStatus: 'signed', planId: 'pro', planVersion: 1 },
    });
    expect(signed.code).toBeUndefined();
    expect(signed.subscription.periodEndsAt).toBe(Date.UTC(2026, 1, 28, 12));

    const cancelled = await house.change(userId, { type: 'cancel', at: 'now' }, 'k3');
    expect(cancelled).toMatchObject({ done: true, subscription: { subStatus: 'unsigned', holds: [] } });
    expect(cancelled.subscription.planId).toBeUndefined();
  });

  it('that was cancelled for the period’s end stands until then, and may be kept', async () => {
    const userId = await signedUser('user001');
    const end = Date.UTC(2026, 1, 28, 12);
    await house.change(userId, { type: 'cancel', at: 'period_end' }, 'k1');
    await house.change(userId, { type: 'keep' }, 'k2');
    expect((await house.subscriptions.get(alfa, { userId })).cancelAt).toBeUndefined();
    const again = await house.change(userId, { type: 'cancel', at: 'period_end' }, 'k3');
    expect(again.subscription.cancelAt).toBe(end);
    house.clock.at = end - 1;
    expect(await house.subscriptions.get(alfa, { userId })).toMatchObject({ subStatus: 'signed', cancelAt: end });
    house.clock.at = end;
    expect(await house.subscriptions.get(alfa, { userId })).toMatchObject({ subStatus: 'unsigned', holds: [] });
  });

  it('that is suspended for two reasons waits for both to be lifted (B-7)', async () => {
    const userId = await signedUser('user001');
    await house.change(userId, { type: 'suspend', hold: 'payment' }, 'k1');
    const twice = await house.change(userId, { type: 'suspend', hold: 'admin' }, 'k2');
    expect(twice.subscription).toMatchObject({ subStatus: 'suspended', holds: ['payment', 'admin'] });
    const once = await house.change(userId, { type: 'restore', hold: 'payment' }, 'k3');
    expect(once.subscription).toMatchObject({ subStatus: 'suspended', holds: ['admin'] });
    const none = await house.change(userId, { type: 'restore', hold: 'admin' }, 'k4');
    expect(none.subscription).toMatchObject({ subStatus: 'signed', holds: [] });
  });
});

describe('a repeated change (B-10)', () => {
  it('that was done gets its first answer, code included, and changes nothing', async () => {
    const userId = await house.basicUser('user001');
    const first = await house.change(userId, subscribe, 'k1');
    const before = await house.documents.get('user', userId);
    const again = await house.change(userId, subscribe, 'k1');
    expect({ ...again, token: '' }).toEqual({ ...first, token: '', replayed: true });
    expect(await house.documents.get('user', userId)).toEqual(before);
    await house.change(userId, confirm(first.code?.text), 'k2');
    const late = await house.change(userId, subscribe, 'k1');
    expect(late).toMatchObject({ done: true, replayed: true, subscription: { status: 'signing' }, code: first.code });
  });

  it.each<[string, PlanAction]>([
    ['another action', { type: 'cancel', at: 'now' }],
    ['another plan', { type: 'subscribe', planId: TEAM }],
  ])('with %s under its key is the caller’s error', async (_, other) => {
    const userId = await house.basicUser('user001');
    await house.change(userId, subscribe, 'k1');
    const before = await house.documents.get('user', userId);
    await expect(house.change(userId, other, 'k1')).rejects.toMatchObject({
      code: 'KEY_REUSED',
      field: 'idempotency_key',
    });
    expect(await house.documents.get('user', userId)).toEqual(before);
  });

  it('with another code or cause is another payload', async () => {
    const userId = await house.basicUser('user001');
    const begun = await house.change(userId, subscribe, 'k1');
    await house.change(userId, confirm(begun.code?.text), 'k2');
    await expect(house.change(userId, confirm('AAAAAAAA'), 'k2')).rejects.toMatchObject({ code: 'KEY_REUSED' });
    const request = { userId, key: key('k1'), action: subscribe, cause: 'else' };
    await expect(house.planChange.change(alfa, request)).rejects.toMatchObject({ code: 'KEY_REUSED' });
  });

  it('that was refused is decided anew', async () => {
    const userId = await house.basicUser('user001');
    const refused = await house.change(userId, { type: 'cancel', at: 'now' }, 'k1');
    expect(refused).toMatchObject({ done: false, replayed: false, refusal: { code: 'NOT_SUBSCRIBED' } });
    await house.change(userId, subscribe, 'k2');
    expect(await house.change(userId, { type: 'cancel', at: 'now' }, 'k1')).toMatchObject({
      done: true,
      replayed: false,
    });
  });

  it('is of its user only', async () => {
    const [one, other] = [await house.basicUser('user001'), await house.basicUser('user002')];
    const first = await house.change(one, subscribe, 'k1');
    const second = await house.change(other, subscribe, 'k1');
    expect(second).toMatchObject({ done: true, replayed: false, subscription: { userId: other } });
    expect(second.code?.text).not.toBe(first.code?.text);
  });

  it('is remembered for 7 days, and is forgotten at their end', async () => {
    const userId = await house.basicUser('user001');
    await house.change(userId, subscribe, 'k1');
    house.clock.at += CHANGE_KEPT_MS - 1;
    expect(await house.change(userId, subscribe, 'k1')).toMatchObject({ replayed: true });
    house.clock.at += 1;
    expect(await house.change(userId, subscribe, 'k1')).toMatchObject({ done: true, replayed: false });
  });

  it('is one of the newest 32 of a user', async () => {
    const userId = await house.basicUser('user001');
    for (let n = 0; n < CHANGES_KEPT_MAX + 2; n += 1) {
      await house.change(userId, n % 2 === 0 ? subscribe : { type: 'cancel', at: 'now' }, `k${n}`);
    }
    const state = await house.documents.get('user', userId);
    expect(state?.planChanges.map((change) => change.key)).toEqual(
      Array.from({ length: CHANGES_KEPT_MAX }, (_, index) => `k${index + 2}`),
    );
  });
});

describe('a code that is wrong (B-5)', () => {
  it('is refused as a normal answer, is counted, and ends the signing with the last attempt', async () => {
    const userId = await house.basicUser('user001');
    const begun = await house.change(userId, subscribe, 'k');
    const codes = [];
    for (let n = 1; n <= 5; n += 1)
      codes.push((await house.change(userId, confirm('00000000'), `k${n}`)).refusal?.code);
    expect(codes).toEqual([...Array<string>(4).fill('CODE_WRONG'), 'CODE_ATTEMPTS_EXHAUSTED']);
    expect(await house.subscriptions.get(alfa, { userId })).toMatchObject({ status: 'active', subStatus: 'unsigned' });
    const late = await house.change(userId, confirm(begun.code?.text), 'k9');
    expect(late.refusal).toMatchObject({ code: 'NOT_SIGNING', rule: 'B-5', possible: ['subscribe'] });
  });

  it('because it has run out leaves the user as it was', async () => {
    const userId = await house.basicUser('user001');
    const begun = await house.change(userId, subscribe, 'k1');
    house.clock.at += 15 * 60_000;
    const refused = await house.change(userId, confirm(begun.code?.text), 'k2');
    expect(refused).toMatchObject({
      done: false,
      refusal: { code: 'CODE_EXPIRED' },
      subscription: { status: 'active', subStatus: 'unsigned' },
    });
  });

  it('of an earlier signing does not confirm a later one', async () => {
    const userId = await house.basicUser('user001');
    const first = await house.change(userId, subscribe, 'k1');
    await house.change(userId, { type: 'cancel', at: 'now' }, 'k2');
    await house.change(userId, subscribe, 'k3');
    expect((await house.change(userId, confirm(first.code?.text), 'k4')).refusal?.code).toBe('CODE_WRONG');
  });
});

it('no code is in the documents or in the audit log (C-7)', async () => {
  const userId = await house.basicUser('user001');
  const { code } = await house.change(userId, subscribe, 'k1');
  await house.change(userId, confirm('WRONGWRG'), 'k2');
  await house.change(userId, confirm(code?.text), 'k3');
  const written = JSON.stringify(
    [await house.documents.get('user', userId), await house.auditOf(userId)],
    (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value),
  );
  expect(code?.text).toMatch(/^.{8}$/);
  expect(written).not.toContain(code?.text);
  expect(written).not.toContain('WRONGWRG');
  expect(written).toContain('SigningStarted');
});

describe('what belongs to another partner does not exist (P-6, B-4)', () => {
  it.each([
    ['an unknown user', 'nobody1', alfa, undefined],
    ['a user of another partner', 'betausr', alfa, undefined],
    ['a user of another partner, for an operator that names the wrong one', 'betausr', operator, 'ALFA'],
  ])('%s', async (_, id, caller, providerId) => {
    await house.basicUser('betausr', beta);
    const before = await house.documents.get('user', 'betausr');
    const request = { providerId, userId: user(id), key: key('k1'), action: subscribe };
    await expect(house.planChange.change(caller, request)).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
    await expect(house.subscriptions.get(caller, { providerId, userId: user(id) })).rejects.toMatchObject({
      code: 'USER_NOT_FOUND',
    });
    expect(await house.documents.get('user', 'betausr')).toEqual(before);
  });

  it.each(['nothere', 'solo'])('the plan %s', async (planId) => {
    const userId = await house.basicUser('user001');
    const action = { type: 'subscribe', planId: parsePlanId(planId, 'plan_id') } as const;
    await expect(house.change(userId, action, 'k1')).rejects.toMatchObject({
      code: 'PLAN_NOT_FOUND',
      field: 'plan_id',
    });
  });

  it('a partner that a partner’s key names', async () => {
    const request = { providerId: 'BETA', userId: user('betausr'), key: key('k1'), action: subscribe };
    await expect(house.planChange.change(alfa, request)).rejects.toMatchObject({ code: 'PARTNER_NOT_FOUND' });
    expect(() => house.subscriptions.plans(alfa, { providerId: 'BETA' })).toThrow(
      expect.objectContaining({ code: 'PARTNER_NOT_FOUND' }),
    );
  });
});

it('an operator’s change is audited as the operator’s (P-7)', async () => {
  const userId = await house.basicUser('user001');
  await house.planChange.change(operator, {
    providerId: 'ALFA',
    userId,
    key: key('k1'),
    action: subscribe,
    cause: 'by phone',
  });
  const [entry] = await house.auditOf(userId);
  expect(entry).toMatchObject({
    event: 'SigningStarted',
    providerId: ALFA,
    actor: { kind: 'operator', id: operator.keyId },
    cause: 'by phone',
    detail: { before: { status: 'active' }, after: { status: 'signing' } },
  });
});

describe('changes that come at once', () => {
  it('of one key are made once', async () => {
    const userId = await house.basicUser('user001');
    const answers = await Promise.all(Array.from({ length: 8 }, () => house.change(userId, subscribe, 'k1')));
    expect(answers.filter((answer) => !answer.replayed)).toHaveLength(1);
    expect(new Set(answers.map((answer) => answer.code?.text)).size).toBe(1);
    expect((await house.auditOf(userId)).filter(({ event }) => event === 'SigningStarted')).toHaveLength(1);
  });

  it('leave at most one subscription, and every one done is in the log in an order of the diagram (B-1)', async () => {
    const userId = await house.basicUser('user001');
    const rounds = [];
    for (let n = 0; n < 6; n += 1) {
      const begun = await house.change(userId, subscribe, `s${n}`);
      rounds.push(
        ...(await Promise.all([
          house.change(userId, confirm(begun.code?.text), `a${n}`),
          house.change(userId, confirm(begun.code?.text), `b${n}`),
          house.change(userId, { type: 'cancel', at: 'now' }, `c${n}`),
          house.change(userId, subscribe, `d${n}`),
          house.change(userId, { type: 'suspend', hold: 'payment' }, `e${n}`),
        ])),
      );
      await house.change(userId, { type: 'cancel', at: 'now' }, `z${n}`);
    }
    expect(rounds.every((answer) => answer.done || answer.refusal !== undefined)).toBe(true);
    let held = false;
    for (const { event } of [...(await house.auditOf(userId))].reverse()) {
      if (event === 'SubscriptionSigned') {
        expect(held).toBe(false);
        held = true;
      } else if (event === 'SubscriptionEnded') {
        expect(held).toBe(true);
        held = false;
      }
    }
  });
});

describe('the plans of a partner', () => {
  it.each<[string, Parameters<House['subscriptions']['plans']>[1], string[]]>([
    ['all', {}, ['pro', 'team']],
    ['for basic users', { roles: ['basic'] }, ['pro']],
    ['for advanced users, who may hold what basic ones may (B-3)', { roles: ['advanced'] }, ['pro']],
    ['for companies', { roles: ['company'] }, ['pro', 'team']],
    ['for either of two', { roles: ['basic', 'company'] }, ['pro', 'team']],
    ['that are active', { activeOnly: true }, ['pro', 'team']],
  ])('%s', (_, filter, expected) => {
    expect(house.subscriptions.plans(alfa, filter).map((plan) => plan.planId)).toEqual(expected);
  });

  it('are those of the partner named by an operator', () => {
    expect(house.subscriptions.plans(operator, { providerId: BETA }).map((plan) => plan.planId)).toEqual([
      'pro',
      'solo',
    ]);
  });
});

it('a stopped partner’s plan changes are refused, and a change that was done is still answered (P-2, domain §9)', async () => {
  const userId = await house.basicUser('user001');
  const first = await house.change(userId, subscribe, 'k1');
  await house.partners.setStatus(operator, { providerId: 'ALFA', status: 'stopped' });
  house.clock.at += DAY_MS;
  expect((await house.change(userId, confirm(first.code?.text), 'k2')).refusal?.code).toBe('PARTNER_STOPPED');
  expect(await house.change(userId, subscribe, 'k1')).toMatchObject({ done: true, replayed: true, code: first.code });
});
