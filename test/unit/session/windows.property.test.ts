import { expect, it, describe } from 'vitest';
import fc from 'fast-check';
import { cause } from '../../../src/domain/errors.ts';
import { decideAdmission } from '../../../src/domain/session/admission.ts';
import { arrayLog } from '../../../src/domain/session/array-log.ts';
import { openSession } from '../../../src/domain/session/session.ts';
import type { Admission, AdmissionTerms, OperationLog } from '../../../src/domain/session/state.ts';
import { naiveDay } from './naive-days.ts';
import { START, ZONES } from './random-life.ts';
import { DAY, GUEST, HOUR, ID, MINUTE, quota as quotaTerms, rung, WEEK } from './terms-of.ts';

/** A full window refuses, and does nothing else. */
const refusing = quotaTerms({ rungs: [rung('restrict', { bars: true })] });

/** The rules read aloud: every operation is looked at, every time. */
function naive(log: readonly number[], terms: AdmissionTerms, now: number): { daily: boolean; weekly: boolean } {
  const { daily, weekly } = terms.quota ?? { daily: 0, weekly: 0 };
  const today = naiveDay(now, terms.timeZone).date;
  return {
    daily: log.filter((at) => naiveDay(at, terms.timeZone).date === today).length + terms.cost <= daily,
    weekly: log.filter((at) => at > now - WEEK).length + terms.cost <= weekly,
  };
}

type Decide = (
  log: OperationLog,
  terms: AdmissionTerms,
  now: number,
) => Pick<Admission, 'admitted' | 'causes'> & { readonly resetAt?: number | undefined };

const exact: Decide = (log, terms, now) =>
  decideAdmission({ session: openSession({ sessionId: ID, rules: {}, now }), log, terms, now });

/** Operations from a moment on. */
const since = (log: OperationLog, from: number) => log.total - log.totalThrough(from - 1);
const bucketOf = (now: number) => Math.floor(now / WEEK) * WEEK;

/** Decides by an estimate of what the week holds; the day stays exact. */
function estimating(usedInWeek: (log: OperationLog, now: number) => number): Decide {
  return (log, terms, now) => {
    const { causes } = exact(log, terms, now);
    const day = causes.filter(({ reason }) => reason === 'QUOTA_DAILY');
    const isFull = usedInWeek(log, now) + terms.cost > (terms.quota?.weekly ?? 0);
    const told = isFull ? [...day, cause('QUOTA_WEEKLY')] : day;
    return { admitted: told.length === 0, causes: told };
  };
}

/** What does not meet S-3, as limiters have it: each of them admits other operations than the rules do. */
const MUTANTS: readonly [string, Decide][] = [
  ['a week that begins anew each seven days', estimating((log, now) => since(log, bucketOf(now)))],
  [
    'a week that is weighed from the counts of two fixed ones',
    estimating((log, now) => {
      const present = since(log, bucketOf(now));
      const before = since(log, bucketOf(now) - WEEK) - present;
      return Math.floor(before * (1 - (now - bucketOf(now)) / WEEK)) + present;
    }),
  ],
  ['a week that holds its oldest operation a millisecond too long', estimating((log, now) => since(log, now - WEEK))],
];

const step = fc.record({
  gap: fc.oneof(
    fc.constantFrom(0, 1, HOUR, DAY - 1, DAY, WEEK - 1, WEEK),
    fc.integer({ min: 0, max: 2 * HOUR }),
    fc.integer({ min: 0, max: 2 * DAY }),
  ),
  cost: fc.constantFrom(1, 1, 1, 2, 3),
});
const schedule = (stepsMax: number) =>
  fc.record({
    steps: fc.array(step, { minLength: 1, maxLength: stepsMax, size: 'max' }),
    timeZone: fc.constantFrom(...ZONES),
    quota: fc.constantFrom({ daily: 5, weekly: 20 }, { daily: 3, weekly: 4 }, { daily: 2, weekly: 3 }),
  });

/** Arrivals end here: the days of more weeks are no other days. */
const SPAN = 25 * DAY;

/** Throws at the first operation where the decision differs from the naive one. */
function compare(decide: Decide, stepsMax: number) {
  return fc.property(schedule(stepsMax), ({ steps, timeZone, quota }) => {
    const log: number[] = [];
    const view = arrayLog(log);
    let now = START;
    for (const { gap, cost } of steps) {
      now = Math.min(now + gap, START + SPAN);
      const terms: AdmissionTerms = { ...GUEST, timeZone, cost, quota: { ...refusing, ...quota } };
      const room = naive(log, terms, now);
      const answer = decide(view, terms, now);
      const full = answer.causes.map(({ reason }) => reason);
      // An assertion costs more than a decision; one that would pass is left out.
      if (answer.admitted !== (room.daily && room.weekly)) expect({ now, ...answer }).toEqual(room);
      if (full.includes('QUOTA_DAILY') === room.daily) expect({ now, full }).toEqual(room);
      if (full.includes('QUOTA_WEEKLY') === room.weekly) expect({ now, full }).toEqual(room);
      if (answer.resetAt !== undefined) expectExactReset(log, terms, now, answer.resetAt);
      if (answer.admitted) for (let n = 0; n < cost; n += 1) log.push(now);
    }
  });
}

/** S-5: room in both windows at the reset, and at no moment before it. */
function expectExactReset(log: readonly number[], terms: AdmissionTerms, now: number, resetAt: number): void {
  const both = (at: number) => {
    const room = naive(log, terms, at);
    return room.daily && room.weekly;
  };
  const earlier = [now, now + MINUTE, Math.floor((now + resetAt) / 2), resetAt - 1].filter((at) => at < resetAt);
  if (!both(resetAt) || earlier.some(both)) expect({ now, resetAt, log }).toBe('the first moment with room in both');
}

/** With those of ladder.property.test.ts: 10,000. */
const SCHEDULES = 8_500;
/** Much longer than it takes; other work may share the machine. */
const TIMEOUT_MS = 60_000;

describe('admission against a naive log, over random schedules', () => {
  it('S-2, S-3, S-5, S-11: the same operations are admitted, and resets are exact', { timeout: TIMEOUT_MS }, () => {
    fc.assert(compare(exact, 12), { numRuns: SCHEDULES - 20 });
    fc.assert(compare(exact, 60), { numRuns: 20 });
  });

  it.each(MUTANTS)('the comparison finds out %s', { timeout: TIMEOUT_MS }, (_, mutant) => {
    expect(fc.check(compare(mutant, 12), { numRuns: SCHEDULES, endOnFailure: true }).failed).toBe(true);
  });
});

describe('a log over an array', () => {
  it('counts as its entries are, those that are no longer kept included', () => {
    const moments = fc
      .array(fc.integer({ min: 0, max: 50 }), { maxLength: 30 })
      .map((each) => each.sort((a, b) => a - b));
    fc.assert(
      fc.property(moments, fc.nat(9), fc.integer({ min: -1, max: 51 }), (kept, forgotten, at) => {
        const log = arrayLog(kept, forgotten);
        expect(log.total).toBe(forgotten + kept.length);
        expect(log.totalThrough(at)).toBe(forgotten + kept.filter((each) => each <= at).length);
        expect(kept.map((_, index) => log.momentOf(forgotten + index + 1))).toEqual(kept);
        expect(log.momentOf(log.total + 1)).toBeUndefined();
        expect(log.momentOf(forgotten)).toBeUndefined();
      }),
    );
  });
});
