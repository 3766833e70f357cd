import { describe, expect, it, test } from 'vitest';
import { cause } from '../../../src/domain/errors.ts';
import { closeSession, openSession } from '../../../src/domain/session/session.ts';
import { decideAdmission } from '../../../src/domain/session/admission.ts';
import { arrayLog } from '../../../src/domain/session/array-log.ts';
import type { Admission, AdmissionTerms, RungTerms } from '../../../src/domain/session/state.ts';
import { EXCEEDED_DAYS_MAX } from '../../../src/domain/session/ladder.ts';
import { OneUser } from './one-user.ts';
import { BASIC, DAY, GUEST, HOUR, ID, MINUTE, quota, rung, T0, WEEK } from './terms-of.ts';

const times = (n: number, at = T0) => Array.from({ length: n }, () => at);
const withLadder = (rungs: readonly RungTerms[], over: Partial<AdmissionTerms> = {}): AdmissionTerms => ({
  ...BASIC,
  quota: quota({ rungs }),
  ...over,
});

/** As `QUOTA_DAILY+QUOTA_COOLDOWN cooldown 1 until 60000 retry 60000`, moments from T0 on. */
function told({ causes, enforcement, retryAfterMs, at }: Admission): string {
  const reasons = causes.length === 0 ? 'ADMITTED' : causes.map(({ reason }) => reason).join('+');
  const acts = enforcement
    ? [
        enforcement.action,
        enforcement.rung ?? '-',
        ...(enforcement.until === undefined ? [] : ['until', enforcement.until - T0]),
      ]
    : [];
  return [reasons, ...acts, ...(retryAfterMs > 0 ? ['retry', at + retryAfterMs - T0] : [])].join(' ');
}

