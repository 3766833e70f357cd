import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { admissionOf } from '../../src/domain/session/admission.ts';
import { arrayLog } from '../../src/domain/session/array-log.ts';
import { judge } from '../../src/domain/session/judge.ts';
import { openSession, touch } from '../../src/domain/session/session.ts';
import { NO_STANDING, type Admission, type AdmissionTerms, type RungTerms } from '../../src/domain/session/state.ts';
import { cause } from '../../src/domain/errors.ts';
import { aLife, LifeDocument, START } from '../unit/session/random-life.ts';
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
  sessionId,
  T0,
  WEEK,
  type MakeAdmissionStore,
} from './admission-fixtures.ts';
import { PARTNER, userId } from './fixtures.ts';

/** A basic user with two operations a day and this ladder, in a session that nothing ends. */
const withLadder = (rungs: readonly RungTerms[], over: Partial<AdmissionTerms> = {}): AdmissionTerms => ({
  ...BASIC,
  sessionRules: {},
  quota: quota({ daily: 2, rungs }),
  ...over,
});

/** Batches, acts on all of a user's sessions, the ladder (S-8) and what becomes of its effects. */
export function admissionLadderContract(name: string, makeStore: MakeAdmissionStore): void {
  ladderContract(name, makeStore);
  effectContract(name, makeStore);
  wholeUserContract(name, makeStore);
  degradedContract(name, makeStore);
  randomContract(name, makeStore);
}

