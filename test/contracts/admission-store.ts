import { describe, expect, test } from 'vitest';
import { cause } from '../../src/domain/errors.ts';
import type { AdmissionTerms } from '../../src/domain/session/state.ts';
import type { SessionId } from '../../src/domain/values.ts';
import { BASIC, quota, rung } from '../unit/session/terms-of.ts';
import {
  admitter,
  DAY,
  eachTimed,
  ENDLESS,
  guestTerms,
  HOUR,
  MINUTE,
  operation,
  reasonOf,
  refusing,
  sessionId,
  T0,
  WEEK,
  type MakeAdmissionStore,
} from './admission-fixtures.ts';
import { admissionLadderContract } from './admission-ladder.ts';
import { OTHER_PARTNER, PARTNER, userId } from './fixtures.ts';

export interface AdmissionStoreTraits {
  /** Records stay until `prune`; otherwise they leave by themselves, in real time. */
  readonly prunes: boolean;
}

/** The contract of AdmissionStore. */
export function admissionStoreContract(
  name: string,
  makeStore: MakeAdmissionStore,
  { prunes }: AdmissionStoreTraits = { prunes: true },
): void {
  describe(`${name} keeps sessions`, () => {
    const made = eachTimed(makeStore);
    const admit = admitter(made);
    const open = (n: number, now = T0, rules = {}, user = 1) =>
      made.store.open({ sessionId: sessionId(n, user), rules, now });
    const openIds = async (now: number, user = 1) =>
      (await made.store.sessionsOf(PARTNER, userId(user), now)).map((session) => session.sessionId);

    test('an opened session is read as it was answered; an unknown one is undefined', async () => {
      const { session, closed } = await open(1, T0, { inactivityMs: 5 });
      expect(session).toEqual({ sessionId: sessionId(1), openedAt: T0, activeAt: T0, rules: { inactivityMs: 5 } });
      expect(closed).toEqual([]);
      expect(await made.store.get(sessionId(1))).toEqual(session);
      expect(await made.store.get(sessionId(2))).toBeUndefined();
      expect(await made.store.get(sessionId(1, 1, OTHER_PARTNER))).toBeUndefined();
    });

    test('opening an id that exists answers the session as it is', async () => {
      const { session } = await open(1);
      expect(await open(1, T0 + 1, { openMax: 1 })).toEqual({ session, closed: [] });
      expect(await openIds(T0)).toEqual([sessionId(1)]);
    });

    test('a session of a guest gives way to the next one (S-16)', async () => {
      await open(1, T0, { openMax: 1 });
      expect((await open(2, T0, { openMax: 1 })).closed).toEqual([sessionId(1)]);
      expect(await made.store.get(sessionId(1))).toMatchObject({ endedAt: T0, endedBy: 'replaced' });
      expect(await openIds(T0)).toEqual([sessionId(2)]);
    });

    test("the oldest open ones close, those that ran out are not counted, and others' sessions stay (S-16)", async () => {
      await open(9, T0, {}, 2);
      const rules = { openMax: 3, inactivityMs: 10 * MINUTE };
      await open(1, T0, rules);
      for (const n of [2, 3, 4]) expect((await open(n, T0 + 10 * MINUTE + n, rules)).closed).toEqual([]);
      expect((await open(5, T0 + 11 * MINUTE, rules)).closed).toEqual([sessionId(2)]);
      expect(await openIds(T0 + 11 * MINUTE)).toEqual([sessionId(3), sessionId(4), sessionId(5)]);
      expect(await made.store.get(sessionId(1))).toMatchObject({ endedBy: 'inactivity', endedAt: T0 + 10 * MINUTE });
      expect(await openIds(T0, 2)).toEqual([sessionId(9, 2)]);
    });

    test('sessions that were opened in one millisecond stay in the order of opening', async () => {
      for (const n of [5, 3, 9, 1]) await open(n);
      expect(await openIds(T0)).toEqual([5, 3, 9, 1].map((n) => sessionId(n)));
    });

    test('of many openings at once by a guest exactly one stays open', async () => {
      await Promise.all(Array.from({ length: 50 }, (_, n) => open(n, T0, { openMax: 1 })));
      expect(await openIds(T0)).toHaveLength(1);
    });

    test('closing ends a session once; what has ended stays as it was', async () => {
      await open(1);
      await open(2, T0, { lifetimeMs: MINUTE });
      expect(await made.store.close(sessionId(1), T0 + 1)).toMatchObject({ endedAt: T0 + 1, endedBy: 'logout' });
      expect(await made.store.close(sessionId(1), T0 + 2)).toMatchObject({ endedAt: T0 + 1, endedBy: 'logout' });
      expect(await made.store.close(sessionId(2), T0 + HOUR)).toMatchObject({
        endedAt: T0 + MINUTE,
        endedBy: 'lifetime',
      });
      expect(await made.store.close(sessionId(3), T0)).toBeUndefined();
      expect(await openIds(T0 + 1)).toEqual([]);
      expect(reasonOf(await admit('a', T0 + 1))).toBe('SESSION_CLOSED');
    });

    test('only an admitted operation keeps a session awake (S-6, S-13)', async () => {
      const terms = guestTerms({ sessionRules: { inactivityMs: 10 * MINUTE } });
      await open(1, T0, terms.sessionRules);
      expect(reasonOf(await admit('a', T0 + 9 * MINUTE, terms))).toBe('ADMITTED');
      const denied = { ...terms, causesAfter: [cause('NO_GRANT')] };
      expect(reasonOf(await admit('b', T0 + 12 * MINUTE, denied))).toBe('NO_GRANT');
      expect((await admit('a', T0 + 13 * MINUTE, terms)).kind).toBe('replay');
      await made.store.preflight({ sessionId: sessionId(1), terms, now: T0 + 14 * MINUTE });
      expect(await openIds(T0 + 19 * MINUTE - 1)).toEqual([sessionId(1)]);
      expect(reasonOf(await admit('c', T0 + 19 * MINUTE, terms))).toBe('SESSION_EXPIRED');
    });

    test('what has run out stays ended, whatever the rules become', async () => {
      await open(1, T0);
      const strict = guestTerms({ sessionRules: { inactivityMs: MINUTE } });
      expect(reasonOf(await admit('a', T0 + MINUTE, strict))).toBe('SESSION_EXPIRED');
      expect(reasonOf(await admit('b', T0 + MINUTE + 1, ENDLESS))).toBe('SESSION_EXPIRED');
      expect(await made.store.get(sessionId(1))).toMatchObject({ endedAt: T0 + MINUTE, endedBy: 'inactivity' });
    });
  });

  describe(`${name} counts operations`, () => {
    const made = eachTimed(makeStore);
    const admit = admitter(made);
    const open = (n = 1) => made.store.open({ sessionId: sessionId(n), rules: {}, now: T0 });
    const admitMany = async (ids: readonly (string | number)[], now: number, terms = ENDLESS) => {
      const reasons: string[] = [];
      for (const id of ids) reasons.push(reasonOf(await admit(id, now, terms)));
      return reasons;
    };

    test('the sixth of a day is refused and makes idle until the day ends, the next day has room (S-2, S-4, S-5)', async () => {
      await open();
      const terms = guestTerms({ sessionRules: {} });
      expect(await admitMany([1, 2, 3, 4, 5, 6], T0, terms)).toEqual([...Array(5).fill('ADMITTED'), 'QUOTA_DAILY']);
      const effect = { kind: 'idle', at: T0, role: 'guest', until: T0 + 16 * HOUR } as const;
      expect(await admit(6, T0, terms)).toMatchObject({ kind: 'replay', admission: { effect } });
      const idle = { ...terms, idle: { until: effect.until, liftable: false }, appliedAt: effect.at };
      expect(await admitMany([7], T0 + 16 * HOUR - 1, idle)).toEqual(['USER_IDLE']);
      expect(await admitMany([8], T0 + 16 * HOUR, idle)).toEqual(['ADMITTED']);
    });

    test('the rolling week counts to the operation and the millisecond (S-3)', async () => {
      await open();
      for (let day = 0; day < 4; day += 1) {
        expect(
          await admitMany(
            [1, 2, 3, 4, 5].map((n) => `${day}.${n}`),
            T0 + day * DAY,
          ),
        ).toEqual(Array(5).fill('ADMITTED'));
      }
      expect(await admitMany(['a'], T0 + 4 * DAY)).toEqual(['QUOTA_WEEKLY']);
      expect(await admitMany(['b'], T0 + WEEK - 1)).toEqual(['QUOTA_WEEKLY']);
      expect(await admitMany(['c', 'd', 'e', 'f', 'g', 'h'], T0 + WEEK)).toEqual([
        ...Array(5).fill('ADMITTED'),
        expect.stringMatching(/^QUOTA_/),
      ]);
    });

    test('a cost is admitted whole or not at all', async () => {
      await open();
      expect(await admitMany(['a'], T0, { ...ENDLESS, cost: 3 })).toEqual(['ADMITTED']);
      expect(await admitMany(['b'], T0, { ...ENDLESS, cost: 3 })).toEqual(['QUOTA_DAILY']);
      expect(await admitMany(['c', 'd'], T0, { ...ENDLESS, cost: 2 })).toEqual(['ADMITTED', 'QUOTA_DAILY']);
    });

    test('neither refusals, nor preflights, nor operations of uncounted roles count (S-13)', async () => {
      await open();
      await admitMany([1, 2, 3, 4, 5, 6], T0, { ...ENDLESS, causesAfter: [cause('NO_GRANT')] });
      await admitMany([7, 8, 9, 10, 11, 12], T0, { ...ENDLESS, counted: false });
      for (let n = 0; n < 6; n += 1) {
        const answer = await made.store.preflight({ sessionId: sessionId(1), terms: ENDLESS, now: T0 });
        expect(answer).toMatchObject({ admitted: true, quotas: { daily: { used: 1, remaining: 4 } } });
      }
      expect(await admitMany(['a', 'b', 'c', 'd', 'e', 'f'], T0)).toEqual([
        ...Array(5).fill('ADMITTED'),
        'QUOTA_DAILY',
      ]);
    });

    test('sessions of one user share a log, users do not', async () => {
      await open(1);
      await open(2);
      await made.store.open({ sessionId: sessionId(1, 2), rules: {}, now: T0 });
      for (let n = 0; n < 5; n += 1)
        expect(reasonOf(await admit(n, T0, ENDLESS, sessionId(1 + (n % 2))))).toBe('ADMITTED');
      expect(reasonOf(await admit('a', T0, ENDLESS, sessionId(2)))).toBe('QUOTA_DAILY');
      expect(reasonOf(await admit('a', T0, ENDLESS, sessionId(1, 2)))).toBe('ADMITTED');
    });

    test('a clock that was set back opens no window', async () => {
      await open();
      await admitMany([1, 2, 3, 4, 5], T0 + DAY);
      const late = await admit(6, T0);
      expect(late).toMatchObject({ kind: 'first', admission: { admitted: false, at: T0 + DAY } });
    });

    test.each([3, 100, 1_000])('of 2 x %i operations at once exactly that many are admitted (S-12)', async (limit) => {
      await open();
      const terms = guestTerms({
        sessionRules: {},
        quota: refusing(limit, limit),
      });
      const outcomes = await Promise.all(Array.from({ length: 2 * limit }, (_, n) => admit(n, T0, terms)));
      expect(outcomes.filter((outcome) => reasonOf(outcome) === 'ADMITTED')).toHaveLength(limit);
      expect(outcomes.every((outcome) => outcome.kind === 'first')).toBe(true);
    });

    test('an unknown session is refused and counts nothing', async () => {
      expect(reasonOf(await admit('a', T0, ENDLESS, sessionId(7)))).toBe('SESSION_NOT_FOUND');
      expect(await made.store.get(sessionId(7))).toBeUndefined();
    });
  });

  describe(`${name} replays answers`, () => {
    const made = eachTimed(makeStore);
    const admit = admitter(made);
    const open = () => made.store.open({ sessionId: sessionId(1), rules: {}, now: T0 });

    test.each<[string, AdmissionTerms]>([
      ['an admission', ENDLESS],
      ['a refusal by R-3', { ...ENDLESS, causesAfter: [cause('NO_GRANT')] }],
      ['a refusal by R-4', { ...ENDLESS, idle: { until: T0 + MINUTE, liftable: false } }],
      ['a refusal by quota', { ...ENDLESS, quota: refusing(0, 0) }],
      ['a refusal that makes idle', guestTerms({ sessionRules: {}, cost: 6 })],
    ])('%s is answered again as it was, whatever the terms are now (S-12)', async (_, terms) => {
      await open();
      const first = await admit('a', T0, terms);
      expect(first.kind).toBe('first');
      const again = await admit('a', T0 + DAY, { ...ENDLESS, causesBefore: [cause('PARTNER_STOPPED')] });
      expect(again).toEqual({ ...first, kind: 'replay' });
    });

    test('another payload is told as such, and leaves the first answer', async () => {
      await open();
      const first = await admit('a', T0);
      expect(await admit('a', T0, ENDLESS, sessionId(1), 'other')).toEqual({ kind: 'key-reused' });
      expect(await admit('a', T0)).toEqual({ ...first, kind: 'replay' });
    });

    test('of many repeats at once one is first, and it counts once', async () => {
      await open();
      const outcomes = await Promise.all(Array.from({ length: 50 }, () => admit('a', T0)));
      expect(outcomes.filter((outcome) => outcome.kind === 'first')).toHaveLength(1);
      const answer = await made.store.preflight({ sessionId: sessionId(1), terms: ENDLESS, now: T0 });
      expect(answer.quotas?.daily).toMatchObject({ used: 2 });
    });

    test('an operation_id is remembered for 7 days and then is new, pruned or not', async () => {
      await open();
      await admit('a', T0);
      expect((await admit('a', T0 + WEEK - 1)).kind).toBe('replay');
      expect((await admit('a', T0 + WEEK)).kind).toBe('first');
      expect((await admit('a', T0 + WEEK + 1)).kind).toBe('replay');
    });

    test('recall gives the answer that admit would give again, and decides nothing', async () => {
      await open();
      const recall = (id: string, now: number, payloadHash = 'h') =>
        made.store.recall({ sessionId: sessionId(1), operationId: operation(id), payloadHash, now });
      expect(await recall('a', T0)).toBeUndefined();
      const first = await admit('a', T0);
      expect(first.kind).toBe('first');
      expect(await recall('a', T0 + 1)).toEqual({ ...first, kind: 'replay' });
      expect(await recall('a', T0 + 1, 'other')).toEqual({ kind: 'key-reused' });
      expect(await recall('a', T0 + WEEK)).toBeUndefined();
      expect(await admit('a', T0 + WEEK - 1)).toEqual({ ...first, kind: 'replay' });
    });

    test('operation ids of two users are apart', async () => {
      await open();
      await made.store.open({ sessionId: sessionId(1, 2), rules: {}, now: T0 });
      await admit('a', T0);
      expect((await admit('a', T0, ENDLESS, sessionId(1, 2))).kind).toBe('first');
    });
  });

  admissionLadderContract(name, makeStore);
  if (prunes) prunesContract(name, makeStore);
}

