import { describe, expect, it, test } from 'vitest';
import { GUEST_LADDER } from '../../../src/domain/partner/ladder.ts';
import type { Entitlements } from '../../../src/domain/plan/state.ts';
import type { AdmissionTerms } from '../../../src/domain/session/state.ts';
import { quotaOf } from '../../../src/domain/session/terms.ts';
import { ROLES, type Role } from '../../../src/domain/values.ts';
import { policy } from '../user/world.ts';
import { OneUser } from './one-user.ts';
import { ADVANCED, BASIC, DAY, GUEST, HOUR, quota, rung, T0, WEEK } from './terms-of.ts';

/** Of a partner that refuses basic users what is over their limit. */
const strict = policy({
  quotas: {
    guest: { daily: 5, weekly: 20, ladder: GUEST_LADDER },
    basic: {
      daily: 20,
      weekly: 50,
      ladder: [
        {
          over: { operations: 1 },
          times: 1,
          withinMs: 0,
          action: { kind: 'restrict', permissions: new Set(['call_api']) },
        },
      ],
    },
  },
});

function termsOf(role: Role, quotas: Entitlements['quotas']): AdmissionTerms {
  const given = quotaOf(strict, role, quotas && { features: [], permissions: [], quotas }, 'call_api');
  const { quota: _, ...standing } = role === 'guest' ? GUEST : role === 'basic' ? BASIC : ADVANCED;
  return { ...standing, role, ...(given && { quota: given }) };
}

describe('S-2, S-3, S-7, S-10: how many operations are admitted, by role, window and what a signed plan gives', () => {
  const PLANS = {
    'no plan': undefined,
    'a plan that raises the day': { daily: 30 },
    'a plan that raises the week': { weekly: 80 },
    'a plan that raises both': { daily: 30, weekly: 80 },
    'a plan that would lower both': { daily: 1, weekly: 1 },
    'a plan with a grace': { grace: 3 },
    'a plan that raises both, with a grace': { daily: 30, weekly: 80, grace: 3 },
  } as const;
  type Plan = keyof typeof PLANS;
  const BASIC_ADMITTED: Record<Plan, readonly [daily: number, weekly: number]> = {
    'no plan': [20, 50],
    'a plan that raises the day': [30, 50],
    'a plan that raises the week': [20, 80],
    'a plan that raises both': [30, 80],
    'a plan that would lower both': [20, 50],
    'a plan with a grace': [23, 53],
    'a plan that raises both, with a grace': [33, 83],
  };
  const admitted = (role: Role, plan: Plan, window: 'day' | 'week') => {
    if (role === 'guest') return window === 'day' ? 5 : 20;
    return role === 'basic' ? BASIC_ADMITTED[plan][window === 'day' ? 0 : 1] : 'all';
  };
  const cases = ROLES.flatMap((role) =>
    (Object.keys(PLANS) as Plan[]).flatMap((plan) =>
      (['day', 'week'] as const).map((window) => [role, plan, window, admitted(role, plan, window)] as const),
    ),
  );

  test.each(cases)('%s, %s, in a %s: %s', (role, plan, window, expected) => {
    const user = new OneUser();
    const terms = termsOf(role, PLANS[plan]);
    const days = window === 'day' ? 1 : 7;
    const askedADay = 40;
    let count = 0;
    for (let day = 0; day < days; day += 1) {
      for (let n = 0; n < askedADay; n += 1) {
        // The idle of a guest ends with each day, as its document would have it by then.
        if (user.ask({ ...terms, appliedAt: T0 + DAY * day }, T0 + DAY * day).admitted) count += 1;
      }
    }
    expect(count).toBe(expected === 'all' ? days * askedADay : expected);
  });
});

