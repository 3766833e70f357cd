import { afterEach, beforeEach, expect, it } from 'vitest';
import { Fault } from '../../../src/domain/errors.ts';
import { statusAt } from '../../../src/domain/user/state.ts';
import { parseOperationId, parsePlanId, type SessionId, type UserId } from '../../../src/domain/values.ts';
import type { AdmissionStore } from '../../../src/ports/admission-store.ts';
import { ALFA, alfa, openHouse, type House } from './house.ts';

const BIG = parsePlanId('big', 'plan_id');
const POLICY = `  - id: big
    name: Big
    available_for: [basic]
    price: { amount_minor: 900, currency: EUR }
    billing_cycle: monthly
    entitlements: { quotas: { daily: 60, weekly: 200 } }
quotas: { basic: { on_exceed: [{ action: idle }] } }
`;
const PERMISSION = { kind: 'permission', name: 'call_api' } as const;

const store = { isAway: false, preflights: 0 };
let house: House;
beforeEach(async () => {
  Object.assign(store, { isAway: false, preflights: 0 });
  house = await openHouse({ policy: POLICY, admissions: losable });
});
afterEach(() => house.close());

function losable(admissions: AdmissionStore): AdmissionStore {
  return {
    ...admissions,
    preflight: (request) => {
      if (store.isAway) throw new Fault('UNAVAILABLE', 'away');
      store.preflights += 1;
      return admissions.preflight(request);
    },
  };
}

const admit = (sessionId: SessionId, id: string, cost = 1) =>
  house.sessions.admit(alfa, { sessionId, operationId: parseOperationId(id, 'operation_id'), cost });

/** A basic user that has met the full window of the day. */
async function idleUser(): Promise<{ userId: UserId; sessionId: SessionId }> {
  const userId = await house.basicUser('basic01');
  const { sessionId } = (await house.sessions.open(alfa, { userId })).session!;
  await admit(sessionId, 'fill', 20);
  expect((await admit(sessionId, 'over')).admission.enforcement).toMatchObject({ action: 'idle' });
  return { userId, sessionId };
}

async function subscribe(userId: UserId): Promise<void> {
  const { code } = await house.change(userId, { type: 'subscribe', planId: BIG }, 'k1');
  const confirm = { type: 'confirm', planId: BIG, code: code!.text, evidence: {} } as const;
  expect(await house.change(userId, confirm, 'k2')).toMatchObject({ done: true });
}

const statusOf = async (userId: UserId) => statusAt(await house.changes.user(ALFA, userId), house.clock.at);
const check = async (userId: UserId) => house.check.check(alfa, { userId, question: PERMISSION });
const liftedIn = async (userId: UserId) =>
  (await house.auditOf(userId)).filter(({ event }) => event === 'IdleEnded').map(({ cause }) => cause);

it('the plan change that raises the limit ends the idle, once, by the system', async () => {
  const { userId } = await idleUser();
  await subscribe(userId);
  expect(await statusOf(userId)).toBe('active');
  expect(await check(userId)).toMatchObject({ allowed: true });
  expect(await liftedIn(userId)).toEqual(['limit-raised']);
});

it('a limit that was not raised ends nothing, and no check asks the store for it', async () => {
  const { userId } = await idleUser();
  expect(await check(userId)).toMatchObject({ allowed: false, reason: 'USER_IDLE' });
  expect(store.preflights).toBe(0);
});

it.each<[string, (userId: UserId, sessionId: SessionId) => Promise<unknown>]>([
  ['a check', (userId) => check(userId)],
  [
    'a check with a session',
    (userId, sessionId) => Promise.resolve(house.check.check(alfa, { userId, sessionId, question: PERMISSION })),
  ],
  ['an explanation', (userId) => house.check.explain(alfa, { userId, question: PERMISSION })],
  ['the list of permissions', (userId) => house.check.permissionsOf(alfa, { userId })],
  ['the list of features', (userId) => house.check.featuresOf(alfa, { userId })],
  ['an admission', (_, sessionId) => admit(sessionId, 'next')],
])('where the store was away at the plan change, %s finds it', async (_, ask) => {
  const { userId, sessionId } = await idleUser();
  store.isAway = true;
  await subscribe(userId);
  expect(await statusOf(userId)).toBe('idle');
  expect(await check(userId)).toMatchObject({ allowed: false, reason: 'USER_IDLE' });
  store.isAway = false;
  await ask(userId, sessionId);
  expect(await statusOf(userId)).toBe('active');
  expect(await check(userId)).toMatchObject({ allowed: true });
  expect(await liftedIn(userId)).toEqual(['limit-raised']);
});

it('a suspended plan raises nothing; restoring it ends the idle', async () => {
  const userId = await house.basicUser('basic01');
  await subscribe(userId);
  await house.change(userId, { type: 'suspend', hold: 'payment' }, 'k3');
  const { sessionId } = (await house.sessions.open(alfa, { userId })).session!;
  await admit(sessionId, 'fill', 20);
  await admit(sessionId, 'over');
  expect(await check(userId)).toMatchObject({ reason: 'USER_IDLE' });
  await house.change(userId, { type: 'restore', hold: 'payment' }, 'k4');
  expect(await statusOf(userId)).toBe('active');
  expect((await admit(sessionId, 'next')).admission.quotas!.daily).toMatchObject({ limit: 60, used: 21 });
});