function prunesContract(name: string, makeStore: MakeAdmissionStore): void {
  describe(`${name} prunes`, () => {
    const made = eachTimed(makeStore);
    const admit = admitter(made);

    test('nothing that a rule can still ask for, and the rest in bounded steps', async () => {
      await made.store.open({ sessionId: sessionId(1), rules: {}, now: T0 });
      for (let n = 0; n < 5; n += 1) await admit(n, T0 + n);
      for (let n = 5; n < 8; n += 1) await admit(n, T0 + 2 * DAY);
      expect(await made.store.prune(T0 + WEEK - 1, 100)).toBe(0);
      expect(await made.store.prune(T0 + WEEK + 10, 2)).toBe(2);
      expect(await made.store.prune(T0 + WEEK + 10, 100)).toBe(3);
      expect(await made.store.prune(T0 + WEEK + 10, 100)).toBe(0);
      const answer = await made.store.preflight({ sessionId: sessionId(1), terms: ENDLESS, now: T0 + WEEK + 10 });
      expect(answer.quotas?.weekly).toMatchObject({ used: 4, resetsAt: T0 + 2 * DAY + WEEK });
      expect((await admit(6, T0 + WEEK + 10)).kind).toBe('replay');
      expect((await admit(1, T0 + WEEK + 10)).kind).toBe('first');
    });

    test('sessions 7 days after their end, and never an open one', async () => {
      const open = (n: number, rules: { lifetimeMs?: number }) =>
        made.store.open({ sessionId: sessionId(n), rules, now: T0 });
      await open(1, {});
      await open(2, { lifetimeMs: MINUTE });
      await open(3, {});
      await made.store.close(sessionId(3), T0 + DAY);
      expect(await made.store.prune(T0 + MINUTE + WEEK - 1, 100)).toBe(0);
      expect(await made.store.prune(T0 + MINUTE + WEEK, 100)).toBe(1);
      expect(await made.store.get(sessionId(2))).toBeUndefined();
      expect(await made.store.get(sessionId(3))).toBeDefined();
      expect(await made.store.prune(T0 + DAY + WEEK, 100)).toBe(1);
      expect(await made.store.get(sessionId(3))).toBeUndefined();
      expect(await made.store.prune(T0 + 100 * WEEK, 100)).toBe(0);
      expect((await made.store.sessionsOf(PARTNER, userId(1), T0 + 100 * WEEK)).map((s) => s.sessionId)).toEqual([
        sessionId(1),
      ]);
    });

    test('the days that a rung can look back to stay for 90 days, and then nothing of the user does (S-8)', async () => {
      const rungs = [rung('warn'), rung('restrict', { times: 2, withinMs: 90 * DAY, bars: true })];
      const terms = { ...BASIC, sessionRules: {}, quota: quota({ daily: 2, rungs }) };
      const exceed = async (session: SessionId, now: number) => {
        await made.store.open({ sessionId: session, rules: {}, now });
        const reasons: string[] = [];
        for (const n of [1, 2, 3]) reasons.push(reasonOf(await admit(`${now}.${n}`, now, terms, session)));
        await made.store.close(session, now);
        return reasons;
      };
      const admitted = Array(3).fill('ADMITTED');
      for (const user of [1, 2]) expect(await exceed(sessionId(1, user), T0)).toEqual(admitted);
      expect(await made.store.prune(T0 + WEEK, 100)).toBe(8);
      expect(await made.store.prune(T0 + 90 * DAY - 1, 100)).toBe(0);
      expect(await exceed(sessionId(2), T0 + 90 * DAY - 1)).toEqual(['ADMITTED', 'ADMITTED', 'QUOTA_DAILY']);
      expect(await made.store.prune(T0 + 90 * DAY, 100)).toBe(1);
      expect(await exceed(sessionId(2, 2), T0 + 90 * DAY)).toEqual(admitted);
    });

    test('counting goes on in step with a log that is never pruned', async () => {
      const plain = await makeStore({ now: () => 0 });
      const terms = guestTerms({ sessionRules: {}, quota: refusing(3, 7) });
      try {
        for (const store of [made.store, plain.store])
          await store.open({ sessionId: sessionId(1), rules: {}, now: T0 });
        for (let n = 0; n < 120; n += 1) {
          // Two at one moment, the later with the lower id.
          const now = T0 + Math.floor(n / 2) * 7 * HOUR;
          const request = { sessionId: sessionId(1), operationId: operation(999 - n), payloadHash: 'h', terms, now };
          await made.store.prune(now, 1);
          expect(await made.store.admit(request)).toEqual(await plain.store.admit(request));
        }
      } finally {
        await plain.close();
      }
    });
  });
}