describe('S-11: the days of the partner, the long and the short ones too', () => {
  test.each([
    ['Europe/Berlin', '2026-03-29', '2026-03-28T23:00:00Z', 23],
    ['Europe/Berlin', '2026-10-25', '2026-10-24T22:00:00Z', 25],
    ['America/New_York', '2026-03-08', '2026-03-08T05:00:00Z', 23],
    ['America/New_York', '2026-11-01', '2026-11-01T04:00:00Z', 25],
    ['Australia/Sydney', '2026-10-04', '2026-10-03T14:00:00Z', 23],
    ['Australia/Sydney', '2026-04-05', '2026-04-04T13:00:00Z', 25],
    ['UTC', 'a leap day, 2028-02-29', '2028-02-29T00:00:00Z', 24],
    ['Asia/Tokyo', 'a leap day, 2028-02-29', '2028-02-28T15:00:00Z', 24],
    ['UTC', 'the last of February 2026', '2026-02-28T00:00:00Z', 24],
    ['UTC', 'the last of a month', '2026-01-31T00:00:00Z', 24],
    ['America/New_York', 'the last of a year', '2026-12-31T05:00:00Z', 24],
    ['UTC', 'a Sunday', '2026-01-18T00:00:00Z', 24],
    ['UTC', 'a Monday', '2026-01-19T00:00:00Z', 24],
    ['Asia/Kathmandu', 'a day of a zone of quarters', '2026-01-14T18:15:00Z', 24],
  ])('%s, %s: begins %s and has %d hours', (timeZone, _, begins, hours) => {
    const start = Date.parse(begins);
    const end = start + hours * HOUR;
    const terms = { ...GUEST, timeZone };
    const five = Array.from({ length: 5 }, () => start);
    for (const now of [start, start + 1, end - 1]) {
      expect(new OneUser(five).ask(terms, now)).toMatchObject({
        reason: 'QUOTA_DAILY',
        resetAt: end,
        retryAfterMs: end - now,
        effect: { until: end },
      });
    }
    expect(new OneUser(five).ask(terms, end).admitted).toBe(true);
    const before = five.map(() => start - 1);
    expect(new OneUser(before).ask(terms, start - 1).admitted).toBe(false);
    expect(new OneUser(before).ask(terms, start).admitted).toBe(true);
  });

  test.each(['Europe/Berlin', 'America/New_York', 'Australia/Sydney'])(
    'S-3: 7 x 24 h in %s, over changed clocks as well',
    (timeZone) => {
      for (const at of ['2026-03-07T12:00:00Z', '2026-04-03T12:00:00Z', '2026-10-24T12:00:00Z']) {
        const first = Date.parse(at);
        const moments = [first, ...Array.from({ length: 19 }, (_, n) => first + DAY + n)];
        const terms = { ...GUEST, timeZone };
        expect(new OneUser(moments).ask(terms, first + WEEK - 1)).toMatchObject({ resetAt: first + WEEK });
        expect(new OneUser(moments).ask(terms, first + WEEK).admitted).toBe(true);
      }
    },
  );
});

describe('S-5: the reset is the first moment at which both windows have room', () => {
  const spread = (n: number, from: number, gap: number) => Array.from({ length: n }, (_, index) => from + index * gap);
  const now = T0 + 6 * DAY + HOUR;

  test.each([
    ['the day alone', spread(5, T0 + 6 * DAY, 1), 1, T0 + 7 * DAY],
    ['the week alone', spread(20, T0, 7 * HOUR), 1, T0 + WEEK],
    ['the week by the third that leaves it', spread(20, T0, 7 * HOUR), 3, T0 + WEEK + 14 * HOUR],
    ['both, the day later', [...spread(15, T0, 1), ...spread(5, T0 + 6 * DAY, 1)], 1, T0 + 7 * DAY],
    ['both, the week later', [...spread(15, T0 + DAY, 1), ...spread(5, T0 + 6 * DAY, 1)], 1, T0 + DAY + WEEK],
    ['the day, though the week has room', spread(3, T0 + 6 * DAY, 1), 3, T0 + 7 * DAY],
    ['never', [], 6, undefined],
  ])('%s', (_, moments, cost, resetAt) => {
    const terms = { ...GUEST, cost };
    const answer = new OneUser(moments).ask(terms, now);
    expect(answer.resetAt).toBe(resetAt);
    expect(answer.admitted).toBe(false);
    if (resetAt === undefined) return;
    expect(new OneUser(moments).ask(terms, resetAt - 1).admitted).toBe(false);
    expect(new OneUser(moments).ask(terms, resetAt).admitted).toBe(true);
  });
});

describe('S-14: what changes acts from the next admission on', () => {
  const twenty = Array.from({ length: 20 }, () => T0 + HOUR);
  const refusing = { ...BASIC, quota: quota({ rungs: [rung('restrict', { bars: true })] }) };

  test.each<[string, AdmissionTerms, boolean]>([
    ['nothing', refusing, false],
    ['a plan raises the limit', { ...refusing, quota: quota({ ...refusing.quota, daily: 21 }) }, true],
    ['a time zone in which it is tomorrow', { ...refusing, timeZone: 'Pacific/Kiritimati' }, true],
    ['a time zone in which it is today still', { ...refusing, timeZone: 'Asia/Kolkata' }, false],
    ['a promotion', { ...ADVANCED, counted: false }, true],
    ['a step down to guest', GUEST, false],
  ])('%s', (_, next, admitted) => {
    const user = new OneUser(twenty);
    expect(user.ask(refusing, T0 + 2 * HOUR).admitted).toBe(false);
    expect(user.ask(next, T0 + 11 * HOUR).admitted).toBe(admitted);
  });

  it('a limit that a plan no longer gives: what was used under it counts', () => {
    const user = new OneUser();
    const raised = { ...refusing, quota: quota({ ...refusing.quota, daily: 40 }) };
    for (let n = 0; n < 30; n += 1) expect(user.ask(raised, T0 + n).admitted).toBe(true);
    expect(user.ask(refusing, T0 + HOUR)).toMatchObject({
      reason: 'QUOTA_DAILY',
      quotas: { daily: { used: 30, limit: 20, remaining: 0 } },
    });
  });
});
