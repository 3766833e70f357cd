import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { object } from '../../../src/domain/projection.ts';
import type { PartnerState } from '../../../src/domain/partner/state.ts';
import { formatKey } from '../../../src/domain/relation/tuple.ts';
import { parseProviderId, parseZone } from '../../../src/domain/values.ts';
import { Replica } from '../../../src/services/replica.ts';
import {
  ALFA,
  alfa,
  BETA,
  beta,
  compilePartner,
  openHouse,
  operator,
  policyOf,
  PRO,
  system,
  user,
  type House,
} from './house.ts';

const GAMA = parseProviderId('GAMA', 'provider_id');
const gama = { ...alfa, providerId: GAMA };
const zone = parseZone('de', 'zone');
const renamed = (providerId: string) => policyOf(providerId).replace('Ltd', 'plc');

let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => house.close());

/** A replica of another process on the same stores. */
async function otherReplica(compile = compilePartner): Promise<Replica> {
  const replica = new Replica(house.documents, house.relationshipStore, compile);
  await replica.load();
  return replica;
}

const relationsOf = (replica: Replica, providerId: typeof ALFA, userId: string) =>
  replica
    .partner(providerId)!
    .index.tuplesOfUser(object.user(userId))
    .map((tuple) => formatKey(tuple));

describe('a replica that was idle while another process worked', () => {
  it('has the users and plans of a partner that came, and changed once more, in the meantime', async () => {
    const other = await otherReplica();
    await house.policy.registerPartner(policyOf('GAMA'), undefined, system);
    await house.directory.createUser(gama, { userId: user('gama001'), zone });
    // Its change leaves the feed at its first position, before the plans and users, for this last one.
    await house.policy.apply(gama, { text: renamed('GAMA') });
    await other.fresh();
    expect(relationsOf(other, GAMA, 'gama001')).toEqual(['partner:GAMA#guest@user:gama001']);
    expect([...other.partner(GAMA)!.plans.keys()].sort()).toEqual(['pro', 'solo']);
  });
});

describe('a policy that this process cannot compile', () => {
  const broken = new Set<string>();
  const compile = (state: PartnerState) => {
    if (broken.has(state.name)) throw new Error(`${state.name} was written for another release`);
    return compilePartner(state);
  };
  afterEach(() => broken.clear());

  it('takes its partner out of service here, and no other (P-5)', async () => {
    const other = await otherReplica(compile);
    broken.add('ALFA plc');
    await house.policy.apply(alfa, { text: renamed('ALFA') });
    await house.directory.createUser(beta, { userId: user('beta001'), zone });
    await other.fresh();
    expect(() => other.partner(ALFA)).toThrow(expect.objectContaining({ code: 'UNAVAILABLE' }));
    expect(relationsOf(other, BETA, 'beta001')).toEqual(['partner:BETA#guest@user:beta001']);
    expect([...other.partners()].map(({ policy }) => policy.providerId)).toEqual([BETA]);
  });

  it('brings it back, with what was changed meanwhile, by the next one that compiles', async () => {
    const other = await otherReplica(compile);
    broken.add('ALFA plc');
    await house.policy.apply(alfa, { text: renamed('ALFA') });
    await house.directory.createUser(alfa, { userId: user('alfa001'), zone });
    await other.fresh();
    await house.policy.apply(alfa, { text: policyOf('ALFA').replace('Ltd', 'Inc') });
    await other.fresh();
    expect(other.partner(ALFA)!.policy.name).toBe('ALFA Inc');
    expect(relationsOf(other, ALFA, 'alfa001')).toEqual(['partner:ALFA#guest@user:alfa001']);
    expect(other.partner(ALFA)!.plans.get(PRO)?.versions).toHaveLength(1);
  });

  it('keeps a partner that it never saw before out until its policy compiles', async () => {
    const other = await otherReplica(compile);
    broken.add('GAMA Ltd');
    await house.policy.registerPartner(policyOf('GAMA'), undefined, system);
    await house.directory.createUser(gama, { userId: user('gama001'), zone });
    await other.fresh();
    expect(() => other.partner(GAMA)).toThrow(expect.objectContaining({ code: 'UNAVAILABLE' }));
    await house.policy.apply(gama, { text: renamed('GAMA') });
    await other.fresh();
    expect(relationsOf(other, GAMA, 'gama001')).toEqual(['partner:GAMA#guest@user:gama001']);
  });

  it('fails the load of a process that starts with it, naming the partner', async () => {
    broken.add('ALFA Ltd');
    await expect(otherReplica(compile)).rejects.toThrow('ALFA Ltd was written for another release');
  });
});

describe('an index that is built anew', () => {
  it('takes the place of the old one only when every user is in it', async () => {
    await house.directory.createUser(alfa, { userId: user('alfa001'), zone });
    let loaded = false;
    const seen: boolean[] = [];
    const look = () => loaded && seen.push(relationsOf(other, ALFA, 'alfa001').length > 0);
    const documents = new Proxy(house.documents, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        return (...given: unknown[]) => {
          look();
          return member.apply(target, given) as unknown;
        };
      },
    });
    const other = new Replica(documents, house.relationshipStore, compilePartner);
    await other.load();
    loaded = true;
    const state = (await house.documents.get('partner', ALFA))!;
    const policy = { ...state.policy, version: 2 };
    await house.changes.commit({ ...state, rev: state.rev + 1, policy, modelText: `${state.modelText}\n# more\n` }, []);
    await other.fresh();
    expect(other.partner(ALFA)!.state.modelText).toContain('# more');
    expect(seen.length).toBeGreaterThan(3);
    expect(seen).not.toContain(false);
  });
});

it('knows no partner that was never registered', () => {
  expect(house.replica.partner(GAMA)).toBeUndefined();
  expect(() => house.partners.get(operator, { providerId: 'GAMA' })).toThrow(
    expect.objectContaining({ code: 'PARTNER_NOT_FOUND' }),
  );
});
