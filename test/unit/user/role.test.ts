import { describe, expect, it, test } from 'vitest';
import type { Guard, Policy } from '../../../src/domain/partner/policy.ts';
import type { RoleEvidence } from '../../../src/domain/user/commands.ts';
import { unmet } from '../../../src/domain/user/guards.ts';
import { subStatusAt, type UserState } from '../../../src/domain/user/state.ts';
import { ROLES, type Role } from '../../../src/domain/values.ts';
import { act, after, context, DAY, held, kyc, NOW, plan, planId, policy, signing, told, user } from './world.ts';

const ALL = [kyc('basic'), kyc('advanced'), kyc('business')];
const admin: RoleEvidence = { approved: false, onboarded: false, byAdministration: true };

function move(state: UserState, to: Role, evidence = admin, ctx = context()): string {
  const { events, refusal } = act(state, { type: 'change-role', to, evidence }, ctx);
  return refusal?.code ?? told(events).join('; ');
}

describe('the role diagram, every pair of roles, with all conditions met', () => {
  const edges: Record<string, string> = {
    'guest->basic': 'RoleChanged guest->basic; SubBaselineSet unsigned',
    'basic->advanced': 'RoleChanged basic->advanced',
    'advanced->company': 'RoleChanged advanced->company',
    'company->advanced': 'RoleChanged company->advanced',
    'advanced->basic': 'RoleChanged advanced->basic',
    'basic->guest': 'RoleChanged basic->guest',
    'guest->admin': 'RoleChanged guest->admin; SubBaselineSet unsigned',
    'basic->admin': 'RoleChanged basic->admin',
    'advanced->admin': 'RoleChanged advanced->admin',
    'company->admin': 'RoleChanged company->admin',
    'admin->basic': 'RoleChanged admin->basic',
  };
  const pairs = ROLES.flatMap((from) => ROLES.map((to) => [from, to] as const));
  test.each(pairs)('%s -> %s', (from, to) => {
    const expected = edges[`${from}->${to}`] ?? (from === to ? 'SAME_ROLE' : 'NOT_ONE_STEP');
    expect(move(user(from, { verifications: ALL }), to)).toBe(expected);
  });

  test.each(pairs.filter(([from, to]) => from === 'admin' || to === 'admin'))(
    'R-6: %s -> %s only by administration',
    (from, to) => {
      const expected = edges[`${from}->${to}`] ? 'ACTOR_NOT_ALLOWED' : from === to ? 'SAME_ROLE' : 'NOT_ONE_STEP';
      const evidence = { approved: true, onboarded: true, byAdministration: false };
      expect(move(user(from, { verifications: ALL }), to, evidence)).toBe(expected);
    },
  );

  test.each(pairs.filter(([from, to]) => edges[`${from}->${to}`]))(
    'R-2: %s -> %s not when switched off',
    (from, to) => {
      const rolesEnabled = ROLES.filter((role) => role !== to);
      const ctx = context({ policy: policy({ rolesEnabled }) });
      expect(move(user(from, { verifications: ALL }), to, admin, ctx)).toBe('ROLE_DISABLED');
    },
  );
});

