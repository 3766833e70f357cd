import { describe, expect, test } from 'vitest';
import { quotaOf, sessionRulesOf } from '../../../src/domain/session/terms.ts';
import type { Rung } from '../../../src/domain/partner/policy.ts';
import type { Entitlements } from '../../../src/domain/plan/state.ts';
import { MINUTE, policy } from '../user/world.ts';
import { GUEST, quota } from './terms-of.ts';

const GUESTS = GUEST.quota;

const gives = (over: Partial<Entitlements>): Entitlements => ({ features: [], permissions: [], ...over });

describe('domain section 3 and S-7: quotas by role, raised by a plan, never lowered', () => {
  test.each([
    ['guest', undefined, GUESTS],
    ['guest', gives({ quotas: { daily: 99, weekly: 99, grace: 9 } }), GUESTS],
    ['basic', undefined, quota()],
    ['basic', gives({}), quota()],
    ['basic', gives({ quotas: { daily: 100 } }), quota({ daily: 100 })],
    ['basic', gives({ quotas: { daily: 1, weekly: 500, grace: 3 } }), quota({ weekly: 500, grace: 3 })],
    ['advanced', gives({ quotas: { daily: 100 } }), undefined],
    ['company', undefined, undefined],
    ['admin', undefined, undefined],
  ] as const)('%s with %j: %j', (role, entitlements, quota) => {
    expect(quotaOf(policy(), role, entitlements)).toEqual(quota);
  });
});

describe('S-6: sessions by role, made longer by a plan, never shorter', () => {
  test.each([
    ['guest', gives({ sessions: { persistent: true } }), { lifetimeMs: 20 * MINUTE, openMax: 1 }],
    ['basic', undefined, { inactivityMs: 30 * MINUTE, openMax: 5 }],
    ['basic', gives({}), { inactivityMs: 30 * MINUTE, openMax: 5 }],
    ['basic', gives({ sessions: { inactivityMs: 60 * MINUTE } }), { inactivityMs: 60 * MINUTE, openMax: 5 }],
    ['basic', gives({ sessions: { inactivityMs: MINUTE } }), { inactivityMs: 30 * MINUTE, openMax: 5 }],
    ['basic', gives({ sessions: { persistent: false } }), { inactivityMs: 30 * MINUTE, openMax: 5 }],
    ['basic', gives({ sessions: { persistent: true } }), { openMax: 5 }],
    ['advanced', gives({ sessions: { inactivityMs: MINUTE } }), {}],
    ['company', undefined, {}],
    ['admin', undefined, {}],
  ] as const)('%s with %j: %j', (role, entitlements, rules) => {
    expect(sessionRulesOf(policy(), role, entitlements)).toEqual(rules);
  });
});

describe('S-8: a ladder as it stands for one user and question', () => {
  const ladder = (...rungs: readonly Rung[]) => policy({ quotas: { basic: { daily: 20, weekly: 50, ladder: rungs } } });
  const day = { times: 1, withinMs: 0 };
  const restricting: Rung = {
    ...day,
    over: { operations: 1 },
    action: { kind: 'restrict', permissions: new Set(['call_api']) },
  };

  test.each([
    [{ operations: 7 }, undefined, 7, 7],
    [{ percent: 25 }, undefined, 5, 13],
    [{ percent: 1 }, undefined, 1, 1],
    [{ percent: 100 }, undefined, 20, 50],
    [{ percent: 999_999 }, undefined, 200_000, 500_000],
    [{ percent: 33 }, gives({ quotas: { daily: 100 } }), 33, 17],
    [{ percent: 29 }, gives({ quotas: { daily: 100, grace: 10 } }), 29, 15],
  ] as const)('%j of the limits with %j: from %d and %d on', (over, entitlements, overDaily, overWeekly) => {
    const rung: Rung = { ...day, over, action: { kind: 'review' } };
    expect(quotaOf(ladder(rung), 'basic', entitlements)?.rungs).toEqual([
      { ...day, overDaily, overWeekly, action: 'review', bars: false },
    ]);
  });

  test.each([
    ['call_api', true],
    ['login', false],
    [undefined, false],
  ])('restrict bars of %s: %s', (permission, bars) => {
    expect(quotaOf(ladder(restricting), 'basic', undefined, permission)?.rungs[0]?.bars).toBe(bars);
  });

  test('parameters go along, in the order of the ladder', () => {
    const rungs = ladder(
      { ...day, over: { operations: 1 }, action: { kind: 'rate_limit', everyMs: 5 } },
      { over: { operations: 2 }, times: 3, withinMs: 9, action: { kind: 'cooldown', forMs: 6 } },
    );
    expect(quotaOf(rungs, 'basic', undefined)?.rungs).toEqual([
      { ...day, overDaily: 1, overWeekly: 1, action: 'rate_limit', everyMs: 5, bars: false },
      { overDaily: 2, overWeekly: 2, times: 3, withinMs: 9, action: 'cooldown', forMs: 6, bars: false },
    ]);
  });
});
