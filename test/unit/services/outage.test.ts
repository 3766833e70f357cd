import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Fault } from '../../../src/domain/errors.ts';
import { parseOperationId, parseZone, sessionIdOf, type SessionId, type UserId } from '../../../src/domain/values.ts';
import type { AdmissionStore } from '../../../src/ports/admission-store.ts';
import { Outage } from '../../../src/services/outage.ts';
import { BASIC } from '../session/terms-of.ts';
import { ALFA, alfa, openHouse, user, type House } from './house.ts';

const ALLOWANCE = 3;
const POLICY = `quotas: { on_outage: { admit: [basic], operations: ${ALLOWANCE} } }\n`;
const HOUR_MS = 60 * 60 * 1000;

const store = { isAway: false, counts: [] as string[], damaged: '' };
let house: House;
beforeEach(async () => {
  Object.assign(store, { isAway: false, counts: [], damaged: '' });
  house = await openHouse({ admissions: losable, policy: POLICY });
});
afterEach(() => house.close());

/** A store that does not answer while `store.isAway`, and tells what it was asked to count. */
function losable(admissions: AdmissionStore): AdmissionStore {
  return new Proxy(admissions, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function' || name === 'now') return member;
      if (name === 'health') return () => ({ state: store.isAway ? 'down' : 'up', detail: '' });
      return (...given: unknown[]) => {
        if (store.isAway) return Promise.reject(new Fault('UNAVAILABLE', 'away'));
        const { operationId } = given[0] as { operationId: string };
        if (name === 'count') store.counts.push(operationId);
        if (name === 'count' && operationId === store.damaged) return Promise.reject(new RangeError('damaged'));
        return Reflect.apply(member, target, given) as unknown;
      };
    },
  });
}

const operation = (text: string) => parseOperationId(text, 'operation_id');
const admit = (sessionId: SessionId, id: string, more: { cost?: number; permission?: string } = {}) =>
  house.sessions.admit(alfa, {
    sessionId,
    operationId: operation(id),
    cost: more.cost ?? 1,
    ...(more.permission !== undefined && { question: { kind: 'permission', name: more.permission } }),
  });

async function sessionOf(userId: UserId): Promise<SessionId> {
  return (await house.sessions.open(alfa, { userId })).session!.sessionId;
}

async function basicWithSession(id: string): Promise<{ userId: UserId; sessionId: SessionId }> {
  const userId = await house.basicUser(id);
  return { userId, sessionId: await sessionOf(userId) };
}

const usedToday = async (sessionId: SessionId) =>
  (await admit(sessionId, `look-${house.clock.at}`)).admission.quotas!.daily.used - 1;

const AWAY = { code: 'UNAVAILABLE' };

