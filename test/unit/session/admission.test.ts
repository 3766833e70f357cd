import { describe, expect, it, test } from 'vitest';
import { decideAdmission } from '../../../src/domain/session/admission.ts';
import { arrayLog } from '../../../src/domain/session/array-log.ts';
import { closeSession, openSession } from '../../../src/domain/session/session.ts';
import type { AdmissionTerms, SessionRecord } from '../../../src/domain/session/state.ts';
import { cause } from '../../../src/domain/errors.ts';
import { ADVANCED, BASIC, DAY, GUEST, HOUR, ID, MINUTE, quota, T0, WEEK } from './terms-of.ts';

const times = (n: number, at: number) => Array.from({ length: n }, () => at);

/** A session that is open, whatever the moment. */
const at = (now: number, terms: AdmissionTerms) => openSession({ sessionId: ID, rules: terms.sessionRules, now });

function ask(terms: AdmissionTerms, moments: readonly number[], now: number, session?: SessionRecord) {
  return decideAdmission({ session: session ?? at(now, terms), log: arrayLog(moments), terms, now });
}

describe('guests: S-2 and S-3', () => {
  test.each([
    ['the 1st of a day', [], 'ADMITTED'],
    ['the 5th of a day', times(4, T0), 'ADMITTED'],
    ['the 6th of a day', times(5, T0), 'QUOTA_DAILY'],
    ['the 6th, the others of yesterday', times(5, T0 - 1), 'ADMITTED'],
    ['the 20th of 7 days', [1, 2, 3].flatMap((n) => times(5, T0 - n * DAY)).concat(times(4, T0 - 4 * DAY)), 'ADMITTED'],
    ['the 21st of 7 days', [1, 2, 3, 4].flatMap((n) => times(5, T0 - n * DAY)).reverse(), 'QUOTA_WEEKLY'],
  ])('%s', (_, moments, reason) => {
    const answer = ask(
      GUEST,
      [...moments].sort((a, b) => a - b),
      T0 + HOUR,
    );
    expect(answer.reason).toBe(reason);
    expect(answer.admitted).toBe(reason === 'ADMITTED');
    expect(answer.causes.map((each) => each.reason)).toEqual(reason === 'ADMITTED' ? [] : [reason]);
  });

  it('S-3: an operation exactly 7 x 24 h old is out, one that is a millisecond younger is in', () => {
    const week = [...times(1, T0), ...times(4, T0 + 1), ...[1, 2, 3].flatMap((n) => times(5, T0 + n * DAY))];
    expect(ask(GUEST, week, T0 + WEEK - 1)).toMatchObject({
      reason: 'QUOTA_WEEKLY',
      resetAt: T0 + WEEK,
      retryAfterMs: 1,
    });
    expect(ask(GUEST, week, T0 + WEEK)).toMatchObject({ reason: 'ADMITTED', quotas: { weekly: { used: 20 } } });
  });

  it('S-11: the day turns at midnight of the zone, to the millisecond', () => {
    const berlin = { ...GUEST, timeZone: 'Europe/Berlin' };
    const midnight = Date.UTC(2026, 0, 14, 23);
    expect(ask(berlin, times(5, midnight - HOUR), midnight - 1)).toMatchObject({
      reason: 'QUOTA_DAILY',
      resetAt: midnight,
    });
    expect(ask(berlin, times(5, midnight - HOUR), midnight).reason).toBe('ADMITTED');
    expect(ask(GUEST, times(5, midnight - HOUR), midnight).reason).toBe('QUOTA_DAILY');
  });

  test.each([
    ['Europe/Berlin', '2026-10-24T22:00:00Z', 25],
    ['America/New_York', '2026-03-08T05:00:00Z', 23],
    ['Australia/Lord_Howe', '2026-10-03T13:30:00Z', 23.5],
  ])('S-11: the day of changed clocks in %s that begins at %s is one day of %d h', (timeZone, start, hours) => {
    const first = Date.parse(start);
    const end = first + hours * HOUR;
    const terms = { ...GUEST, timeZone };
    expect(ask(terms, times(5, first), end - 1)).toMatchObject({ reason: 'QUOTA_DAILY', resetAt: end });
    expect(ask(terms, times(5, first), end).admitted).toBe(true);
    expect(ask(terms, times(5, first - 1), first).admitted).toBe(true);
  });
});