function ladderContract(name: string, makeStore: MakeAdmissionStore): void {
  describe(`${name} enforces the ladder`, () => {
    const made = eachTimed(makeStore);
    const admit = admitter(made);
    const start = async (terms: AdmissionTerms) => {
      await made.store.open({ sessionId: sessionId(1), rules: {}, now: T0 });
      for (const id of ['first', 'second']) expect(reasonOf(await admit(id, T0, terms))).toBe('ADMITTED');
    };
    const reasons = async (terms: AdmissionTerms, moments: readonly number[]) => {
      const told: string[] = [];
      for (const now of moments) told.push(reasonOf(await admit(`at ${now}`, now, terms)));
      return told;
    };

    test.each<[string, RungTerms, readonly (readonly [number, string])[]]>([
      [
        'warn admits',
        rung('warn'),
        [
          [1, 'ADMITTED'],
          [2, 'ADMITTED'],
        ],
      ],
      [
        'rate_limit admits one in its time, from the last that was admitted',
        rung('rate_limit', { everyMs: MINUTE }),
        [
          [MINUTE - 1, 'QUOTA_DAILY'],
          [MINUTE, 'ADMITTED'],
          [2 * MINUTE - 1, 'QUOTA_DAILY'],
          [2 * MINUTE, 'ADMITTED'],
        ],
      ],
      [
        'restrict refuses what it lists',
        rung('restrict', { bars: true }),
        [
          [1, 'QUOTA_DAILY'],
          [16 * HOUR, 'ADMITTED'],
        ],
      ],
      ['restrict admits the rest', rung('restrict'), [[1, 'ADMITTED']]],
      [
        'cooldown refuses for its time, and again while the window is exceeded',
        rung('cooldown', { forMs: HOUR }),
        [
          [1, 'QUOTA_DAILY'],
          [HOUR, 'QUOTA_DAILY'],
          [HOUR + 1, 'QUOTA_DAILY'],
          // Begun an hour and a millisecond in: over 2 h in, and the day ends 16 h in.
          [15.5 * HOUR, 'QUOTA_DAILY'],
          [16 * HOUR, 'QUOTA_COOLDOWN'],
          [16.5 * HOUR, 'ADMITTED'],
        ],
      ],
      ['suspend_subscription refuses without one to suspend', rung('suspend_subscription'), [[1, 'QUOTA_DAILY']]],
    ])('%s (S-8)', async (_, step, moments) => {
      const terms = withLadder([step]);
      await start(terms);
      expect(
        await reasons(
          terms,
          moments.map(([at]) => T0 + at),
        ),
      ).toEqual(moments.map(([, reason]) => reason));
    });

    test('the days on which a window was exceeded are counted, and looked back for as far as a rung says', async () => {
      const terms = withLadder([rung('warn'), rung('restrict', { times: 2, withinMs: 2 * DAY, bars: true })]);
      await start(terms);
      expect(await reasons(terms, [T0 + 1, T0 + 2])).toEqual(['ADMITTED', 'ADMITTED']);
      const later = T0 + 2 * DAY;
      expect(await reasons(terms, [later - 3, later - 2, later - 1])).toEqual(['ADMITTED', 'ADMITTED', 'QUOTA_DAILY']);
      const gone = later + 2 * DAY;
      expect(await reasons(terms, [gone, gone + 1, gone + 2])).toEqual(['ADMITTED', 'ADMITTED', 'ADMITTED']);
    });

    test('what a permission refuses besides does not keep a rung from acting', async () => {
      const terms = withLadder([rung('cooldown', { forMs: DAY })]);
      await start(terms);
      const denied = await admit('denied', T0, { ...terms, causesAfter: [cause('NO_GRANT')] });
      expect(denied).toMatchObject({
        admission: { causes: [{ reason: 'QUOTA_DAILY' }, { reason: 'QUOTA_COOLDOWN' }, { reason: 'NO_GRANT' }] },
      });
      expect(await reasons(terms, [T0 + 17 * HOUR])).toEqual(['QUOTA_COOLDOWN']);
    });

    test('a preflight tells the same, and starts and notes nothing', async () => {
      const terms = withLadder([rung('cooldown', { forMs: DAY })]);
      await start(terms);
      const ask = () => made.store.preflight({ sessionId: sessionId(1), terms, now: T0 + 1 });
      const told = await ask();
      expect(told).toMatchObject({ reason: 'QUOTA_DAILY', enforcement: { action: 'cooldown', rung: 1 } });
      expect(await ask()).toEqual(told);
      expect(await reasons(terms, [T0 + 16 * HOUR])).toEqual(['ADMITTED']);
    });

    test('a raised limit, another zone and another role are in force from the next admission on (S-14)', async () => {
      const terms = withLadder([rung('restrict', { bars: true })]);
      await start(terms);
      expect(await reasons(terms, [T0 + 1])).toEqual(['QUOTA_DAILY']);
      expect(
        await reasons({ ...terms, quota: quota({ daily: 3, rungs: terms.quota?.rungs ?? [] }) }, [T0 + 2]),
      ).toEqual(['ADMITTED']);
      // Two hours on it is the next day in Kiritimati, and still the same in UTC.
      expect(await reasons(terms, [T0 + 2 * HOUR])).toEqual(['QUOTA_DAILY']);
      expect(await reasons({ ...terms, timeZone: 'Pacific/Kiritimati' }, [T0 + 2 * HOUR + 1])).toEqual(['ADMITTED']);
      expect(await reasons(guestTerms({ sessionRules: {} }), [T0 + 3 * HOUR, T0 + 4 * HOUR])).toEqual([
        'ADMITTED',
        'QUOTA_DAILY',
      ]);
    });
  });
}