describe('while the admission store is away', () => {
  it('nobody is admitted whose role the policy does not name, and the decision is never an allow (C-3)', async () => {
    const userId = user('guest01');
    await house.directory.createUser(alfa, { userId, zone: parseZone('de', 'zone') });
    const sessionId = await sessionOf(userId);
    store.isAway = true;
    await expect(admit(sessionId, 'op1')).rejects.toMatchObject(AWAY);
    expect(house.outage.facts()).toMatchObject({ away: true, outages: 1, degraded: 0, owed: 0 });
  });

  it('a role that it names is admitted, marked as degraded, up to the number of operations', async () => {
    const { sessionId } = await basicWithSession('basic01');
    store.isAway = true;
    for (let n = 1; n <= ALLOWANCE; n += 1) {
      expect(await admit(sessionId, `op${n}`)).toMatchObject({
        replayed: false,
        admission: { admitted: true, reason: 'ADMITTED', degraded: true, warnings: [], lifts: [] },
      });
    }
    await expect(admit(sessionId, 'op4')).rejects.toMatchObject(AWAY);
    expect(house.outage.facts()).toMatchObject({ outages: 1, degraded: ALLOWANCE, owed: ALLOWANCE });
  });

  it('a cost is let in whole or not at all', async () => {
    const { sessionId } = await basicWithSession('basic01');
    store.isAway = true;
    await expect(admit(sessionId, 'big', { cost: ALLOWANCE + 1 })).rejects.toMatchObject(AWAY);
    expect((await admit(sessionId, 'two', { cost: 2 })).admission.degraded).toBe(true);
    await expect(admit(sessionId, 'two-more', { cost: 2 })).rejects.toMatchObject(AWAY);
    expect((await admit(sessionId, 'one', { cost: 1 })).admission.degraded).toBe(true);
  });

  it('each user has an allowance of its own', async () => {
    const one = await basicWithSession('basic01');
    const other = await basicWithSession('basic02');
    store.isAway = true;
    for (const { sessionId } of [one, other]) {
      for (let n = 1; n <= ALLOWANCE; n += 1) await admit(sessionId, `op${n}`);
      await expect(admit(sessionId, 'over')).rejects.toMatchObject(AWAY);
    }
  });

  it('a repeat gets the first answer and takes nothing of the allowance, another payload is the caller’s error (S-12)', async () => {
    const { sessionId } = await basicWithSession('basic01');
    store.isAway = true;
    const [first, second] = await Promise.all([admit(sessionId, 'op1'), admit(sessionId, 'op1')]);
    const third = await admit(sessionId, 'op1');
    expect(second.admission).toEqual(first.admission);
    expect(third).toMatchObject({ replayed: true, admission: first.admission });
    expect(house.outage.facts().owed).toBe(1);
    await expect(admit(sessionId, 'op1', { cost: 2 })).rejects.toMatchObject({ code: 'KEY_REUSED' });
  });

  it('at once as many as the allowance are admitted, whatever the number that asks', async () => {
    const { sessionId } = await basicWithSession('basic01');
    store.isAway = true;
    const asked = Array.from({ length: 20 }, (_, n) => admit(sessionId, `op${n}`));
    const outcomes = await Promise.allSettled(asked);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(ALLOWANCE);
  });

  it.each<[string, (userId: UserId, sessionId: SessionId) => Promise<unknown> | void, { permission?: string }]>([
    ['whose session was closed', (_, sessionId) => house.sessions.close(alfa, { sessionId }), {}],
    ['whose sessions were all closed', (userId) => house.userSessions.closeAll(alfa, { userId }), {}],
    ['whose session has run out since', () => void (house.clock.at += HOUR_MS), {}],
    ['who was deactivated', (userId) => house.directory.setUserActive(alfa, { userId, active: false }), {}],
    ['who lacks the permission', () => {}, { permission: 'manage_users' }],
  ])('a user %s is not admitted', async (_, before, more) => {
    const { userId, sessionId } = await basicWithSession('basic01');
    await before(userId, sessionId);
    store.isAway = true;
    await expect(admit(sessionId, 'op1', more)).rejects.toMatchObject(AWAY);
  });

  it('a session that could not be closed is no longer taken for open', async () => {
    const { sessionId } = await basicWithSession('basic01');
    store.isAway = true;
    await expect(house.sessions.close(alfa, { sessionId })).rejects.toMatchObject(AWAY);
    await expect(admit(sessionId, 'op1')).rejects.toMatchObject(AWAY);
  });

  it('a session that this replica has never seen is not taken for open', async () => {
    const { sessionId } = await basicWithSession('basic01');
    const stranger = `${sessionId.slice(0, 13)}${'x'.repeat(22)}` as SessionId;
    store.isAway = true;
    await expect(admit(stranger, 'op1')).rejects.toMatchObject(AWAY);
  });

  it('an admitted operation keeps the session awake (S-6)', async () => {
    const { sessionId } = await basicWithSession('basic01');
    store.isAway = true;
    const inactivityMs = 30 * 60 * 1000;
    house.clock.at += inactivityMs - 1;
    expect((await admit(sessionId, 'op1')).admission.sessionExpiresAt).toBe(house.clock.at + inactivityMs);
    house.clock.at += inactivityMs - 1;
    expect((await admit(sessionId, 'op2')).admission.degraded).toBe(true);
    house.clock.at += inactivityMs;
    await expect(admit(sessionId, 'op3')).rejects.toMatchObject(AWAY);
  });

  it('a batch is admitted within the allowance, and its repeat answered', async () => {
    const { sessionId } = await basicWithSession('basic01');
    store.isAway = true;
    const operations = ['a', 'b'].map((id) => ({ operationId: operation(id), cost: 1 }));
    const batch = await house.sessions.admitBatch(alfa, { sessionId, operations });
    expect(batch.admissions.map(({ admission }) => admission.degraded)).toEqual([true, true]);
    const repeat = await house.sessions.admitBatch(alfa, { sessionId, operations });
    expect(repeat.admissions.map(({ replayed }) => replayed)).toEqual([true, true]);
    expect(house.outage.facts().owed).toBe(2);
  });

  it('a check with a session tells the same and takes nothing; a plain check needs no store', async () => {
    const { userId, sessionId } = await basicWithSession('basic01');
    store.isAway = true;
    const question = { kind: 'permission', name: 'call_api' } as const;
    for (let n = 0; n <= ALLOWANCE; n += 1) {
      expect(await house.check.check(alfa, { userId, question, sessionId })).toMatchObject({
        allowed: true,
        admission: { degraded: true },
      });
    }
    expect(house.outage.facts().owed).toBe(0);
    expect(await house.check.check(alfa, { userId, question })).toMatchObject({ allowed: true });
  });
});