describe('S-4 and S-5: what a full window does', () => {
  it('makes a guest idle until both windows have room', () => {
    expect(ask(GUEST, times(5, T0), T0 + HOUR)).toMatchObject({
      reason: 'QUOTA_DAILY',
      effect: { kind: 'idle', role: 'guest', at: T0 + HOUR, until: T0 + DAY },
      enforcement: { action: 'idle', rung: 1, until: T0 + DAY },
      lifts: [{ kind: 'verification', level: 'basic' }],
      resetAt: T0 + DAY,
      retryAfterMs: 23 * HOUR,
      quotas: { daily: { limit: 5, used: 5, remaining: 0, resetsAt: T0 + DAY } },
    });
  });

  it('both full: the code is that of the later reset, and both are among the causes', () => {
    const week = [-6, -5, -4].flatMap((n) => times(5, T0 + n * DAY));
    const full = [...week, ...times(5, T0)];
    const late = ask(GUEST, full, T0 + HOUR);
    expect(late.reason).toBe('QUOTA_DAILY');
    expect(late.causes.map((each) => each.reason)).toEqual(['QUOTA_DAILY', 'QUOTA_WEEKLY']);
    expect(late.resetAt).toBe(T0 + DAY);

    const weekLater = [...times(15, T0 - DAY), ...times(5, T0)];
    const answer = ask(GUEST, weekLater, T0 + HOUR);
    expect(answer.reason).toBe('QUOTA_WEEKLY');
    expect(answer.causes.map((each) => each.reason)).toEqual(['QUOTA_WEEKLY', 'QUOTA_DAILY']);
    expect(answer).toMatchObject({ resetAt: T0 + 6 * DAY, effect: { until: T0 + 6 * DAY } });
  });

  it('both full with the same reset: the day is named', () => {
    const sameMoment = [...times(15, T0 - 6 * DAY), ...times(5, T0)];
    const answer = ask(GUEST, sameMoment, T0 + HOUR);
    expect(answer.reason).toBe('QUOTA_DAILY');
    expect(answer.resetAt).toBe(T0 + DAY);
  });

  it('refuses and makes idle though the operation would not have been granted', () => {
    const answer = ask({ ...GUEST, causesAfter: [cause('NO_GRANT')] }, times(5, T0), T0 + HOUR);
    expect(answer.causes.map((each) => each.reason)).toEqual(['QUOTA_DAILY', 'NO_GRANT']);
    expect(answer.effect).toMatchObject({ until: T0 + DAY });
  });

  const ended = closeSession(at(T0, GUEST), T0 + 1, 'logout');
  test.each([
    ['its session is closed', GUEST, ended, ['SESSION_CLOSED', 'QUOTA_DAILY']],
    ['its session has run out', GUEST, at(T0, GUEST), ['SESSION_EXPIRED', 'QUOTA_DAILY']],
    [
      'it is idle already',
      { ...GUEST, idle: { until: T0 + DAY, liftable: false } },
      undefined,
      ['USER_IDLE', 'QUOTA_DAILY'],
    ],
    [
      'the user is inactive, the partner stopped',
      { ...GUEST, causesBefore: [cause('USER_INACTIVE'), cause('PARTNER_STOPPED')] },
      undefined,
      ['PARTNER_STOPPED', 'USER_INACTIVE', 'QUOTA_DAILY'],
    ],
  ])('makes nobody idle when %s', (_, terms, session, reasons) => {
    const answer = ask(terms, times(5, T0), T0 + HOUR, session);
    expect(answer.causes.map((each) => each.reason)).toEqual(reasons);
    expect(answer.reason).toBe(reasons[0]);
    expect(answer.effect).toBeUndefined();
    expect(answer.resetAt).toBe(T0 + DAY);
  });

  test.each([
    ['its permission is not granted', { ...GUEST, causesAfter: [cause('NO_GRANT')] }, undefined],
    ['the partner is stopped', { ...GUEST, causesBefore: [cause('PARTNER_STOPPED')] }, undefined],
    ['its session is closed', GUEST, ended],
  ])('names the reset, and no moment to come back at, when %s', (_, terms, session) => {
    expect(ask(terms, times(5, T0), T0 + HOUR, session)).toMatchObject({ resetAt: T0 + DAY, retryAfterMs: 0 });
  });

  it('an operation refused for something else makes nobody idle', () => {
    const answer = ask({ ...GUEST, causesAfter: [cause('NO_GRANT')] }, times(4, T0), T0 + HOUR);
    expect(answer).toMatchObject({ admitted: false, reason: 'NO_GRANT', retryAfterMs: 0, warnings: [] });
    expect(answer.effect).toBeUndefined();
    expect(answer.quotas?.daily.used).toBe(4);
  });
});

