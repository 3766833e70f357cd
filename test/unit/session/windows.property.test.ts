import { expect, it, describe } from 'vitest';
import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { decideAdmission } from '../../../src/domain/session/admission.ts';
import { arrayLog } from '../../../src/domain/session/array-log.ts';
import { openSession } from '../../../src/domain/session/session.ts';
import type { Admission, AdmissionTerms, OperationLog } from '../../../src/domain/session/state.ts';
import { DAY, GUEST, HOUR, ID, MINUTE } from './terms-of.ts';

const WEEK = 7 * DAY;

/** The rules read aloud: every operation is looked at, every time. */
function naive(log: readonly number[], terms: AdmissionTerms, now: number): { daily: boolean; weekly: boolean } {
  const { daily, weekly } = terms.quota ?? { daily: 0, weekly: 0 };
  const today = dayOf(now, terms.timeZone);
  return {
    daily: log.filter((at) => dayOf(at, terms.timeZone) === today).length + terms.cost <= daily,
    weekly: log.filter((at) => at > now - WEEK).length + terms.cost <= weekly,
  };
}

const dates = new Map<string, string>();

/** The date in the zone; remembered, for it is asked again and again. */
function dayOf(at: number, timeZone: string): string {
  const key = `${at} ${timeZone}`;
  const known = dates.get(key);
  if (known !== undefined) return known;
  const date = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone).toPlainDate().toString();
  dates.set(key, date);
  return date;
}

type Decide = (log: OperationLog, terms: AdmissionTerms, now: number) => Admission;

const exact: Decide = (log, terms, now) =>
  decideAdmission({ session: openSession({ sessionId: ID, rules: {}, now }), log, terms, now });

/** The mutant: a week that begins anew each seven days, as a counter with an expiry would have it. */
const fixedWindow: Decide = (log, terms, now) => {
  const begin = Math.floor(now / WEEK) * WEEK;
  const used = log.total - log.totalThrough(begin - 1);
  const moments = Array.from({ length: used }, (_, n) =>
    Math.max(begin, log.momentOf(log.total - used + n + 1) ?? begin),
  );
  return exact(arrayLog(moments), terms, now);
};

const START = Date.UTC(2026, 2, 26);
const step = fc.record({
  gap: fc.oneof(
    fc.constantFrom(0, 1, HOUR, DAY - 1, DAY, WEEK - 1, WEEK),
    fc.integer({ min: 0, max: 2 * HOUR }),
    fc.integer({ min: 0, max: 2 * DAY }),
  ),
  cost: fc.constantFrom(1, 1, 1, 2, 3),
});
const schedule = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 60, size: 'max' }),
  timeZone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe'),
  quota: fc.constantFrom({ daily: 5, weekly: 20 }, { daily: 3, weekly: 4 }, { daily: 8, weekly: 8 }),
});

/** Throws at the first step where the decision differs from the naive one. */
function compare(decide: Decide) {
  return fc.property(schedule, ({ steps, timeZone, quota }) => {
    const log: number[] = [];
    let now = START;
    for (const { gap, cost } of steps) {
      now += gap;
      const terms: AdmissionTerms = { ...GUEST, timeZone, cost, quota: { ...quota, onExceed: 'idle', grace: 0 } };
      const room = naive(log, terms, now);
      const answer = decide(arrayLog(log), terms, now);
      expect(answer.admitted).toBe(room.daily && room.weekly);
      const full = answer.causes.map(({ reason }) => reason);
      expect(full.includes('QUOTA_DAILY')).toBe(!room.daily);
      expect(full.includes('QUOTA_WEEKLY')).toBe(!room.weekly);
      if (answer.resetAt !== undefined) expectExactReset(log, terms, now, answer.resetAt);
      if (answer.admitted) log.push(...Array.from({ length: cost }, () => now));
    }
  });
}

/** S-5: room in both windows at the reset, and at no moment before it. */
function expectExactReset(log: readonly number[], terms: AdmissionTerms, now: number, resetAt: number): void {
  const both = (at: number) => {
    const room = naive(log, terms, at);
    return room.daily && room.weekly;
  };
  expect(both(resetAt)).toBe(true);
  expect(both(resetAt - 1)).toBe(false);
  for (const at of [now, now + MINUTE, (now + resetAt) / 2].filter((moment) => moment < resetAt)) {
    expect(both(Math.floor(at))).toBe(false);
  }
}

describe('admission against a naive log, over random schedules', () => {
  it('S-2, S-3, S-5, S-11: the same operations are admitted, and resets are exact', () => {
    fc.assert(compare(exact), { numRuns: 40 });
  });

  it('the comparison finds out a week that is a fixed window', () => {
    const outcome = fc.check(compare(fixedWindow), { numRuns: 1000, endOnFailure: true });
    expect(outcome.failed).toBe(true);
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
