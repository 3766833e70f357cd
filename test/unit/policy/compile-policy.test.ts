import { describe, expect, test } from 'vitest';
import { GUEST_LADDER } from '../../../src/domain/partner/ladder.ts';
import { compileText } from './fixtures.ts';
import type { Policy } from '../../../src/domain/partner/policy.ts';
import { ROLES } from '../../../src/domain/values.ts';

function compiled(rest = ''): Policy {
  const { policy, problems } = compileText(`provider_id: ABCD\nname: Sample\n${rest}`);
  expect(problems).toEqual([]);
  if (!policy) throw new Error('the policy did not compile');
  return policy;
}

const minutes = (count: number) => count * 60_000;
const days = (count: number) => count * 86_400_000;

describe('a policy that says nothing is the platform', () => {
  const policy = compiled();

  test.each([
    ['login', 'general', ['guest', 'basic', 'advanced', 'company', 'admin']],
    ['reset_password', 'general', ['guest', 'basic', 'advanced', 'company', 'admin']],
    ['view_dashboard', 'general', ['guest', 'basic', 'advanced', 'company', 'admin']],
    ['execute_transactions', 'operational', ['guest', 'basic', 'advanced', 'company']],
    ['call_api', 'operational', ['guest', 'basic', 'advanced', 'company', 'admin']],
    ['system_action', 'operational', ['company', 'admin']],
    ['manage_users', 'administrative', ['admin']],
    ['manage_config', 'administrative', ['admin']],
    ['manage_plans', 'administrative', ['admin']],
    ['view_reports', 'administrative', ['company', 'admin']],
  ])('R-1, R-2: %s is %s and of %j', (name, group, roles) => {
    const permission = policy.permissions.get(name);
    expect(permission).toEqual({ name, group, roles: new Set(roles), withheldWhileSigning: false });
  });

  test('R-1: there is no other permission', () => {
    expect(policy.permissions.size).toBe(10);
  });

  test('S-1, S-6, S-10, S-16: sessions by role', () => {
    expect(policy.sessions).toEqual({
      guest: { lifetimeMs: minutes(20), openMax: 1 },
      basic: { inactivityMs: minutes(30), openMax: 5 },
      advanced: {},
      company: {},
      admin: {},
    });
  });

  test('S-2, S-3, S-7, S-9, S-10: quotas of guest and basic, none above', () => {
    expect(policy.quotas).toEqual({
      guest: { daily: 5, weekly: 20, ladder: GUEST_LADDER },
      basic: { daily: 20, weekly: 50, ladder: [] },
    });
    expect(policy.warningShare).toBe(0.8);
  });

  test('B-3, B-5, B-7, B-8: subscriptions', () => {
    expect(policy.subscription).toEqual({
      eligibility: 'hierarchy',
      switching: false,
      switchNeedsCode: false,
      codeTtlMs: minutes(15),
      codeAttemptsMax: 5,
      confirmConditions: [],
    });
  });

  test('R-6, R-7: steps', () => {
    expect(policy.transitions).toEqual({
      promoteToBasic: 'auto',
      promoteToAdvanced: 'call',
      promoteToCompany: 'call',
      basicToAdvanced: { kind: 'verification', level: 'advanced' },
      advancedToCompany: { kind: 'verification', level: 'business' },
      tiedTo: {},
    });
  });

  test('the rest', () => {
    expect(policy).toMatchObject({
      providerId: 'ABCD',
      name: 'Sample',
      model: 'gatehouse',
      region: 'default',
      timeZone: 'UTC',
    });
    expect(policy.rolesEnabled).toEqual(new Set(ROLES));
    expect(policy.apiAccessLevel).toEqual({
      guest: 'limited',
      basic: 'limited',
      advanced: 'full',
      company: 'full',
      admin: 'full',
    });
    expect(policy.branding).toEqual({ displayName: 'Sample', logoUrl: '', supportContact: '' });
    expect(policy.features.size).toBe(0);
    expect(policy.plans).toEqual([]);
    expect(policy).not.toHaveProperty('requestsPerSecond');
  });
});