describe('S-8: what each action does to the operations after the twentieth of a day', () => {
  const twenty = times(20);

  test.each<[string, RungTerms | undefined, readonly (readonly [number, string])[]]>([
    [
      'no ladder',
      undefined,
      [
        [1, 'ADMITTED warn -'],
        [2, 'ADMITTED warn -'],
      ],
    ],
    [
      'warn',
      rung('warn'),
      [
        [1, 'ADMITTED warn 1'],
        [2, 'ADMITTED warn 1'],
      ],
    ],
    [
      'rate_limit: from the last admitted, those before the limit included; a refusal does not push it on',
      rung('rate_limit', { everyMs: MINUTE }),
      [
        [0, `QUOTA_DAILY rate_limit 1 until ${MINUTE} retry ${MINUTE}`],
        [MINUTE - 1, `QUOTA_DAILY rate_limit 1 until ${MINUTE} retry ${MINUTE}`],
        [MINUTE, `ADMITTED rate_limit 1 until ${2 * MINUTE}`],
        [2 * MINUTE - 1, `QUOTA_DAILY rate_limit 1 until ${2 * MINUTE} retry ${2 * MINUTE}`],
        [DAY, 'ADMITTED'],
        [DAY, 'ADMITTED'],
      ],
    ],
    [
      'rate_limit that is longer than the window: the reset comes first',
      rung('rate_limit', { everyMs: 2 * DAY }),
      [
        [1, `QUOTA_DAILY rate_limit 1 until ${2 * DAY} retry ${DAY}`],
        [DAY, 'ADMITTED'],
      ],
    ],
    [
      'restrict: what it lists',
      rung('restrict', { bars: true }),
      [
        [1, `QUOTA_DAILY restrict 1 retry ${DAY}`],
        [DAY, 'ADMITTED'],
      ],
    ],
    ['restrict: what it does not list', rung('restrict'), [[1, 'ADMITTED restrict 1']]],
    [
      'cooldown: begun by the one that exceeds, again when it is over and the limit still exceeded',
      rung('cooldown', { forMs: HOUR }),
      [
        [1, `QUOTA_DAILY+QUOTA_COOLDOWN cooldown 1 until ${HOUR + 1} retry ${DAY}`],
        [HOUR, `QUOTA_DAILY+QUOTA_COOLDOWN cooldown - until ${HOUR + 1} retry ${DAY}`],
        [HOUR + 1, `QUOTA_DAILY+QUOTA_COOLDOWN cooldown 1 until ${2 * HOUR + 1} retry ${DAY}`],
        [DAY - 1, `QUOTA_DAILY+QUOTA_COOLDOWN cooldown 1 until ${DAY - 1 + HOUR} retry ${DAY - 1 + HOUR}`],
        [DAY, `QUOTA_COOLDOWN cooldown - until ${DAY - 1 + HOUR} retry ${DAY - 1 + HOUR}`],
        [DAY - 1 + HOUR, 'ADMITTED'],
      ],
    ],
    [
      'suspend_subscription, and there is none',
      rung('suspend_subscription'),
      [
        [1, `QUOTA_DAILY suspend_subscription 1 retry ${DAY}`],
        [DAY, 'ADMITTED'],
      ],
    ],
  ])('%s', (_, step, lines) => {
    const user = new OneUser(twenty);
    user.standing = { ...user.standing, latestAt: T0, lastAdmittedAt: T0 };
    const terms = withLadder(step ? [step] : []);
    expect(lines.map(([at]) => told(user.ask(terms, T0 + at)))).toEqual(lines.map(([, line]) => line));
    expect(user.ask(terms, T0 + 2 * DAY).effect).toBeUndefined();
  });

  it('rate_limit: an operation that is let in, and is not granted, puts no later one off', () => {
    const user = new OneUser(twenty);
    const terms = withLadder([rung('rate_limit', { everyMs: MINUTE })]);
    expect(told(user.ask({ ...terms, causesAfter: [cause('NO_GRANT')] }, T0 + 1))).toBe('NO_GRANT rate_limit 1');
    expect(told(user.ask(terms, T0 + 1))).toBe(`ADMITTED rate_limit 1 until ${MINUTE + 1}`);
  });

  it('review: until an admin clears it, and then what was exceeded is forgiven', () => {
    const user = new OneUser(twenty);
    const terms = withLadder([rung('review')]);
    const first = user.ask(terms, T0 + 1);
    expect(told(first)).toBe('QUOTA_DAILY+QUOTA_REVIEW review 1');
    expect(first).toMatchObject({ effect: { kind: 'review', role: 'basic', at: T0 + 1 }, lifts: [{ kind: 'review' }] });
    expect(first.resetAt).toBeUndefined();
    const open = { ...terms, reviewOpen: true, appliedAt: T0 + 1 };
    expect(told(user.ask(open, T0 + 2))).toBe('QUOTA_DAILY+QUOTA_REVIEW review -');
    expect(told(user.ask(open, T0 + 2 * DAY))).toBe('QUOTA_REVIEW review -');
    const cleared = { ...terms, forgivenAt: T0 + 3, appliedAt: T0 + 1 };
    const other = new OneUser(twenty);
    const forgiven = other.ask(cleared, T0 + 3);
    expect(told(forgiven)).toBe('ADMITTED');
    expect(forgiven.warnings.map(({ code, message }) => `${code}: ${message}`)).toEqual([
      'QUOTA_DAILY_EXCEEDED: the quota is exceeded, and a cleared review forgives it: 21 of 20 operations of the day',
    ]);
  });

  it('suspend_subscription: withholds the plan, and refuses until the limit that is left has room', () => {
    const user = new OneUser(twenty);
    const terms = withLadder([rung('suspend_subscription')], { suspendable: true });
    const first = user.ask(terms, T0 + 1);
    expect(told(first)).toBe(`QUOTA_DAILY suspend_subscription 1 retry ${DAY}`);
    expect(first.effect).toEqual({ kind: 'suspend', role: 'basic', at: T0 + 1 });
    const suspended = { ...terms, suspendable: false, appliedAt: T0 + 1 };
    expect(user.ask(suspended, T0 + 2)).toMatchObject({ admitted: false, reason: 'QUOTA_DAILY' });
    expect(user.ask(suspended, T0 + 2).effect).toBeUndefined();
  });

  it('idle: until the windows have room for one', () => {
    const user = new OneUser(twenty);
    const terms = withLadder([rung('idle')], { cost: 3 });
    const first = user.ask(terms, T0 + 1);
    expect(told(first)).toBe(`QUOTA_DAILY idle 1 until ${DAY} retry ${DAY}`);
    expect(first.effect).toEqual({ kind: 'idle', role: 'basic', at: T0 + 1, until: T0 + DAY });
    const idle = { ...withLadder([rung('idle')]), idle: { until: T0 + DAY, liftable: true }, appliedAt: T0 + 1 };
    expect(told(user.ask(idle, T0 + 2))).toBe(`USER_IDLE+QUOTA_DAILY idle - until ${DAY} retry ${DAY}`);
    expect(told(user.ask(idle, T0 + DAY))).toBe('ADMITTED');
  });

  it('idle: a cost that does not fit makes nobody idle who has room for one', () => {
    const answer = new OneUser(times(18)).ask(withLadder([rung('idle')], { cost: 3 }), T0 + 1);
    expect(answer).toMatchObject({ admitted: false, reason: 'QUOTA_DAILY', enforcement: { action: 'idle', rung: 1 } });
    expect(answer.effect).toBeUndefined();
  });
});