it.each([
  ['users', { users: 2, operations: 100 }, ['basic01', 'basic02', 'basic03', 'basic01']],
  ['operations', { users: 100, operations: 2 }, ['basic01', 'basic01', 'basic01', 'basic02']],
])('a replica owes the store for no more %s than its bound', async (what, max, asked) => {
  const parts = { admissions: house.admissions, journal: house.outageJournal, log: house.log };
  const outage = new Outage({ ...parts, max });
  const onOutage = { admit: new Set(['basic'] as const), operations: 10 };
  const outcomes: string[] = [];
  for (const [position, id] of asked.entries()) {
    const sessionId = sessionIdOf(ALFA, user(id), '0'.repeat(22));
    outage.sessions.note(sessionId, undefined);
    const operationId = operation(`op${position}`);
    const request = { sessionId, operationId, payloadHash: '', now: house.clock.at, terms: BASIC, onOutage };
    const outcome = outage.admit(request, new Fault('UNAVAILABLE', 'away'));
    outcomes.push(await outcome.then(({ kind }) => kind).catch((error: Fault) => error.code));
  }
  const fourth = what === 'users' ? 'first' : 'UNAVAILABLE';
  expect(outcomes).toEqual(['first', 'first', 'UNAVAILABLE', fourth]);
});

