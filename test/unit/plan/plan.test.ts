import { describe, expect, it, test } from 'vitest';
import { decide } from '../../../src/domain/plan/decide.ts';
import { evolve } from '../../../src/domain/plan/evolve.ts';
import { mayHold } from '../../../src/domain/plan/may-hold.ts';
import type { PlanAuthoring } from '../../../src/domain/plan/events.ts';
import { latest, versionOf, type PlanDefinition, type PlanState } from '../../../src/domain/plan/state.ts';
import { ROLES } from '../../../src/domain/values.ts';
import { NOW, P, planId } from '../user/world.ts';

const pro: PlanDefinition = {
  planId: planId('pro'),
  name: 'Pro',
  availableFor: ['basic', 'advanced'],
  price: { amountMinor: 500, currency: 'EUR' },
  billingCycle: 'monthly',
  active: true,
  entitlements: {
    features: ['beta', 'charts'],
    permissions: ['export'],
    quotas: { daily: 100 },
    sessions: { persistent: true },
  },
};
const define = (over: Partial<PlanDefinition> = {}): PlanAuthoring => ({
  type: 'define',
  providerId: P,
  definition: { ...pro, ...over },
});
const create: PlanAuthoring = { type: 'create', providerId: P, definition: pro };

function after(commands: readonly PlanAuthoring[]): PlanState | undefined {
  let state: PlanState | undefined;
  for (const command of commands)
    for (const event of decide(command, state, { now: NOW }).events) state = evolve(state, event);
  return state;
}

describe('B-9: a plan and its versions', () => {
  it('begins with version 1', () => {
    for (const first of [create, define()]) {
      expect(after([first])).toEqual({
        kind: 'plan',
        planId: 'pro',
        providerId: P,
        rev: 0,
        versions: [{ ...pro, version: 1, at: NOW }],
      });
    }
  });

  test.each<[string, Partial<PlanDefinition>]>([
    ['name', { name: 'Professional' }],
    ['roles', { availableFor: ['basic'] }],
    ['amount', { price: { amountMinor: 501, currency: 'EUR' } }],
    ['currency', { price: { amountMinor: 500, currency: 'CHF' } }],
    ['cycle', { billingCycle: 'yearly' }],
    ['active', { active: false }],
    ['features', { entitlements: { ...pro.entitlements, features: ['beta'] } }],
    ['permissions', { entitlements: { ...pro.entitlements, permissions: [] } }],
    ['quotas', { entitlements: { ...pro.entitlements, quotas: { daily: 100, grace: 1 } } }],
    ['sessions', { entitlements: { ...pro.entitlements, sessions: { inactivityMs: 5 } } }],
  ])('another %s is another version; the first stays as it was', (_, over) => {
    const state = after([create, define(over)]);
    expect(state?.versions.map(({ version }) => version)).toEqual([1, 2]);
    expect(state && latest(state)).toMatchObject(over);
    expect(state && versionOf(state, 1)).toMatchObject(pro);
  });

  test.each<[string, Partial<PlanDefinition>]>([
    ['the same', {}],
    ['roles in another order', { availableFor: ['advanced', 'basic'] }],
    ['features in another order', { entitlements: { ...pro.entitlements, features: ['charts', 'beta'] } }],
  ])('%s is no change', (_, over) => {
    expect(decide(define(over), after([create]), { now: NOW + 1 })).toEqual({ events: [] });
  });

  it('going back to an earlier definition is a new version', () => {
    expect(after([create, define({ name: 'Other' }), define()])?.versions).toHaveLength(3);
  });
});

describe('B-9: taken and retired ids', () => {
  const discontinue: PlanAuthoring = { type: 'discontinue' };
  test.each([
    ['create', create, [create], 'PLAN_ID_TAKEN', ['define', 'discontinue']],
    ['create', create, [create, discontinue], 'PLAN_ID_RETIRED', ['create with another plan_id']],
    ['define', define(), [create, discontinue], 'PLAN_ID_RETIRED', ['create with another plan_id']],
  ] as const)('%s is refused', (_, command, before, code, possible) => {
    const { events, refusal } = decide(command, after(before), { now: NOW });
    expect(events).toEqual([]);
    expect(refusal).toMatchObject({ code, rule: 'B-9', possible });
  });

  it('discontinuing twice is one discontinuing', () => {
    const state = after([create, discontinue]);
    expect(state?.discontinuedAt).toBe(NOW);
    expect(decide(discontinue, state, { now: NOW + 1 })).toEqual({ events: [] });
  });

  it('what never was cannot be discontinued', () => {
    expect(() => decide(discontinue, undefined, { now: NOW })).toThrow(
      expect.objectContaining({ code: 'PLAN_NOT_FOUND' }),
    );
    expect(() => evolve(undefined, { type: 'PlanDiscontinued', at: NOW })).toThrow(RangeError);
  });
});

describe('B-3: who may hold a plan, domain section 3', () => {
  const yes = (availableFor: PlanDefinition['availableFor'], eligibility: 'hierarchy' | 'exact') =>
    ROLES.filter((role) => mayHold(role, { availableFor }, eligibility));
  test.each([
    [['basic'], 'hierarchy', ['basic', 'advanced', 'company']],
    [['advanced'], 'hierarchy', ['advanced', 'company']],
    [['company'], 'hierarchy', ['company']],
    [['basic', 'company'], 'hierarchy', ['basic', 'advanced', 'company']],
    [[], 'hierarchy', []],
    [['basic'], 'exact', ['basic']],
    [['advanced'], 'exact', ['advanced']],
    [['basic', 'company'], 'exact', ['basic', 'company']],
    [[], 'exact', []],
  ] as const)('named %j, %s: %j', (availableFor, eligibility, roles) => {
    expect(yes(availableFor, eligibility)).toEqual(roles);
  });
});