describe('the conditions of a step upwards', () => {
  test.each([
    ['guest', 'basic', [], 'VERIFICATION_REQUIRED'],
    ['guest', 'basic', [kyc('advanced'), kyc('business')], 'VERIFICATION_REQUIRED'],
    ['guest', 'basic', [kyc('basic', { state: 'pending' })], 'VERIFICATION_REQUIRED'],
    ['guest', 'basic', [kyc('basic', { state: 'rejected' })], 'VERIFICATION_REQUIRED'],
    ['guest', 'basic', [kyc('basic', { state: 'revoked' })], 'VERIFICATION_REQUIRED'],
    ['guest', 'basic', [kyc('basic', { expiresAt: NOW })], 'VERIFICATION_REQUIRED'],
    ['guest', 'basic', [kyc('basic', { expiresAt: NOW + 1 })], 'RoleChanged guest->basic; SubBaselineSet unsigned'],
    ['basic', 'advanced', [kyc('basic')], 'GUARD_UNMET'],
    ['advanced', 'company', [kyc('basic'), kyc('advanced')], 'GUARD_UNMET'],
  ] as const)('%s -> %s with %j: %s', (from, to, verifications, expected) => {
    expect(move(user(from, { verifications }), to)).toBe(expected);
  });

  it('R-6: an expired verification does not count while a stopped partner leaves it unsettled', () => {
    const state = user('guest', { verifications: [kyc('basic', { expiresAt: NOW })] });
    expect(move(state, 'basic', admin, context({ partnerStatus: 'stopped' }))).toBe('VERIFICATION_REQUIRED');
  });

  const level = (name: 'basic' | 'advanced' | 'business'): Guard => ({ kind: 'verification', level: name });
  const approval: Guard = { kind: 'approval' };
  const onboarding: Guard = { kind: 'onboarding' };
  const pro: Guard = { kind: 'plan', planId: planId('pro') };
  const facts = {
    verified: (name: string) => name === 'advanced',
    holds: () => false,
    approved: false,
    onboarded: true,
  };
  test.each<[string, Guard, string[]]>([
    ['a verification that is there', level('advanced'), []],
    ['one that is not', level('business'), ['business verification']],
    ['approval', approval, ['approval']],
    ['onboarding', onboarding, []],
    ['a plan', pro, ['plan pro']],
    ['any of two, one met', { kind: 'any_of', of: [approval, level('advanced')] }, []],
    ['any of two, none met', { kind: 'any_of', of: [approval, pro] }, ['approval or plan pro']],
    ['any of nothing', { kind: 'any_of', of: [] }, ['a condition']],
    ['all of two, one met', { kind: 'all_of', of: [pro, onboarding] }, ['plan pro']],
    ['all of two, none met', { kind: 'all_of', of: [pro, approval] }, ['plan pro', 'approval']],
    ['all of nothing', { kind: 'all_of', of: [] }, []],
    [
      'nested',
      { kind: 'any_of', of: [pro, { kind: 'all_of', of: [approval, level('business')] }] },
      ['plan pro or approval and business verification'],
    ],
  ])('R-7: %s', (_, guard, missing) => {
    expect(unmet(guard, facts)).toEqual(missing);
  });

  test.each([
    [{ approved: true, onboarded: false }, undefined, 'GUARD_UNMET'],
    [{ approved: false, onboarded: false }, held('pro'), 'GUARD_UNMET'],
    [{ approved: true, onboarded: false }, held('pro', { holds: [{ reason: 'admin', since: 0 }] }), 'GUARD_UNMET'],
    [{ approved: true, onboarded: false }, held('pro'), 'RoleChanged basic->advanced'],
  ] as const)('R-7: approval and a plan held signed: %j, %j: %s', (evidence, subscription, expected) => {
    const ctx = context({
      policy: policy({ transitions: { basicToAdvanced: { kind: 'all_of', of: [approval, pro] } } }),
    });
    const state = user('basic', subscription ? { subscription } : {});
    expect(move(state, 'advanced', { ...evidence, byAdministration: false }, ctx)).toBe(expected);
  });

  it('B-11: a refusal names what is missing, and what is possible instead', () => {
    const { refusal } = act(user('basic', { verifications: [kyc('basic')] }), {
      type: 'change-role',
      to: 'advanced',
      evidence: { approved: false, onboarded: false, byAdministration: false },
    });
    expect(refusal).toEqual({
      code: 'GUARD_UNMET',
      rule: 'R-7',
      message: 'a condition of the partner for this step is not met: advanced verification',
      state: 'role=basic status=active sub_status=unsigned',
      possible: ['change_role:guest', 'record_verification'],
    });
  });
});