function effectContract(name: string, makeStore: MakeAdmissionStore): void {
  describe(`${name} owes effects until the document has them`, () => {
    const made = eachTimed(makeStore);
    const admit = admitter(made);
    const admission = async (id: string, now: number, terms: AdmissionTerms) => {
      const outcome = await admit(id, now, terms);
      if (outcome.kind === 'key-reused') throw new RangeError('no id is used twice here');
      return outcome.admission;
    };
    const exceed = async (terms: AdmissionTerms): Promise<Admission> => {
      await made.store.open({ sessionId: sessionId(1), rules: {}, now: T0 });
      for (const id of ['first', 'second']) await admit(id, T0, terms);
      return admission('third', T0 + 1, terms);
    };

    test.each<[string, Partial<AdmissionTerms>, readonly string[]]>([
      ['idle', {}, ['USER_IDLE', 'QUOTA_DAILY']],
      ['review', {}, ['QUOTA_DAILY', 'QUOTA_REVIEW']],
      ['suspend_subscription', { suspendable: true }, ['QUOTA_DAILY']],
    ])('%s: the next operation and a repeat bring it again, until it is taken in', async (action, over, causes) => {
      const terms = withLadder([rung(action as RungTerms['action'])], over);
      const third = await exceed(terms);
      expect(third).toMatchObject({ admitted: false, reason: 'QUOTA_DAILY', effect: { at: T0 + 1, role: 'basic' } });
      const next = await admission('fourth', T0 + 2, terms);
      expect(next.effect).toEqual(third.effect);
      expect(next.causes.map(({ reason }) => reason)).toEqual(causes);
      expect((await admission('third', T0 + 3, terms)).effect).toEqual(third.effect);
      const taken = { ...terms, appliedAt: T0 + 1 };
      const idle = { until: T0 + 16 * HOUR, liftable: true };
      const known = {
        idle: { ...taken, idle },
        review: { ...taken, reviewOpen: true },
        suspend_subscription: { ...taken, suspendable: false },
      }[action];
      const after = await admission('fifth', T0 + 4, known ?? taken);
      expect(after.admitted).toBe(false);
      expect(after.effect).toBeUndefined();
    });

    test('an effect on another role is void (R-6)', async () => {
      await exceed(withLadder([rung('idle')]));
      const outcome = await admission('fourth', T0 + 2, guestTerms({ sessionRules: {} }));
      expect(outcome).toMatchObject({ admitted: true, reason: 'ADMITTED' });
      expect(outcome.effect).toBeUndefined();
    });

    test('a suspension that is owed refuses even when the windows have room again', async () => {
      const terms = withLadder([rung('suspend_subscription')], { suspendable: true });
      const { effect } = await exceed(terms);
      expect(await admission('fourth', T0 + DAY, terms)).toMatchObject({ reason: 'SUBSCRIPTION_SUSPENDED', effect });
      const taken = { ...terms, appliedAt: T0 + 1, suspendable: false };
      expect(await admission('fifth', T0 + DAY, taken)).toMatchObject({ admitted: true });
    });

    test('a cleared review forgives the day', async () => {
      const terms = withLadder([rung('review')]);
      await exceed(terms);
      const cleared = { ...terms, appliedAt: T0 + 1, forgivenAt: T0 + HOUR };
      expect(await admission('fourth', T0 + HOUR, cleared)).toMatchObject({
        admitted: true,
        warnings: [{ code: 'QUOTA_DAILY_EXCEEDED' }],
      });
      const moments = [16 * HOUR, 16 * HOUR + 1, 16 * HOUR + 2].map((at) => T0 + at);
      const told: string[] = [];
      for (const now of moments) told.push((await admission(`at ${now}`, now, cleared)).reason);
      expect(told).toEqual(['ADMITTED', 'ADMITTED', 'QUOTA_DAILY']);
    });
  });
}

