import { afterEach, beforeEach, expect, it } from 'vitest';
import { alfa, approved, DAY_MS, openHouse, PRO, type House } from './house.ts';

let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => house.close());

it('what had fallen due before a change is audited as the system’s, the change as the caller’s (R-10)', async () => {
  const userId = await house.basicUser('user001');
  const expiring = { ...approved('renewal', 'basic'), expiresAt: house.clock.at + DAY_MS };
  await house.directory.recordVerification(alfa, { userId, verification: expiring });
  const first = { ...approved('kyc-basic', 'basic'), state: 'revoked' } as const;
  await house.directory.recordVerification(alfa, { userId, verification: first });
  const earlier = (await house.auditOf(userId)).length;

  house.clock.at += 2 * DAY_MS;
  await house.directory.setUserActive(alfa, { userId, active: false, cause: 'asked to' });
  const entries = (await house.auditOf(userId)).slice(0, -earlier).reverse();
  expect(entries.map(({ event, actor, cause }) => [event, actor.kind, cause])).toEqual([
    ['VerificationRecorded', 'system', 'due'],
    ['RoleChanged', 'system', 'due'],
    ['UserDeactivated', 'key', 'asked to'],
  ]);
});

it('a change that only meets what fell due is refused, and that is kept as the system’s (B-5)', async () => {
  const userId = await house.basicUser('user001');
  const { code } = await house.change(userId, { type: 'subscribe', planId: PRO }, 'k1');
  house.clock.at += DAY_MS;
  const confirm = { type: 'confirm', planId: PRO, code: code!.text, evidence: {} } as const;
  expect(await house.change(userId, confirm, 'k2')).toMatchObject({ done: false, refusal: { code: 'CODE_EXPIRED' } });
  expect((await house.auditOf(userId))[0]).toMatchObject({ event: 'SigningEnded', actor: { kind: 'system' } });
});