describe('what a climb brings', () => {
  const idle = { since: 0, until: NOW + DAY };
  it('R-6: a guest that becomes basic is active at once, and unsigned', () => {
    const state = user('guest', { verifications: [kyc('basic')], idle });
    const expected = 'IdleEnded promotion; RoleChanged guest->basic; SubBaselineSet unsigned';
    expect(move(state, 'basic')).toBe(expected);
  });

  it('R-4: any climb ends idle, a fall and admin do not', () => {
    expect(move(user('basic', { verifications: ALL, idle }), 'advanced')).toBe(
      'IdleEnded promotion; RoleChanged basic->advanced',
    );
    expect(move(user('basic', { idle }), 'guest')).toBe('RoleChanged basic->guest');
    expect(move(user('basic', { idle }), 'admin')).toBe('RoleChanged basic->admin');
  });

  it('domain section 9: a deactivated user stays deactivated', () => {
    const state = user('guest', { verifications: [kyc('basic')], inactive: { since: 5 } });
    const { events } = act(state, { type: 'change-role', to: 'basic', evidence: admin });
    expect(after(state, events)).toMatchObject({ role: 'basic', inactive: { since: 5 } });
  });

  it('an upgrade never takes a plan away, exact or not; a signing for it is cancelled', () => {
    const exact = context({ policy: policy({ subscription: { eligibility: 'exact' } }) });
    const state = user('basic', { verifications: ALL, subscription: held('pro') });
    expect(move(state, 'advanced', admin, exact)).toBe('RoleChanged basic->advanced');
    const waiting = user('basic', { verifications: ALL, signing: signing('pro') });
    expect(move(waiting, 'advanced')).toBe('RoleChanged basic->advanced');
    expect(move(waiting, 'advanced', admin, exact)).toBe('RoleChanged basic->advanced; SigningEnded role');
  });
});

describe('R-9: what a fall takes', () => {
  test.each([
    ['company', 'advanced', 'corp', 'RoleChanged company->advanced; SubscriptionEnded downgrade'],
    ['company', 'advanced', 'adv', 'RoleChanged company->advanced'],
    ['advanced', 'basic', 'adv', 'RoleChanged advanced->basic; SubscriptionEnded downgrade'],
    ['advanced', 'basic', 'pro', 'RoleChanged advanced->basic'],
    ['basic', 'guest', 'pro', 'RoleChanged basic->guest; SubscriptionEnded downgrade'],
    ['company', 'admin', 'corp', 'RoleChanged company->admin; SubscriptionEnded downgrade'],
  ] as const)('%s -> %s with %s', (from, to, id, expected) => {
    const state = user(from, { subscription: held(id) });
    expect(move(state, to)).toBe(expected);
    const suspended = user(from, { subscription: held(id, { holds: [{ reason: 'payment', since: 0 }] }) });
    expect(move(suspended, to)).toBe(expected);
  });

  it('a signing goes on if the new role may hold the plan', () => {
    expect(move(user('advanced', { signing: signing('pro') }), 'basic')).toBe('RoleChanged advanced->basic');
    expect(move(user('advanced', { signing: signing('adv') }), 'basic')).toBe(
      'RoleChanged advanced->basic; SigningEnded role',
    );
    expect(move(user('basic', { signing: signing('pro') }), 'guest')).toBe(
      'RoleChanged basic->guest; SigningEnded role',
    );
  });

  it('guest and admin are unsigned, whatever they were', () => {
    for (const to of ['guest', 'admin'] as const) {
      const state = user('basic', { subBaseline: 'absent', signing: signing('pro') });
      const { events } = act(state, { type: 'change-role', to, evidence: admin });
      expect(subStatusAt(after(state, events), NOW)).toBe('unsigned');
    }
  });
});

