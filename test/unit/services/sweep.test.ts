import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { object } from '../../../src/domain/projection.ts';
import { formatKey } from '../../../src/domain/relation/tuple.ts';
import { Changes } from '../../../src/services/change.ts';
import { SweepService } from '../../../src/services/sweep.ts';
import { ALFA, alfa, approved, DAY_MS, openHouse, operator, PRO, type House } from './house.ts';

let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => house.close());

/** A basic user whose verification expires in ten days. */
async function expiringUser(id: string) {
  const userId = await house.basicUser(id);
  const verification = { ...approved('renewal', 'basic'), expiresAt: house.clock.at + 10 * DAY_MS };
  await house.directory.recordVerification(alfa, { userId, verification });
  await house.directory.recordVerification(alfa, {
    userId,
    verification: { ...approved('kyc-basic', 'basic'), state: 'revoked' },
  });
  return userId;
}

const relationsOf = (userId: string) =>
  house.replica
    .partner(ALFA)!
    .index.tuplesOfUser(object.user(userId))
    .map((tuple) => formatKey(tuple));

describe('the sweep', () => {
  it('finds nothing to do before the moment, and lowers the role at it, once, by the system (R-8, K-4)', async () => {
    const userId = await expiringUser('user001');
    house.clock.at += 10 * DAY_MS - 1;
    expect(await house.sweep.run()).toBe(0);
    expect(relationsOf(userId)).toEqual(['partner:ALFA#basic@user:user001']);
    house.clock.at += 1;
    expect(await house.sweep.run()).toBe(1);
    expect(relationsOf(userId)).toEqual(['partner:ALFA#guest@user:user001']);
    const entries = (await house.auditOf(userId)).filter(({ actor }) => actor.id === 'sweep');
    expect(entries.map(({ event }) => event)).toEqual(['RoleChanged', 'VerificationRecorded']);
    expect(await house.sweep.run()).toBe(0);
  });

  it('ends a signing whose code has run out, and gives the user back as it was (B-5)', async () => {
    const userId = await house.basicUser('user001');
    await house.change(userId, { type: 'subscribe', planId: PRO }, 'k1');
    house.clock.at += 15 * 60_000;
    expect(await house.sweep.run()).toBe(1);
    expect((await house.auditOf(userId))[0]).toMatchObject({ event: 'SigningEnded', actor: { kind: 'system' } });
  });

  it('settles many, each once, though two sweep at the same time', async () => {
    const userIds = [];
    for (let n = 0; n < 70; n += 1) userIds.push(await house.basicUser(`user${String(n).padStart(3, '0')}`));
    for (const userId of userIds) await house.change(userId, { type: 'subscribe', planId: PRO }, 'k1');
    house.clock.at += 15 * 60_000;
    const other = new SweepService(
      house.documents,
      new Changes(house.documents, house.replica, house.clock),
      house.replica,
    );
    const [one, two] = await Promise.all([house.sweep.run(), other.run()]);
    expect(one + two).toBe(70);
    for (const userId of userIds) {
      expect((await house.auditOf(userId)).filter(({ event }) => event === 'SigningEnded')).toHaveLength(1);
    }
  });

  it('lets a stopped partner wait, and catches up when it is started (domain §9)', async () => {
    const userId = await expiringUser('user001');
    await house.partners.setStatus(operator, { providerId: ALFA, status: 'stopped' });
    house.clock.at += 11 * DAY_MS;
    expect(await house.sweep.run()).toBe(0);
    await house.partners.setStatus(operator, { providerId: ALFA, status: 'active' });
    expect(await house.sweep.run()).toBe(1);
    expect(relationsOf(userId)).toEqual(['partner:ALFA#guest@user:user001']);
  });
});