function wholeUserContract(name: string, makeStore: MakeAdmissionStore): void {
  describe(`${name} acts on a whole user`, () => {
    const made = eachTimed(makeStore);
    const admit = admitter(made);
    const request = (id: string | number, terms = ENDLESS, now = T0) => ({
      sessionId: sessionId(1),
      operationId: operation(id),
      payloadHash: 'h',
      terms,
      now,
    });

    test('a batch is decided in order, each after the one before it', async () => {
      await made.store.open({ sessionId: sessionId(1), rules: {}, now: T0 });
      await admit('known', T0);
      const asked = ['a', 'b', 'known', 'a', 'c', 'd', 'e', 'f'];
      const outcomes = await made.store.admitAll([
        ...asked.map((id) => request(id)),
        { ...request('a'), payloadHash: 'other' },
      ]);
      expect(outcomes.map((outcome) => `${outcome.kind} ${reasonOf(outcome)}`)).toEqual([
        'first ADMITTED',
        'first ADMITTED',
        'replay ADMITTED',
        'replay ADMITTED',
        'first ADMITTED',
        'first ADMITTED',
        'first QUOTA_DAILY',
        'first QUOTA_DAILY',
        'key-reused key-reused',
      ]);
      const again = await made.store.admitAll(asked.map((id) => request(id)));
      expect(again.map(({ kind }) => kind)).toEqual(asked.map(() => 'replay'));
      expect(await made.store.admitAll([])).toEqual([]);
    });

    test('of batches at once exactly the quota is admitted', async () => {
      await made.store.open({ sessionId: sessionId(1), rules: {}, now: T0 });
      const batches = Array.from({ length: 4 }, (_, batch) =>
        made.store.admitAll(Array.from({ length: 50 }, (__, n) => request(`${batch}.${n}`))),
      );
      const outcomes = (await Promise.all(batches)).flat();
      expect(outcomes).toHaveLength(200);
      expect(outcomes.filter((outcome) => reasonOf(outcome) === 'ADMITTED')).toHaveLength(5);
    });

    test('all open sessions of a user are closed, in the order of opening, and no others', async () => {
      await made.store.open({ sessionId: sessionId(3), rules: {}, now: T0 });
      await made.store.open({ sessionId: sessionId(1), rules: {}, now: T0 + 1 });
      await made.store.open({ sessionId: sessionId(2), rules: { lifetimeMs: MINUTE }, now: T0 + 1 });
      await made.store.open({ sessionId: sessionId(4), rules: {}, now: T0 + 2 });
      await made.store.open({ sessionId: sessionId(1, 2), rules: {}, now: T0 });
      await made.store.close(sessionId(4), T0 + 3);
      const closed = await made.store.closeAll(PARTNER, userId(1), T0 + HOUR);
      expect(closed.map((session) => [session.sessionId, session.endedAt, session.endedBy])).toEqual([
        [sessionId(3), T0 + HOUR, 'logout'],
        [sessionId(1), T0 + HOUR, 'logout'],
      ]);
      expect(await made.store.get(sessionId(3))).toEqual(closed[0]);
      expect(reasonOf(await admit('a', T0 + HOUR))).toBe('SESSION_CLOSED');
      expect(await made.store.sessionsOf(PARTNER, userId(1), T0 + HOUR)).toEqual([]);
      expect(await made.store.closeAll(PARTNER, userId(1), T0 + HOUR)).toEqual([]);
      expect(await made.store.sessionsOf(PARTNER, userId(2), T0 + HOUR)).toHaveLength(1);
    });

    test('health says that it is up', async () => {
      expect(await made.store.health()).toEqual({ state: 'up', detail: expect.stringMatching(/./) as string });
    });
  });
}