describe('S-8: which rung acts', () => {
  const rungs = [
    rung('warn'),
    rung('rate_limit', { overDaily: 3, overWeekly: 8, everyMs: 1 }),
    rung('restrict', { overDaily: 5, overWeekly: 12 }),
  ];

  test.each([
    ['nothing is exceeded', times(19), undefined],
    ['by one', times(20), 1],
    ['by two', times(21), 1],
    ['by three', times(22), 2],
    ['by five', times(24), 3],
    ['the week by seven, by its own measure', times(56, T0 - DAY), 1],
    ['the week by eight', times(57, T0 - DAY), 2],
    ['the day by one and the week by eight: the higher of both', [...times(37, T0 - DAY), ...times(20)], 2],
  ])('how far: %s', (_, moments, place) => {
    expect(new OneUser(moments).ask(withLadder(rungs), T0 + HOUR).enforcement?.rung).toBe(place);
  });

  it('how far: a cost counts whole', () => {
    expect(new OneUser(times(17)).ask(withLadder(rungs, { cost: 8 }), T0 + HOUR).enforcement?.rung).toBe(3);
  });

  it('the highest that is met acts, whatever lies below it', () => {
    const terms = withLadder([rung('cooldown', { forMs: DAY }), rung('warn', { overDaily: 2, overWeekly: 2 })]);
    expect(new OneUser(times(21)).ask(terms, T0 + 1).enforcement).toEqual({ action: 'warn', rung: 2 });
  });

  /** Two operations over the limit on each of these days, an hour in. */
  const exceededOn = (days: readonly number[], terms: AdmissionTerms) => {
    const user = new OneUser();
    return days.map((day) => {
      const now = T0 + day * DAY + HOUR;
      for (let n = 0; n < 20; n += 1) user.ask(terms, now);
      user.ask(terms, now);
      return user.ask(terms, now + 1).enforcement?.rung;
    });
  };

  test.each<[string, Partial<RungTerms>, readonly number[], readonly number[]]>([
    ['on the third day within a week', { times: 3, withinMs: WEEK }, [0, 1, 2, 3], [1, 1, 2, 2]],
    ['days need not follow each other', { times: 3, withinMs: WEEK }, [0, 3, 6, 9], [1, 1, 2, 2]],
    ['a day that is as old as the time is out', { times: 2, withinMs: 2 * DAY }, [0, 2, 4], [1, 1, 1]],
    ['one that is younger is in', { times: 2, withinMs: 2 * DAY + 2 }, [0, 2, 4], [1, 2, 2]],
    ['today counts, however short the time', { times: 1, withinMs: 1 }, [0, 1], [2, 2]],
  ])('how often: %s', (_, often, days, rungsMet) => {
    const large = { daily: 20, weekly: 1_000 };
    const terms = { ...BASIC, quota: quota({ ...large, rungs: [rung('warn'), rung('warn', often)] }) };
    expect(exceededOn(days, terms)).toEqual(rungsMet);
  });

  it('how often: a day counts once, by its first, and the days of the partner decide', () => {
    const berlin = { timeZone: 'Europe/Berlin' };
    const user = new OneUser(times(60));
    const terms = withLadder([rung('warn'), rung('warn', { times: 2, withinMs: DAY })], berlin);
    const moments = [1, 2, 22 * HOUR + 59 * MINUTE, 23 * HOUR].map((at) => T0 + at);
    expect(moments.map((now) => user.ask(terms, now).enforcement?.rung)).toEqual([1, 1, 1, 2]);
    expect(user.standing.exceededAt).toEqual([T0 + 1, T0 + 23 * HOUR]);
  });

  it('how often: the days that are kept are bounded', () => {
    const user = new OneUser();
    const terms = withLadder([rung('warn')], { quota: quota({ daily: 0, weekly: 0, rungs: [rung('warn')] }) });
    for (let day = 0; day < EXCEEDED_DAYS_MAX + 5; day += 1) user.ask(terms, T0 + day * DAY);
    expect(user.standing.exceededAt).toHaveLength(EXCEEDED_DAYS_MAX);
    expect(user.standing.exceededAt[0]).toBe(T0 + 5 * DAY);
  });
});

