import { describe, expect, test } from 'vitest';
import { quotaOf, sessionRulesOf } from '../../../src/domain/session/terms.ts';
import type { Entitlements } from '../../../src/domain/plan/state.ts';
import { MINUTE, policy } from '../user/world.ts';

const gives = (over: Partial<Entitlements>): Entitlements => ({ features: [], permissions: [], ...over });

describe('domain section 3 and S-7: quotas by role, raised by a plan, never lowered', () => {
  test.each([
    ['guest', undefined, { daily: 5, weekly: 20, onExceed: 'idle', grace: 0 }],
    [
      'guest',
      gives({ quotas: { daily: 99, weekly: 99, grace: 9 } }),
      { daily: 5, weekly: 20, onExceed: 'idle', grace: 0 },
    ],
    ['basic', undefined, { daily: 20, weekly: 50, onExceed: 'warn', grace: 0 }],
    ['basic', gives({}), { daily: 20, weekly: 50, onExceed: 'warn', grace: 0 }],
    ['basic', gives({ quotas: { daily: 100 } }), { daily: 100, weekly: 50, onExceed: 'warn', grace: 0 }],
    [
      'basic',
      gives({ quotas: { daily: 1, weekly: 500, grace: 3 } }),
      { daily: 20, weekly: 500, onExceed: 'warn', grace: 3 },
    ],
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
