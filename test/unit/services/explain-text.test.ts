import { afterEach, beforeEach, expect, it } from 'vitest';
import { Fault } from '../../../src/domain/errors.ts';
import { parseOperationId, parseZone, type SessionId } from '../../../src/domain/values.ts';
import type { AdmissionStore } from '../../../src/ports/admission-store.ts';
import { alfa, openHouse, user, type House } from './house.ts';

const LADDER = 'quotas: { basic: { on_exceed: [{ action: warn }, { action: review, over: 5 operations }] } }\n';
const PERMISSION = { kind: 'permission', name: 'call_api' } as const;

let isAway = false;
let house: House;
beforeEach(async () => {
  isAway = false;
  house = await openHouse({ policy: LADDER, admissions: losable });
});
afterEach(() => house.close());

function losable(admissions: AdmissionStore): AdmissionStore {
  return {
    ...admissions,
    preflight: (request) => {
      if (isAway) throw new Fault('UNAVAILABLE', 'away');
      return admissions.preflight(request);
    },
  };
}

const admit = (sessionId: SessionId, id: string, cost: number) =>
  house.sessions.admit(alfa, { sessionId, operationId: parseOperationId(id, 'operation_id'), cost });

const textOf = async (id: string, sessionId?: SessionId) =>
  (await house.check.explain(alfa, { userId: user(id), question: PERMISSION, sessionId })).text.split('\n');

it('tells the state of a guest, its windows and what lifts the limit', async () => {
  const userId = user('guest01');
  await house.directory.createUser(alfa, { userId, zone: parseZone('de', 'zone') });
  const { session } = await house.sessions.open(alfa, { userId });
  await admit(session!.sessionId, 'a', 5);
  expect(await textOf('guest01', session!.sessionId)).toEqual([
    'decision: denied, QUOTA_DAILY',
    '  QUOTA_DAILY (S-2): the quota of the day is used up; lifted by: wait for the reset; for a guest, a basic verification lifts the limit',
    'user: guest, active; subscription absent',
    'session: open, ends 2026-01-31T12:20:00.000Z by lifetime',
    'day: 5 of 5 operations used; next gains room 2026-02-01T00:00:00.000Z',
    '7 days: 5 of 20 operations used; next gains room 2026-02-07T12:00:00.000Z',
    "enforcement: idle, rung 1 of the partner's ladder, until 2026-02-01T00:00:00.000Z",
    'reset: 2026-02-01T00:00:00.000Z',
    'what lifts the limit: a basic verification',
  ]);
});

it('counts the operation asked about where it would be admitted, and says so', async () => {
  await house.basicUser('basic01');
  expect(await textOf('basic01')).toContain('day: 0 of 20 operations used; next gains room 2026-02-01T00:00:00.000Z');
  const { session } = await house.sessions.open(alfa, { userId: user('basic01') });
  expect(await textOf('basic01', session!.sessionId)).toContain(
    'day: 1 of 20 operations used with this one; next gains room 2026-02-01T00:00:00.000Z',
  );
});

it('says without a session what is in force, and that the ladder is told for one', async () => {
  const userId = await house.basicUser('basic01');
  const { session } = await house.sessions.open(alfa, { userId });
  await admit(session!.sessionId, 'a', 21);
  expect(await textOf('basic01')).toContain('enforcement: none in force; name a session for what the ladder would do');
  expect(await textOf('basic01', session!.sessionId)).toContain("enforcement: warn, rung 1 of the partner's ladder");
});

it('tells of an open review who ends it, and of a session that there is not', async () => {
  const userId = await house.basicUser('basic01');
  const { session } = await house.sessions.open(alfa, { userId });
  const { sessionId } = session!;
  await admit(sessionId, 'a', 20);
  await admit(sessionId, 'b', 5);
  expect(await textOf('basic01')).toEqual(
    expect.arrayContaining([
      'decision: allowed',
      'user: basic, active; subscription unsigned',
      'enforcement: review',
      'review: open since 2026-01-31T12:00:00.000Z, until an admin clears it',
      'what lifts the limit: an admin who clears the review',
    ]),
  );
  const stranger = `${sessionId.slice(0, 13)}${'x'.repeat(22)}` as SessionId;
  expect(await textOf('basic01', stranger)).toContain('session: none such');
});

it('says of a role without quotas that it has none, and of an unknown user nothing', async () => {
  const userId = await house.basicUser('basic01');
  const evidence = { approved: true, onboarded: true };
  await house.directory.changeRole(alfa, { userId, to: 'admin', ...evidence });
  expect(await textOf('basic01')).toContain('quotas: none for this role');
  expect(await textOf('nobody1')).toEqual([
    'decision: denied, USER_NOT_FOUND',
    '  USER_NOT_FOUND (R-5): no such user of this partner',
    '  NO_GRANT (R-3): no rule grants this; lifted by: a role that grants it (guest, basic, advanced, company, admin)',
    'user: unknown to this partner',
  ]);
});

it('explains without the admission store what needs none', async () => {
  await house.basicUser('basic01');
  isAway = true;
  expect(await textOf('basic01')).toEqual([
    'decision: allowed',
    'user: basic, active; subscription unsigned',
    'quotas: unknown, the store of sessions does not answer',
  ]);
});