describe('S-8: the ladder acts only on what nothing before it refuses', () => {
  const cooling = withLadder([rung('cooldown', { forMs: HOUR })]);
  const session = openSession({ sessionId: ID, rules: {}, now: T0 });

  test.each<[string, Partial<AdmissionTerms>, boolean, readonly string[]]>([
    ['a stopped partner', { causesBefore: [cause('PARTNER_STOPPED')] }, false, ['PARTNER_STOPPED', 'QUOTA_DAILY']],
    ['an idle user', { idle: { until: T0 + DAY, liftable: false } }, false, ['USER_IDLE', 'QUOTA_DAILY']],
    ['a review', { reviewOpen: true }, false, ['QUOTA_DAILY', 'QUOTA_REVIEW']],
    ['a closed session', {}, true, ['SESSION_CLOSED', 'QUOTA_DAILY']],
  ])('not with %s', (_, over, closed, reasons) => {
    const standing = { latestAt: T0, exceededAt: [] };
    const terms = { ...cooling, sessionRules: {}, ...over };
    const asked = { log: arrayLog(times(20)), standing, terms, now: T0 + 1 };
    const answer = decideAdmission({ ...asked, session: closed ? closeSession(session, T0, 'logout') : session });
    expect(answer.causes.map(({ reason }) => reason)).toEqual(reasons);
    expect(answer.enforcement?.rung).toBeUndefined();
  });

  it('nothing of it is kept either', () => {
    const user = new OneUser(times(20));
    user.ask({ ...cooling, reviewOpen: true }, T0 + 1);
    expect(user.standing).toEqual({ latestAt: 0, exceededAt: [] });
    user.ask({ ...cooling, causesAfter: [cause('NO_GRANT')] }, T0 + 1);
    expect(user.standing).toEqual({ latestAt: T0 + 1, exceededAt: [T0 + 1], cooldownUntil: T0 + HOUR + 1 });
  });

  it('the standing of a basic user means nothing to a guest, nor to one without a quota', () => {
    const user = new OneUser(times(20, T0 - 8 * DAY));
    user.standing = { latestAt: T0, exceededAt: [T0], cooldownUntil: T0 + DAY };
    expect(told(user.ask({ ...GUEST, reviewOpen: true }, T0 + 1))).toBe('ADMITTED');
    const { quota: _, ...advanced } = BASIC;
    expect(told(user.ask({ ...advanced, role: 'advanced', reviewOpen: true }, T0 + 1))).toBe('ADMITTED');
    expect(told(user.ask(BASIC, T0 + 1))).toBe(`QUOTA_COOLDOWN cooldown - until ${DAY} retry ${DAY}`);
  });

  it('a guest leaves no days behind for the basic user that it becomes', () => {
    const user = new OneUser(times(5));
    user.ask(GUEST, T0 + 1);
    expect(user.standing.exceededAt).toEqual([]);
  });
});

describe('S-8: grace', () => {
  const graced = { ...BASIC, quota: quota({ grace: 2, rungs: [rung('restrict', { bars: true })] }) };

  test.each([
    [19, 'ADMITTED', ['QUOTA_DAILY_NEAR']],
    [20, 'ADMITTED', ['QUOTA_DAILY_GRACE']],
    [21, 'ADMITTED', ['QUOTA_DAILY_GRACE']],
    [22, 'QUOTA_DAILY', []],
  ])('of two: with %d of today the next is %s', (used, reason, codes) => {
    const answer = new OneUser(times(used)).ask(graced, T0 + HOUR);
    expect(answer.reason).toBe(reason);
    expect(answer.warnings.map(({ code }) => code)).toEqual(codes);
  });

  it('is of each window on its own', () => {
    const moments = [...times(31, T0 - DAY), ...times(20)];
    const answer = new OneUser(moments).ask(graced, T0 + HOUR);
    expect(answer.warnings.map(({ code }) => code)).toEqual(['QUOTA_DAILY_GRACE', 'QUOTA_WEEKLY_GRACE']);
    expect(new OneUser([T0 - DAY, ...moments]).ask(graced, T0 + HOUR).reason).toBe('QUOTA_WEEKLY');
  });

  it('an excess is counted from its end', () => {
    const rungs = [rung('warn'), rung('warn', { overDaily: 2, overWeekly: 2 })];
    const terms = { ...BASIC, quota: quota({ grace: 2, rungs }) };
    expect([22, 23].map((used) => new OneUser(times(used)).ask(terms, T0 + HOUR).enforcement?.rung)).toEqual([1, 2]);
  });
});