describe('a cost is admitted whole or not at all', () => {
  test.each([
    [2, 3, 'ADMITTED', undefined, undefined],
    [3, 3, 'QUOTA_DAILY', T0 + DAY, T0 + DAY],
    // Never: more than a day holds. One operation would fit, so nobody is idle.
    [0, 6, 'QUOTA_DAILY', undefined, undefined],
    [5, 6, 'QUOTA_DAILY', undefined, T0 + DAY],
    [0, 21, 'QUOTA_DAILY', undefined, undefined],
  ])('%d used, a cost of %d: %s', (used, cost, reason, resetAt, idle) => {
    const answer = ask({ ...GUEST, cost }, times(used, T0), T0 + HOUR);
    expect(answer.reason).toBe(reason);
    expect(answer.resetAt).toBe(resetAt);
    expect(answer.effect).toEqual(idle && expect.objectContaining({ kind: 'idle', until: idle }));
    expect(answer.quotas?.daily.used).toBe(reason === 'ADMITTED' ? used + cost : used);
  });

  it('waits for as many operations to leave the week as the cost needs', () => {
    const spread = Array.from({ length: 18 }, (_, n) => T0 + n * HOUR);
    const terms = { ...GUEST, quota: { ...quota(GUEST.quota), daily: 20, weekly: 20 }, cost: 5 };
    const answer = ask(terms, spread, T0 + 2 * DAY);
    expect(answer).toMatchObject({ reason: 'QUOTA_WEEKLY', resetAt: T0 + 2 * HOUR + WEEK });
    expect(ask(terms, spread, T0 + 2 * HOUR + WEEK).admitted).toBe(true);
    expect(ask(terms, spread, T0 + 2 * HOUR + WEEK - 1).admitted).toBe(false);
  });
});

describe('basic users: S-7, S-8 default, S-9', () => {
  test.each([
    [14, []],
    [15, ['QUOTA_DAILY_NEAR']],
    [19, ['QUOTA_DAILY_NEAR']],
    [20, ['QUOTA_DAILY_EXCEEDED']],
    [38, ['QUOTA_DAILY_EXCEEDED']],
    [39, ['QUOTA_DAILY_EXCEEDED', 'QUOTA_WEEKLY_NEAR']],
    [50, ['QUOTA_DAILY_EXCEEDED', 'QUOTA_WEEKLY_EXCEEDED']],
  ])('with %d of today the next is admitted with %j', (used, codes) => {
    const answer = ask(BASIC, times(used, T0), T0 + HOUR);
    expect(answer).toMatchObject({ admitted: true, reason: 'ADMITTED', causes: [], retryAfterMs: 0 });
    expect(answer.warnings.map(({ code }) => code)).toEqual(codes);
    expect(answer.quotas?.daily).toMatchObject({ used: used + 1, remaining: Math.max(0, 19 - used) });
    expect(answer.effect).toBeUndefined();
  });

  test.each([
    [3, []],
    [4, ['QUOTA_DAILY_NEAR']],
  ])('S-9: a guest is warned from the 4th of 5 on: the %dth', (nth, codes) => {
    expect(ask(GUEST, times(nth - 1, T0), T0 + HOUR).warnings.map(({ code }) => code)).toEqual(codes);
  });

  it('a grace lets as many pass before the limit counts as exceeded', () => {
    const graced = { ...BASIC, quota: quota({ grace: 2 }) };
    const codes = [20, 21, 22].map((used) => ask(graced, times(used, T0), T0 + HOUR).warnings[0]?.code);
    expect(codes).toEqual(['QUOTA_DAILY_GRACE', 'QUOTA_DAILY_GRACE', 'QUOTA_DAILY_EXCEEDED']);
  });

  it('one cost that reaches the share is warned of', () => {
    const warned = ask({ ...BASIC, cost: 16 }, [], T0).warnings;
    expect(warned).toEqual([
      { code: 'QUOTA_DAILY_NEAR', rule: 'S-9', message: 'the quota is nearly used up: 16 of 20 operations of the day' },
    ]);
  });
});

describe('S-10: roles without quota', () => {
  it('have no windows, no warnings and no end', () => {
    const answer = ask(ADVANCED, times(1000, T0), T0 + HOUR);
    expect(answer).toEqual({
      admitted: true,
      reason: 'ADMITTED',
      causes: [],
      warnings: [],
      retryAfterMs: 0,
      lifts: [],
      at: T0 + HOUR,
    });
  });

  it('have an end where their partner sets an inactivity timeout', () => {
    const terms = { ...ADVANCED, sessionRules: { inactivityMs: MINUTE } };
    expect(ask(terms, [], T0).sessionExpiresAt).toBe(T0 + MINUTE);
  });
});