function degradedContract(name: string, makeStore: MakeAdmissionStore): void {
  describe(`${name} takes in what was admitted without it`, () => {
    const made = eachTimed(makeStore);
    const admit = admitter(made);
    const degraded = (at: number): Admission => ({
      admitted: true,
      reason: 'ADMITTED',
      causes: [],
      warnings: [],
      retryAfterMs: 0,
      lifts: [],
      degraded: true,
      at,
    });
    const count = (id: string, at: number, over: { cost?: number; counted?: boolean; payloadHash?: string } = {}) =>
      made.store.count({
        sessionId: sessionId(1),
        operationId: operation(id),
        payloadHash: 'h',
        cost: 1,
        counted: true,
        at,
        admission: degraded(at),
        ...over,
      });
    const used = async (now: number) => {
      const terms = { ...ENDLESS, counted: false };
      const { quotas } = await made.store.preflight({ sessionId: sessionId(1), terms, now });
      return [quotas?.daily.used, quotas?.weekly.used];
    };

    test('once each, whatever the limits, and answers for it from then on', async () => {
      await made.store.open({ sessionId: sessionId(1), rules: {}, now: T0 });
      for (const id of ['a', 'b', 'a']) await count(id, T0 + 1, { cost: 4 });
      await count('a', T0 + 1, { cost: 4, payloadHash: 'other' });
      expect(await used(T0 + 2)).toEqual([8, 8]);
      expect(await admit('a', T0 + 2)).toEqual({ kind: 'replay', admission: degraded(T0 + 1) });
      expect(await admit('a', T0 + 2, ENDLESS, sessionId(1), 'other')).toEqual({ kind: 'key-reused' });
      expect(reasonOf(await admit('c', T0 + 2))).toBe('QUOTA_DAILY');
      expect(await used(T0 + WEEK)).toEqual([0, 8]);
      expect(await used(T0 + WEEK + 1)).toEqual([0, 0]);
    });

    test('nothing for a role that does not count', async () => {
      await made.store.open({ sessionId: sessionId(1), rules: {}, now: T0 });
      await count('a', T0 + 1, { counted: false });
      expect(await used(T0 + 2)).toEqual([0, 0]);
      expect((await admit('a', T0 + 2)).kind).toBe('replay');
    });

    test('one that comes after later ones counts at the latest moment of the user', async () => {
      await made.store.open({ sessionId: sessionId(1), rules: {}, now: T0 });
      await admit('later', T0 + 2 * DAY);
      await count('a', T0 + 1);
      expect(await used(T0 + 2 * DAY)).toEqual([2, 2]);
      expect(await used(T0 + WEEK + 1)).toEqual([0, 2]);
      await count('b', T0 + 2 * DAY - WEEK);
      expect(await used(T0 + 2 * DAY)).toEqual([2, 2]);
    });

    test('it keeps its session awake, and wakes none that had run out', async () => {
      const rules = { inactivityMs: 10 * MINUTE };
      await made.store.open({ sessionId: sessionId(1), rules, now: T0 });
      await count('a', T0 + 9 * MINUTE);
      expect((await made.store.get(sessionId(1)))?.activeAt).toBe(T0 + 9 * MINUTE);
      await count('b', T0 + 19 * MINUTE);
      expect((await made.store.get(sessionId(1)))?.activeAt).toBe(T0 + 9 * MINUTE);
    });
  });
}

function randomContract(name: string, makeStore: MakeAdmissionStore): void {
  describe(`${name} decides as the domain does`, () => {
    const made = eachTimed(makeStore);

    test('over random ladders, schedules, roles, reviews and lost effects', async () => {
      let user = 0;
      await fc.assert(
        fc.asyncProperty(aLife(40), async (life) => {
          user += 1;
          const id = sessionId(1, user);
          const moments: number[] = [];
          let standing = { ...NO_STANDING, latestAt: START };
          let session = openSession({ sessionId: id, rules: {}, now: START });
          await made.store.open({ sessionId: id, rules: {}, now: START });
          const document = new LifeDocument(life);
          let now = START;
          for (const [n, step] of life.steps.entries()) {
            now += step.gap;
            document.change(step, now);
            const terms = document.terms(step);
            const judgement = judge({ session, log: arrayLog(moments), standing, terms, now });
            const expected = admissionOf(judgement, terms);
            const asked = { sessionId: id, terms, now };
            expect(await made.store.preflight(asked)).toEqual(expected);
            const answered = await made.store.admit({ ...asked, operationId: operation(n), payloadHash: 'h' });
            expect(answered).toEqual({ kind: 'first', admission: expected });
            if (expected.admitted) {
              session = touch(session, judgement.at, terms.sessionRules);
              if (terms.counted) moments.push(...Array<number>(terms.cost).fill(judgement.at));
            }
            standing = judgement.standing;
            if (expected.effect && step.lives) document.takeIn(expected.effect);
            if (expected.endsIdle && step.lives) document.idleUntil = undefined;
          }
        }),
        { numRuns: 25 },
      );
    });
  });
}