describe('once the store is back', () => {
  it('what was admitted is counted, in order, once, and the allowance is free again', async () => {
    const { sessionId } = await basicWithSession('basic01');
    store.isAway = true;
    for (const id of ['a', 'b', 'c']) await admit(sessionId, id);
    store.isAway = false;
    await house.outage.reconcile();
    await house.outage.reconcile();
    expect(store.counts).toEqual(['a', 'b', 'c']);
    expect(house.outage.facts()).toEqual({ away: false, outages: 1, degraded: 3, reconciled: 3, owed: 0 });
    expect(await house.outageJournal.read(0, 10)).toEqual([]);
    expect(await usedToday(sessionId)).toBe(3);
    store.isAway = true;
    expect((await admit(sessionId, 'd')).admission.degraded).toBe(true);
  });

  it('the next operation of the user is decided after what it owes, without waiting for the reconcile run', async () => {
    const { sessionId } = await basicWithSession('basic01');
    store.isAway = true;
    for (const id of ['a', 'b']) await admit(sessionId, id);
    store.isAway = false;
    const { admission } = await admit(sessionId, 'c');
    expect(admission.degraded).toBeUndefined();
    expect(admission.quotas!.daily.used).toBe(3);
    expect(store.counts).toEqual(['a', 'b']);
  });

  it('a repeat of what was admitted without it gets that answer, before and after it is counted (S-12)', async () => {
    const { sessionId } = await basicWithSession('basic01');
    store.isAway = true;
    const { admission } = await admit(sessionId, 'a');
    store.isAway = false;
    expect(await admit(sessionId, 'a')).toMatchObject({ replayed: true, admission });
    await house.outage.reconcile();
    expect(await admit(sessionId, 'a')).toMatchObject({ replayed: true, admission });
    expect(await usedToday(sessionId)).toBe(1);
  });

  it('what the store had refused before its answer was lost is counted nevertheless, for it was admitted', async () => {
    const { sessionId } = await basicWithSession('basic01');
    await house.directory.setUserActive(alfa, { userId: user('basic01'), active: false });
    expect((await admit(sessionId, 'a')).admission.reason).toBe('USER_INACTIVE');
    await house.directory.setUserActive(alfa, { userId: user('basic01'), active: true });
    store.isAway = true;
    expect((await admit(sessionId, 'a')).admission.degraded).toBe(true);
    store.isAway = false;
    await house.outage.reconcile();
    expect(await usedToday(sessionId)).toBe(1);
  });

  it('a repeat in a process that starts after it gets that answer, counted or not (S-12)', async () => {
    const { sessionId } = await basicWithSession('basic01');
    store.isAway = true;
    const { admission } = await admit(sessionId, 'a');
    const [entry] = await house.outageJournal.read(0, 1);
    const started = new Outage({ admissions: losable(house.admissions), journal: house.outageJournal, log: house.log });
    await started.load();
    expect(await started.recall(entry!.operation)).toEqual({ kind: 'replay', admission });
  });

  it('what is wrong with one user keeps no other from being counted (P-5)', async () => {
    const sessions = [await basicWithSession('basic01'), await basicWithSession('basic02')];
    store.isAway = true;
    for (const { sessionId } of sessions) await admit(sessionId, `of-${sessionId.slice(5, 12)}`);
    store.isAway = false;
    store.damaged = 'of-basic01';
    await house.outage.reconcile();
    expect(store.counts).toEqual(['of-basic01', 'of-basic02']);
    expect(house.outage.facts()).toMatchObject({ owed: 1, reconciled: 1, away: false });
  });

  it('a reconcile run that meets it gone again keeps the rest', async () => {
    const { sessionId } = await basicWithSession('basic01');
    store.isAway = true;
    await admit(sessionId, 'a');
    await expect(house.outage.reconcile()).rejects.toMatchObject(AWAY);
    expect(house.outage.facts()).toMatchObject({ owed: 1, away: true });
    expect(await house.outageJournal.read(0, 10)).toHaveLength(1);
  });

  it('is found to be back though nobody asks', async () => {
    const userId = user('guest01');
    await house.directory.createUser(alfa, { userId, zone: parseZone('de', 'zone') });
    const sessionId = await sessionOf(userId);
    store.isAway = true;
    await expect(admit(sessionId, 'op1')).rejects.toMatchObject(AWAY);
    await house.outage.reconcile();
    expect(house.outage.facts().away).toBe(true);
    store.isAway = false;
    await house.outage.reconcile();
    expect(house.outage.facts().away).toBe(false);
  });

  it('says when it went and when it came back, once each', async () => {
    const { sessionId } = await basicWithSession('basic01');
    store.isAway = true;
    for (const id of ['a', 'b']) await admit(sessionId, id);
    store.isAway = false;
    await admit(sessionId, 'c');
    const said = house.log.lines.filter((line) => line.startsWith('the admission store'));
    expect(said).toEqual(['the admission store does not answer', 'the admission store answers again']);
  });
});

it('a process that ends during an outage loses nothing: the next one counts what is in the journal, once', async () => {
  const { sessionId } = await basicWithSession('basic01');
  store.isAway = true;
  for (const id of ['a', 'b', 'c']) await admit(sessionId, id);
  const next = new Outage({ admissions: house.admissions, journal: house.outageJournal, log: house.log });
  await expect(next.reconcile()).rejects.toMatchObject(AWAY);
  expect(next.facts().owed).toBe(3);
  store.isAway = false;
  await next.reconcile();
  await house.outage.reconcile();
  expect(await usedToday(sessionId)).toBe(3);
  expect(await house.outageJournal.read(0, 10)).toEqual([]);
});