describe('sessions at admission', () => {
  test.each([
    ['a guest at 20 min less 1 ms', GUEST, 20 * MINUTE - 1, 'ADMITTED', ''],
    ['a guest at 20 min', GUEST, 20 * MINUTE, 'SESSION_EXPIRED', 'S-1'],
    ['a basic user at 30 min less 1 ms', BASIC, 30 * MINUTE - 1, 'ADMITTED', ''],
    ['a basic user at 30 min', BASIC, 30 * MINUTE, 'SESSION_EXPIRED', 'S-6'],
  ] as const)('%s: %s', (_, terms, age, reason, rule) => {
    const answer = ask(terms, [], T0 + age, at(T0, terms));
    expect(answer.reason).toBe(reason);
    expect(answer.causes[0]?.rule ?? '').toBe(rule);
  });

  test.each([
    ['logout', 'S-6'],
    ['replaced', 'S-16'],
  ] as const)('one ended by %s is closed (%s)', (by, rule) => {
    const closed = closeSession(at(T0, BASIC), T0, by);
    expect(ask(BASIC, [], T0, closed).causes).toMatchObject([{ reason: 'SESSION_CLOSED', rule }]);
  });

  it('one that is unknown is not found', () => {
    const answer = decideAdmission({ session: undefined, log: arrayLog([]), terms: BASIC, now: T0 });
    expect(answer).toMatchObject({ admitted: false, reason: 'SESSION_NOT_FOUND' });
    expect(answer.sessionExpiresAt).toBeUndefined();
  });

  it('an admission renews the inactivity end, a refusal does not', () => {
    const session = at(T0, BASIC);
    const now = T0 + 10 * MINUTE;
    expect(ask(BASIC, [], now, session).sessionExpiresAt).toBe(now + 30 * MINUTE);
    const refused = ask({ ...BASIC, causesAfter: [cause('NO_GRANT')] }, [], now, session);
    expect(refused.sessionExpiresAt).toBe(T0 + 30 * MINUTE);
  });

  it('S-14: a promoted guest keeps its session, from now on without the lifetime of guests', () => {
    const guestSession = at(T0, GUEST);
    expect(ask(BASIC, [], T0 + 19 * MINUTE, guestSession).sessionExpiresAt).toBe(T0 + 49 * MINUTE);
    expect(ask(BASIC, [], T0 + 20 * MINUTE, guestSession).reason).toBe('SESSION_EXPIRED');
  });

  it('S-14: a user that became a guest has 20 minutes from the opening', () => {
    expect(ask(GUEST, [], T0 + 20 * MINUTE, at(T0, BASIC)).causes[0]).toMatchObject({
      reason: 'SESSION_EXPIRED',
      rule: 'S-1',
    });
  });
});

describe('R-5: the first cause is the reason, all are listed', () => {
  it('in the order of precedence, whatever order they came in', () => {
    const terms = {
      ...GUEST,
      causesBefore: [cause('USER_INACTIVE'), cause('PARTNER_STOPPED')],
      idle: { until: T0 + DAY, liftable: false },
      causesAfter: [cause('PLAN_REQUIRED'), cause('NO_GRANT')],
    };
    const answer = ask(terms, times(5, T0), T0 + HOUR, at(T0, GUEST));
    expect(answer.reason).toBe('PARTNER_STOPPED');
    expect(answer.causes.map((each) => each.reason)).toEqual([
      'PARTNER_STOPPED',
      'USER_INACTIVE',
      'USER_IDLE',
      'SESSION_EXPIRED',
      'QUOTA_DAILY',
      'NO_GRANT',
      'PLAN_REQUIRED',
    ]);
  });
});

it('S-13: an operation that is not counted leaves the windows as they are', () => {
  const answer = ask({ ...GUEST, counted: false }, times(2, T0), T0 + HOUR);
  expect(answer.quotas?.daily).toMatchObject({ used: 2, remaining: 3 });
});

it('windows tell when they next gain room', () => {
  expect(ask({ ...GUEST, counted: false }, [], T0 + HOUR).quotas).toMatchObject({
    daily: { used: 0, resetsAt: T0 + DAY },
    weekly: { used: 0, resetsAt: T0 + HOUR },
  });
  expect(ask(GUEST, [], T0 + HOUR).quotas?.weekly).toMatchObject({ used: 1, resetsAt: T0 + HOUR + WEEK });
  expect(ask(GUEST, [T0 - DAY], T0 + HOUR).quotas?.weekly).toMatchObject({ used: 2, resetsAt: T0 - DAY + WEEK });
});

it('the replica whose clock is behind opens no room: later operations count', () => {
  expect(ask(GUEST, times(5, T0 + HOUR), T0).reason).toBe('QUOTA_DAILY');
});

it('a log that has lost an operation of the window is an error, never an admission', () => {
  const log = { total: 20, totalThrough: () => 0, momentOf: () => undefined };
  expect(() => decideAdmission({ session: at(T0, GUEST), log, terms: GUEST, now: T0 })).toThrow(RangeError);
});