describe('what a policy says', () => {
  test('R-2: an override changes its cell and no other', () => {
    const { permissions } = compiled(
      'permissions:\n  overrides:\n    call_api: { guest: false }\n    manage_users: { company: true }\n',
    );
    expect(permissions.get('call_api')?.roles).toEqual(new Set(['basic', 'advanced', 'company', 'admin']));
    expect(permissions.get('manage_users')?.roles).toEqual(new Set(['company', 'admin']));
    expect(permissions.get('login')?.roles).toEqual(new Set(ROLES));
  });

  test('R-1, R-4: own permissions and those withheld during signing', () => {
    const { permissions } = compiled(
      'permissions:\n  own:\n    ship: { group: operational, roles: [basic] }\n    fly: { group: general }\n  withheld_while_signing: [ship, call_api]\n',
    );
    expect(permissions.get('ship')).toEqual({
      name: 'ship',
      group: 'operational',
      roles: new Set(['basic']),
      withheldWhileSigning: true,
    });
    expect(permissions.get('fly')).toEqual({
      name: 'fly',
      group: 'general',
      roles: new Set(),
      withheldWhileSigning: false,
    });
    expect(permissions.get('call_api')?.withheldWhileSigning).toBe(true);
    expect(permissions.get('login')?.withheldWhileSigning).toBe(false);
  });

  test('F-1, B-12: a feature that only plans carry needs a plan; one that nobody lists needs none', () => {
    const { features } = compiled(`features:
  carried: { enabled: true }
  named: { enabled: false, roles: [basic], plans: [gold], users: [abcd001], rollout: 0 }
  free: { enabled: true }
plans:
  - id: gold
    name: Gold
    available_for: [basic]
    price: { amount_minor: 1, currency: EUR }
    billing_cycle: yearly
    entitlements: { features: [carried, named] }
`);
    expect(features.get('carried')).toEqual({ name: 'carried', enabled: true, plans: [], users: [] });
    expect(features.get('named')).toEqual({
      name: 'named',
      enabled: false,
      roles: ['basic'],
      plans: ['gold'],
      users: ['abcd001'],
      rollout: 0,
    });
    expect(features.get('free')).toEqual({ name: 'free', enabled: true, users: [] });
  });

  test('S-6, S-10, S-16: sessions', () => {
    const { sessions } = compiled(
      'sessions:\n  basic: { inactivity_timeout: 45s }\n  company: { inactivity_timeout: 12h, open_max: 3 }\n',
    );
    expect(sessions.basic).toEqual({ inactivityMs: 45_000, openMax: 5 });
    expect(sessions.company).toEqual({ inactivityMs: minutes(720), openMax: 3 });
    expect(sessions.guest).toEqual({ lifetimeMs: minutes(20), openMax: 1 });
    expect(sessions.advanced).toEqual({});
  });

  test('S-4, S-8, C-3: without a word of them, guests become idle, basic users are warned, and an outage admits nobody', () => {
    const { quotas, onOutage } = compiled('');
    expect(quotas.guest?.ladder).toEqual([
      { over: { operations: 1 }, times: 1, withinMs: 0, action: { kind: 'idle' } },
    ]);
    expect(quotas.basic).toEqual({ daily: 20, weekly: 50, ladder: [] });
    expect(onOutage).toEqual({ admit: new Set(), operations: 0 });
  });

  test('S-8, S-9, C-3: a ladder, its thresholds and parameters, the share of the warning, an outage', () => {
    const { quotas, warningShare, onOutage } = compiled(`quotas:
  basic:
    on_exceed:
      - { action: warn, over: 1 operation }
      - { action: rate_limit, over: 2 operations, every: 10s }
      - { action: restrict, over: 25 %, permissions: [call_api, login] }
      - { action: cooldown, over: 12 operations, times: 2, within: 7d, for: 15m }
      - { action: review, over: 999999 % }
      - { action: suspend_subscription, over: 13 operations, times: 1, within: 3d }
      - { action: idle, over: 14 operations, times: 90, within: 90d }
  warning_share: 0.5
  on_outage: { admit: [basic, admin], operations: 7 }
`);
    const day = { over: { operations: 1 }, times: 1, withinMs: 0 };
    expect(quotas.basic?.ladder).toEqual([
      { ...day, action: { kind: 'warn' } },
      { ...day, over: { operations: 2 }, action: { kind: 'rate_limit', everyMs: 10_000 } },
      { ...day, over: { percent: 25 }, action: { kind: 'restrict', permissions: new Set(['call_api', 'login']) } },
      { over: { operations: 12 }, times: 2, withinMs: days(7), action: { kind: 'cooldown', forMs: minutes(15) } },
      { ...day, over: { percent: 999_999 }, action: { kind: 'review' } },
      { ...day, over: { operations: 13 }, action: { kind: 'suspend_subscription' } },
      { over: { operations: 14 }, times: 90, withinMs: days(90), action: { kind: 'idle' } },
    ]);
    expect(warningShare).toBe(0.5);
    expect(onOutage).toEqual({ admit: new Set(['basic', 'admin']), operations: 7 });
  });

  test('B-3 to B-8: subscriptions', () => {
    const { subscription } = compiled(
      'subscription: { eligibility: exact, switching: true, switch_needs_code: true, code: { ttl: 1h }, confirm_conditions: [fraud_check, payment_reference], unresolved_after: 14d }\n',
    );
    expect(subscription).toEqual({
      eligibility: 'exact',
      switching: true,
      switchNeedsCode: true,
      codeTtlMs: minutes(60),
      codeAttemptsMax: 5,
      confirmConditions: ['fraud_check', 'payment_reference'],
      unresolvedMs: days(14),
    });
  });

  test('R-7, R-8: steps with nested conditions, and a role tied to a plan', () => {
    const { transitions } = compiled(`transitions:
  guest_to_basic: { promote: call }
  basic_to_advanced:
    promote: auto
    guard: { all_of: [{ verification: advanced }, { any_of: [{ plan: gold }, { approval: true }] }] }
    tied_to: gold
  advanced_to_company: { guard: { onboarding: true } }
plans:
  - { id: gold, name: Gold, available_for: [basic], price: { amount_minor: 1, currency: EUR }, billing_cycle: monthly }
`);
    expect(transitions).toEqual({
      promoteToBasic: 'call',
      promoteToAdvanced: 'auto',
      promoteToCompany: 'call',
      basicToAdvanced: {
        kind: 'all_of',
        of: [
          { kind: 'verification', level: 'advanced' },
          { kind: 'any_of', of: [{ kind: 'plan', planId: 'gold' }, { kind: 'approval' }] },
        ],
      },
      advancedToCompany: { kind: 'onboarding' },
      tiedTo: { advanced: 'gold' },
    });
  });

  test('B-12: a plan', () => {
    const { plans } = compiled(`plans:
  - id: gold
    name: Gold
    available_for: [basic, company]
    price: { amount_minor: 990, currency: EUR }
    billing_cycle: yearly
    active: false
    entitlements:
      permissions: [view_reports]
      quotas: { daily: 40, weekly: 90 }
      sessions: { inactivity_timeout: 2h, persistent: true }
`);
    expect(plans).toEqual([
      {
        planId: 'gold',
        name: 'Gold',
        availableFor: ['basic', 'company'],
        price: { amountMinor: 990, currency: 'EUR' },
        billingCycle: 'yearly',
        active: false,
        entitlements: {
          features: [],
          permissions: ['view_reports'],
          quotas: { daily: 40, weekly: 90 },
          sessions: { inactivityMs: minutes(120), persistent: true },
        },
      },
    ]);
  });

  test('P-4: the rest', () => {
    const policy = compiled(
      'time_zone: Asia/Tokyo\nroles: { enabled: [guest, basic] }\napi_access_level: { guest: none }\nrequest_rate_limit: { per_second: 7 }\nbranding: { logo_url: "https://a.example/l.svg" }\n',
    );
    expect(policy).toMatchObject({ timeZone: 'Asia/Tokyo', requestsPerSecond: 7 });
    expect(policy.rolesEnabled).toEqual(new Set(['guest', 'basic']));
    expect(policy.apiAccessLevel).toEqual({
      guest: 'none',
      basic: 'limited',
      advanced: 'full',
      company: 'full',
      admin: 'full',
    });
    expect(policy.branding).toEqual({ displayName: 'Sample', logoUrl: 'https://a.example/l.svg', supportContact: '' });
  });
});