describe('R-8: a role that is tied to a plan', () => {
  const tied = (over: Partial<Policy['transitions']> = {}) =>
    context({
      policy: policy({
        subscription: { switching: true },
        transitions: {
          tiedTo: { advanced: planId('pro') },
          basicToAdvanced: { kind: 'plan', planId: planId('pro') },
          ...over,
        },
      }),
    });
  const basic = user('basic', { verifications: ALL, subscription: held('pro') });
  const climbed = (ctx = tied()) =>
    after(basic, act(basic, { type: 'change-role', to: 'advanced', evidence: admin }, ctx).events);

  it('is lost when the subscription ends', () => {
    expect(climbed().roleTiedTo).toBe('pro');
    const { events } = act(climbed(), { type: 'cancel', at: 'now' }, tied());
    expect(told(events)).toEqual(['SubscriptionEnded cancelled', 'RoleChanged advanced->basic']);
    expect(after(climbed(), events).roleTiedTo).toBeUndefined();
  });

  it('is lost when it ends by itself', () => {
    const state = { ...climbed(), subscription: held('pro', { cancelAt: NOW }) };
    expect(told(act(state, { type: 'settle' }, tied()).events)).toEqual([
      'SubscriptionEnded period-end',
      'RoleChanged advanced->basic',
    ]);
  });

  it('is kept while it is suspended', () => {
    expect(told(act(climbed(), { type: 'suspend', hold: 'payment' }, tied()).events)).toEqual([
      'SubscriptionSuspended payment',
    ]);
  });

  it('is not tied when the user had the role before the plan', () => {
    const state = user('advanced', { verifications: ALL, subscription: held('pro') });
    expect(told(act(state, { type: 'cancel', at: 'now' }, tied()).events)).toEqual(['SubscriptionEnded cancelled']);
  });

  it('takes the roles above with it', () => {
    const company = after(
      climbed(),
      act(climbed(), { type: 'change-role', to: 'company', evidence: admin }, tied()).events,
    );
    expect(company).toMatchObject({ role: 'company', roleTiedTo: 'pro' });
    expect(told(act(company, { type: 'cancel', at: 'now' }, tied()).events)).toEqual([
      'SubscriptionEnded cancelled',
      'RoleChanged company->advanced',
      'RoleChanged advanced->basic',
    ]);
  });

  it('keeps the tie of the role below when only the role above is lost', () => {
    const company = after(
      climbed(),
      act(climbed(), { type: 'change-role', to: 'company', evidence: admin }, tied()).events,
    );
    const down = after(company, act(company, { type: 'change-role', to: 'advanced', evidence: admin }, tied()).events);
    expect(down).toMatchObject({ role: 'advanced', roleTiedTo: 'pro', roleGrounds: { advanced: { plans: ['pro'] } } });
  });

  it('is lost by a switch to another plan, in the same change', () => {
    const { events } = act(climbed(), { type: 'switch', planId: planId('plus'), codeHash: 'h' }, tied());
    expect(told(events)).toEqual(['SubscriptionSwitched pro->plus', 'RoleChanged advanced->basic']);
    expect(after(climbed(), events).subscription?.planId).toBe('plus');
  });

  it('cannot be switched to a plan that only the lost role may hold', () => {
    const { refusal } = act(climbed(), { type: 'switch', planId: planId('adv'), codeHash: 'h' }, tied());
    expect(refusal?.code).toBe('PLAN_NOT_ELIGIBLE');
  });

  it('basic itself may be tied: the user is a guest then', () => {
    const ctx = context({ policy: policy({ transitions: { tiedTo: { basic: planId('pro') } } }) });
    const state = user('basic', { subscription: held('pro'), roleTiedTo: planId('pro'), signing: signing('plus') });
    const { events } = act(
      state,
      { type: 'settle' },
      { ...ctx, plan: (id) => (id === 'pro' ? plan('pro', {}, NOW) : plan(id)) },
    );
    expect(told(events)).toEqual(['SubscriptionEnded plan-gone', 'RoleChanged basic->guest', 'SigningEnded role']);
  });
});