describe('domain §9: a cleared review forgives the windows as they stand', () => {
  const review = [rung('review')];

  test.each([
    ['the day it was cleared, to its last millisecond', times(20), T0 + HOUR, T0 + DAY - 1, 'ADMITTED'],
    ['and not a day that it was cleared before', times(20, T0 + DAY), T0 + HOUR, T0 + DAY, 'QUOTA_DAILY'],
    ['the week, while what was counted by then leaves no room', times(50, T0 - DAY), T0, T0 + 6 * DAY - 1, 'ADMITTED'],
    ['and no longer', times(50, T0 - DAY), T0, T0 + 6 * DAY, 'ADMITTED'],
    [
      'what came after it counts when it is over',
      [...times(49, T0 - DAY), T0, ...times(3, T0 + 1), ...times(47, T0 + DAY)],
      T0,
      T0 + 6 * DAY,
      'QUOTA_WEEKLY',
    ],
    [
      'a week that was not exceeded is not forgiven',
      [...times(49, T0 - DAY), T0 + DAY],
      T0,
      T0 + 2 * DAY,
      'QUOTA_WEEKLY',
    ],
  ])('%s', (_, moments, forgivenAt, now, reason) => {
    const terms = { ...BASIC, quota: quota({ daily: 20, rungs: review }), forgivenAt };
    expect(new OneUser(moments).ask(terms, now).reason).toBe(reason);
  });

  it('what is forgiven meets no rung and notes no day', () => {
    const user = new OneUser(times(25));
    user.ask({ ...BASIC, quota: quota({ rungs: review }), forgivenAt: T0 + 1 }, T0 + 2);
    expect(user.standing.exceededAt).toEqual([]);
  });

  it('S-5: a reset counts with what is forgiven until then', () => {
    // The day is full, and it ends while the week is still forgiven.
    const moments = [...times(50, T0 - 3 * DAY), ...times(20, T0)];
    const terms = { ...BASIC, quota: quota({ rungs: [rung('restrict', { bars: true })] }), forgivenAt: T0 - 3 * DAY };
    const answer = new OneUser(moments).ask(terms, T0 + HOUR);
    expect(answer).toMatchObject({ reason: 'QUOTA_DAILY', resetAt: T0 + DAY });
    expect(new OneUser(moments).ask(terms, T0 + DAY).admitted).toBe(true);
  });
});

describe('domain §9: a raised limit ends the idle of a basic user', () => {
  const idle = { until: T0 + DAY, liftable: true };
  const terms = (daily: number) => ({ ...BASIC, quota: quota({ daily, rungs: [rung('idle')] }), idle });

  it('as soon as the windows have room, and the document is told', () => {
    const user = new OneUser(times(20));
    expect(user.ask(terms(20), T0 + 1)).toMatchObject({ reason: 'USER_IDLE', lifts: [] });
    expect(user.ask(terms(21), T0 + 1)).toMatchObject({ admitted: true, endsIdle: true });
  });

  it('S-5: not that of a guest', () => {
    const guest = { ...GUEST, quota: quota({ ...GUEST.quota, daily: 30 }), idle: { until: T0 + DAY, liftable: false } };
    const answer = new OneUser(times(5)).ask(guest, T0 + 1);
    expect(answer).toMatchObject({
      reason: 'USER_IDLE',
      resetAt: T0 + DAY,
      lifts: [{ kind: 'verification', level: 'basic' }],
    });
    expect(answer.endsIdle).toBeUndefined();
  });

  it('S-4: idle ends at its moment, not after it', () => {
    const guest = (until: number) => ({ ...GUEST, idle: { until, liftable: false } });
    expect(new OneUser().ask(guest(T0 + 1), T0).reason).toBe('USER_IDLE');
    expect(new OneUser().ask(guest(T0), T0).reason).toBe('ADMITTED');
  });
});

describe('the moment of an effect is its identity', () => {
  it('later than all that the document has taken in', () => {
    const user = new OneUser(times(5));
    expect(user.ask({ ...GUEST, appliedAt: T0 + 9 }, T0 + 1).effect?.at).toBe(T0 + 10);
  });

  it('S-15: a clock that is set back goes on from the latest moment', () => {
    const user = new OneUser(times(5));
    user.ask(GUEST, T0 + HOUR);
    expect(user.ask({ ...GUEST, appliedAt: T0 + HOUR }, T0 + 1)).toMatchObject({ at: T0 + HOUR });
  });
});
