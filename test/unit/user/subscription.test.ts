import { describe, expect, it, test } from 'vitest';
import type { Fault } from '../../../src/domain/errors.ts';
import type { PlanCommand } from '../../../src/domain/user/commands.ts';
import { statusAt, subStatusAt, type UserState } from '../../../src/domain/user/state.ts';
import { PLAN_ACTIONS, type PlanAction } from '../../../src/domain/user/table.ts';
import {
  act,
  after,
  context,
  DAY,
  held,
  MINUTE,
  NOW,
  plan,
  planId,
  PLANS,
  policy,
  signing,
  told,
  user,
} from './world.ts';

const commands: Record<PlanAction, PlanCommand> = {
  subscribe: { type: 'subscribe', planId: planId('pro'), codeHash: 'h' },
  confirm: { type: 'confirm', planId: planId('pro'), codeMatches: true, evidence: {} },
  cancel: { type: 'cancel', at: 'now' },
  keep: { type: 'keep' },
  suspend: { type: 'suspend', hold: 'payment' },
  restore: { type: 'restore', hold: 'payment' },
  switch: { type: 'switch', planId: planId('plus'), codeHash: 'h' },
};
const subscribe = (id: string): PlanCommand => ({ type: 'subscribe', planId: planId(id), codeHash: 'h' });
const confirm = (over: Partial<Extract<PlanCommand, { type: 'confirm' }>> = {}): PlanCommand => ({
  type: 'confirm',
  planId: planId('pro'),
  codeMatches: true,
  evidence: {},
  ...over,
});
const hold = (reason: 'payment' | 'admin') => ({ reason, since: NOW - DAY });
const switching = policy({ subscription: { switching: true } });

/** Every state of the diagram. */
const states = {
  absent: user('basic', { subBaseline: 'absent' }),
  unsigned: user('basic'),
  signing: user('basic', { signing: signing('pro') }),
  signed: user('basic', { subscription: held('pro') }),
  cancelling: user('basic', { subscription: held('pro', { cancelAt: NOW + DAY }) }),
  suspended: user('basic', { subscription: held('pro', { holds: [hold('payment')] }) }),
  'signed, switching': user('basic', { subscription: held('plus'), signing: signing('pro') }),
} satisfies Record<string, UserState>;

type Row = Record<PlanAction, string>;
const diagram: Record<keyof typeof states, Row> = {
  absent: {
    subscribe: 'SigningStarted pro',
    confirm: 'NOT_SIGNING',
    cancel: 'NOT_SUBSCRIBED',
    keep: 'NOT_SUBSCRIBED',
    suspend: 'NOT_SUBSCRIBED',
    restore: 'NOT_SUBSCRIBED',
    switch: 'NOT_SUBSCRIBED',
  },
  unsigned: {
    subscribe: 'SigningStarted pro',
    confirm: 'NOT_SIGNING',
    cancel: 'NOT_SUBSCRIBED',
    keep: 'NOT_SUBSCRIBED',
    suspend: 'NOT_SUBSCRIBED',
    restore: 'NOT_SUBSCRIBED',
    switch: 'NOT_SUBSCRIBED',
  },
  signing: {
    subscribe: 'SIGNING_IN_PROGRESS',
    confirm: 'SubscriptionSigned pro',
    cancel: 'SigningEnded cancelled',
    keep: 'NOT_SUBSCRIBED',
    suspend: 'NOT_SUBSCRIBED',
    restore: 'NOT_SUBSCRIBED',
    switch: 'SIGNING_IN_PROGRESS',
  },
  signed: {
    subscribe: 'ALREADY_SUBSCRIBED',
    confirm: 'NOT_SIGNING',
    cancel: 'SubscriptionEnded cancelled',
    keep: 'NO_CANCELLATION_PENDING',
    suspend: 'SubscriptionSuspended payment',
    restore: 'NOT_SUSPENDED',
    switch: 'SubscriptionSwitched pro->plus',
  },
  cancelling: {
    subscribe: 'ALREADY_SUBSCRIBED',
    confirm: 'NOT_SIGNING',
    cancel: 'SubscriptionEnded cancelled',
    keep: 'CancellationWithdrawn',
    suspend: 'SubscriptionSuspended payment',
    restore: 'NOT_SUSPENDED',
    switch: 'CANCELLATION_PENDING',
  },
  suspended: {
    subscribe: 'ALREADY_SUBSCRIBED',
    confirm: 'NOT_SIGNING',
    cancel: 'SubscriptionEnded cancelled',
    keep: 'NO_CANCELLATION_PENDING',
    suspend: 'ALREADY_SUSPENDED',
    restore: 'HoldLifted payment',
    switch: 'SUBSCRIPTION_SUSPENDED',
  },
  'signed, switching': {
    subscribe: 'SIGNING_IN_PROGRESS',
    confirm: 'SubscriptionSwitched plus->pro',
    cancel: 'SigningEnded cancelled',
    keep: 'NO_CANCELLATION_PENDING',
    suspend: 'SubscriptionSuspended payment',
    restore: 'NOT_SUSPENDED',
    switch: 'SIGNING_IN_PROGRESS',
  },
};

/** Code of the refusal, else what happened. */
function outcome(state: UserState, command: PlanCommand, ctx = context({ policy: switching })): string {
  const decision = act(state, command, ctx);
  if (decision.refusal && decision.events.length > 0)
    return `${decision.refusal.code}; ${told(decision.events).join('; ')}`;
  return decision.refusal?.code ?? told(decision.events).join('; ');
}

describe('the subscription diagram, every state and every action', () => {
  for (const [name, state] of Object.entries(states)) {
    test.each(PLAN_ACTIONS)(`${name}: %s`, (action) => {
      expect(outcome(state, commands[action])).toBe(diagram[name as keyof typeof states][action]);
    });

    it(`B-11: ${name} names as possible what the diagram has open, and nothing else`, () => {
      const open = PLAN_ACTIONS.filter((action) => !/^[A-Z_]+$/.test(diagram[name as keyof typeof states][action]));
      const refused = PLAN_ACTIONS.find((action) => !open.includes(action)) ?? 'keep';
      // A suspended user may be suspended for another reason too.
      const expected = name === 'suspended' ? ['cancel', 'suspend', 'restore'] : open;
      expect(act(state, commands[refused], context({ policy: switching })).refusal?.possible).toEqual(expected);
    });
  }
});

describe('who may change a plan', () => {
  test.each([
    ['guest', 'subscribe', 'ROLE_NOT_ELIGIBLE'],
    ['admin', 'subscribe', 'ROLE_NOT_ELIGIBLE'],
    ['guest', 'switch', 'ROLE_NOT_ELIGIBLE'],
    ['admin', 'cancel', 'NOT_SUBSCRIBED'],
    ['basic', 'subscribe', 'SigningStarted pro'],
    ['advanced', 'subscribe', 'SigningStarted pro'],
    ['company', 'subscribe', 'SigningStarted pro'],
  ] as const)('B-2: a %s that asks to %s: %s', (role, action, expected) => {
    expect(outcome(user(role), commands[action])).toBe(expected);
  });

  test.each(PLAN_ACTIONS)('P-2: of a stopped partner nobody: %s', (action) => {
    const stopped = context({ partnerStatus: 'stopped', policy: switching });
    expect(Object.values(states).map((state) => outcome(state, commands[action], stopped))).toEqual(
      Object.values(states).map(() => 'PARTNER_STOPPED'),
    );
  });

  test.each(PLAN_ACTIONS)('R-4: a deactivated user not: %s', (action) => {
    for (const state of Object.values(states)) {
      expect(outcome({ ...state, inactive: { since: 0 } }, commands[action])).toBe('USER_INACTIVE');
    }
  });

  test.each(PLAN_ACTIONS)('domain section 9: an idle user like any other: %s', (action) => {
    for (const [name, state] of Object.entries(states)) {
      const idle = { ...state, idle: { since: 0, until: NOW + DAY } };
      expect(outcome(idle, commands[action])).toBe(diagram[name as keyof typeof states][action]);
    }
  });

  test.each([
    ['guest', { role: 'guest' }, ['change_role:admin', 'record_verification']],
    ['admin', { role: 'admin' }, ['change_role:basic']],
    ['deactivated user', { inactive: { since: 0 } }, ['activate']],
  ] as const)('B-11: a %s is told the ways on', (_, over, possible) => {
    expect(act(user('basic', over), subscribe('pro')).refusal?.possible).toEqual(possible);
  });

  it('B-11: users of a stopped partner can do nothing about it', () => {
    expect(act(user('basic'), subscribe('pro'), context({ partnerStatus: 'stopped' })).refusal).toEqual({
      code: 'PARTNER_STOPPED',
      rule: 'P-2',
      message: 'the partner is out of service',
      state: 'role=basic status=active sub_status=unsigned partner=stopped',
      possible: [],
    });
  });
});

describe('which plan', () => {
  test.each([
    ['basic', 'pro', 'hierarchy', 'SigningStarted pro'],
    ['advanced', 'pro', 'hierarchy', 'SigningStarted pro'],
    ['company', 'pro', 'hierarchy', 'SigningStarted pro'],
    ['basic', 'adv', 'hierarchy', 'PLAN_NOT_ELIGIBLE'],
    ['advanced', 'adv', 'hierarchy', 'SigningStarted adv'],
    ['advanced', 'corp', 'hierarchy', 'PLAN_NOT_ELIGIBLE'],
    ['company', 'corp', 'hierarchy', 'SigningStarted corp'],
    ['advanced', 'pro', 'exact', 'PLAN_NOT_ELIGIBLE'],
    ['company', 'adv', 'exact', 'PLAN_NOT_ELIGIBLE'],
    ['company', 'corp', 'exact', 'SigningStarted corp'],
    ['basic', 'old', 'hierarchy', 'PLAN_INACTIVE'],
    ['guest', 'old', 'hierarchy', 'ROLE_NOT_ELIGIBLE'],
  ] as const)('B-3, B-4: a %s subscribing %s, eligibility %s: %s', (role, id, eligibility, expected) => {
    const ctx = context({ policy: policy({ subscription: { eligibility } }) });
    expect(outcome(user(role), subscribe(id), ctx)).toBe(expected);
  });

  test.each(['subscribe', 'confirm', 'switch'] as const)('B-4: a foreign plan does not exist: %s', (type) => {
    const command = { ...commands[type], planId: planId('foreign') } as PlanCommand;
    expect(() => act(user('guest'), command)).toThrow(expect.objectContaining({ code: 'PLAN_NOT_FOUND' }) as Fault);
  });

  it('B-9: a discontinued plan cannot be newly subscribed', () => {
    const ctx = context({ plans: [plan('pro', {}, NOW + 1)] });
    expect(outcome(user('basic'), subscribe('pro'), ctx)).toBe('PLAN_INACTIVE');
  });
});

describe('B-5: confirming', () => {
  it('subscribing keeps code hash, expiry and attempts of the policy, and the newest version', () => {
    const versions = [...plan('pro').versions, { ...plan('pro').versions[0]!, version: 2 }];
    const ctx = context({
      plans: [{ ...plan('pro'), versions }],
      policy: policy({ subscription: { codeTtlMs: 5000, codeAttemptsMax: 2 } }),
    });
    const signed = after(user('basic'), act(user('basic'), subscribe('pro'), ctx).events);
    expect(signed.signing).toEqual({
      planId: 'pro',
      planVersion: 2,
      startedAt: NOW,
      expiresAt: NOW + 5000,
      codeHash: 'h',
      attemptsLeft: 2,
    });
    expect(statusAt(signed, NOW)).toBe('signing');
    expect(subStatusAt(signed, NOW)).toBe('unsigned');
  });

  it('takes the plan version of the moment of subscribing, and is signed and active', () => {
    const versions = [...plan('pro').versions, { ...plan('pro').versions[0]!, version: 2, active: false }];
    const ctx = context({ plans: [{ ...plan('pro'), versions }] });
    const state = after(states.signing, act(states.signing, confirm(), ctx).events);
    expect(state.subscription).toEqual({ planId: 'pro', planVersion: 1, anchor: NOW, holds: [] });
    expect(state.signing).toBeUndefined();
    expect([statusAt(state, NOW), subStatusAt(state, NOW)]).toEqual(['active', 'signed']);
  });

  it('a code for another plan', () => {
    expect(outcome(states.signing, confirm({ planId: planId('plus') }))).toBe('SIGNING_OTHER_PLAN');
  });

  it('wrong codes count down; the fifth ends the signing, and the user is as before', () => {
    let state: UserState = states.signing;
    const seen: string[] = [];
    for (let attempt = 0; attempt < 6; attempt += 1) {
      const { events, refusal } = act(state, confirm({ codeMatches: false }));
      seen.push(`${refusal?.code} ${told(events).join(', ')}`);
      state = after(state, events);
    }
    expect(seen).toEqual([
      'CODE_WRONG CodeRejected 4',
      'CODE_WRONG CodeRejected 3',
      'CODE_WRONG CodeRejected 2',
      'CODE_WRONG CodeRejected 1',
      'CODE_ATTEMPTS_EXHAUSTED CodeRejected 0, SigningEnded attempts',
      'NOT_SIGNING ',
    ]);
    expect(state).toEqual(states.unsigned);
  });

  it('B-11: says how many attempts are left, and what is possible once there are none', () => {
    const wrong = confirm({ codeMatches: false });
    expect(act(states.signing, wrong).refusal).toMatchObject({
      message: 'the confirmation code is wrong: attempts left 4',
      possible: ['confirm', 'cancel'],
    });
    const last = user('basic', { signing: signing('pro', { attemptsLeft: 1 }) });
    expect(act(last, wrong).refusal).toMatchObject({
      state: 'role=basic status=signing sub_status=unsigned plan=pro',
      possible: ['subscribe'],
    });
  });

  test.each([
    [-1, 'SubscriptionSigned pro'],
    [0, 'CODE_EXPIRED; SigningEnded expired'],
    [1, 'CODE_EXPIRED; SigningEnded expired'],
  ])('a code %d ms after its expiry: %s', (late, expected) => {
    const state = user('basic', { signing: signing('pro', { expiresAt: NOW - late }) });
    expect(outcome(state, confirm())).toBe(expected);
  });

  it('an expired signing is out of the way of a new one', () => {
    const state = user('basic', { signing: signing('pro', { expiresAt: NOW }) });
    expect(outcome(state, subscribe('plus'))).toBe('SigningEnded expired; SigningStarted plus');
    expect(outcome(state, confirm({ planId: planId('plus') }))).toBe('NOT_SIGNING');
  });

  const strict = context({
    policy: policy({ subscription: { confirmConditions: ['payment_reference', 'manual_approval', 'fraud_check'] } }),
  });
  test.each([
    [{}, 'payment_reference, manual_approval, fraud_check'],
    [{ paymentReference: '', manualApproval: false, fraudCheckPassed: true }, 'payment_reference, manual_approval'],
    [{ paymentReference: 'r', manualApproval: true }, 'fraud_check'],
  ])('with %j the conditions %s are named, and no attempt is used up', (evidence, missing) => {
    for (const codeMatches of [true, false]) {
      const { events, refusal } = act(states.signing, confirm({ evidence, codeMatches }), strict);
      expect(refusal).toMatchObject({ code: 'CONDITION_UNMET', possible: ['confirm', 'cancel'] });
      expect(refusal?.message).toContain(`: ${missing}`);
      expect(events).toEqual([]);
    }
  });

  it('with all conditions it counts', () => {
    const evidence = { paymentReference: 'r', manualApproval: true, fraudCheckPassed: true };
    expect(outcome(states.signing, confirm({ evidence }), strict)).toBe('SubscriptionSigned pro');
  });
});

describe('B-6: cancelling', () => {
  it('at the end of the period leaves the subscription until then', () => {
    const anchor = Date.UTC(2026, 0, 31, 10);
    const now = Date.UTC(2026, 1, 1);
    const state = user('basic', { subscription: held('pro', { anchor }) });
    const ctx = context({ now });
    const later = after(state, act(state, { type: 'cancel', at: 'period_end' }, ctx).events);
    const end = Date.UTC(2026, 1, 28, 10);
    expect(later.subscription?.cancelAt).toBe(end);
    expect([subStatusAt(later, end - 1), subStatusAt(later, end)]).toEqual(['signed', 'unsigned']);
    expect(told(act(later, { type: 'settle' }, context({ now: end - 1 })).events)).toEqual([]);
    expect(told(act(later, { type: 'settle' }, context({ now: end })).events)).toEqual([
      'SubscriptionEnded period-end',
    ]);
  });

  it('by the cycle of the version that is held, in the zone of the partner', () => {
    const plans = [plan('pro', { billingCycle: 'yearly' })];
    const state = user('basic', { subscription: held('pro', { anchor: Date.UTC(2025, 5, 1, 10) }) });
    const ctx = context({ plans, policy: policy({ timeZone: 'Europe/Berlin' }) });
    const { events } = act(state, { type: 'cancel', at: 'period_end' }, ctx);
    expect(events).toEqual([{ type: 'CancellationScheduled', cancelAt: Date.UTC(2026, 5, 1, 10) }]);
  });

  it('may be repeated, withdrawn, and made immediate', () => {
    expect(act(states.cancelling, { type: 'cancel', at: 'period_end' })).toEqual({ events: [] });
    const kept = after(states.cancelling, act(states.cancelling, { type: 'keep' }).events);
    expect(kept).toEqual(states.signed);
    expect(outcome(states.cancelling, { type: 'cancel', at: 'now' })).toBe('SubscriptionEnded cancelled');
  });

  it('while signing ends the signing, at once or not, and leaves the user as before', () => {
    for (const at of ['now', 'period_end'] as const) {
      const { events } = act(states.signing, { type: 'cancel', at });
      expect(after(states.signing, events)).toEqual(states.unsigned);
      const switched = act(states['signed, switching'], { type: 'cancel', at }).events;
      expect(after(states['signed, switching'], switched).subscription).toEqual(held('plus'));
    }
  });

  it('a user that never was more than absent is unsigned after a subscription', () => {
    const state = user('basic', { subBaseline: 'absent', subscription: held('pro') });
    const later = after(state, act(state, { type: 'cancel', at: 'now' }).events);
    expect(subStatusAt(later, NOW)).toBe('unsigned');
  });
});

describe('B-7: suspending', () => {
  const unresolving = context({ policy: policy({ subscription: { unresolvedMs: 10 * DAY } }) });

  it('holds are independent: the last one lifted restores', () => {
    let state: UserState = states.signed;
    const seen: string[] = [];
    const steps: PlanCommand[] = [
      { type: 'suspend', hold: 'payment' },
      { type: 'suspend', hold: 'admin' },
      { type: 'restore', hold: 'payment' },
      { type: 'restore', hold: 'admin' },
    ];
    for (const step of steps) {
      state = after(state, act(state, step, unresolving).events);
      seen.push(subStatusAt(state, NOW));
    }
    expect(seen).toEqual(['suspended', 'suspended', 'suspended', 'signed']);
    expect(state).toEqual(states.signed);
  });

  it('a hold that is not there cannot be lifted', () => {
    expect(outcome(states.suspended, { type: 'restore', hold: 'admin' })).toBe('NOT_SUSPENDED');
  });

  it('B-11: names the holds', () => {
    expect(act(states.suspended, { type: 'suspend', hold: 'payment' }).refusal).toMatchObject({
      code: 'ALREADY_SUSPENDED',
      state: 'role=basic status=active sub_status=suspended plan=pro holds=payment',
      possible: ['cancel', 'suspend', 'restore'],
    });
  });

  it('unresolved after the period of the partner, counted from the first hold, it ends', () => {
    const first = after(states.signed, act(states.signed, { type: 'suspend', hold: 'payment' }, unresolving).events);
    const later = { ...unresolving, now: NOW + DAY };
    const second = act(first, { type: 'suspend', hold: 'admin' }, later).events;
    expect(second).toEqual([{ type: 'SubscriptionSuspended', hold: 'admin', at: NOW + DAY }]);
    const both = after(first, second);
    expect(both.subscription?.unresolvedAt).toBe(NOW + 10 * DAY);
    const end = { ...unresolving, now: NOW + 10 * DAY };
    expect(told(act(both, { type: 'settle' }, { ...end, now: end.now - 1 }).events)).toEqual([]);
    expect(told(act(both, { type: 'settle' }, end).events)).toEqual(['SubscriptionEnded unresolved']);
    expect(outcome(both, { type: 'restore', hold: 'admin' }, end)).toBe('NOT_SUBSCRIBED');
  });

  it('without such a period it lasts', () => {
    const state = after(states.signed, act(states.signed, { type: 'suspend', hold: 'payment' }).events);
    expect(told(act(state, { type: 'settle' }, context({ now: NOW + 9999 * DAY })).events)).toEqual([]);
  });
});

describe('B-8: switching', () => {
  const to = (id: string): PlanCommand => ({ type: 'switch', planId: planId(id), codeHash: 'h' });

  test.each([
    ['not allowed by the partner', 'plus', false, 'SWITCHING_NOT_ALLOWED'],
    ['to the plan that is held', 'pro', true, 'SAME_PLAN'],
    ['to an inactive plan', 'old', true, 'PLAN_INACTIVE'],
    ['to a plan for others', 'corp', true, 'PLAN_NOT_ELIGIBLE'],
    ['to another plan', 'plus', true, 'SubscriptionSwitched pro->plus'],
  ] as const)('%s', (_, id, allowed, expected) => {
    const ctx = context({ policy: policy({ subscription: { switching: allowed } }) });
    expect(outcome(states.signed, to(id), ctx)).toBe(expected);
  });

  it('acts at once, in one event, with a new anchor', () => {
    const { events } = act(states.signed, to('plus'), context({ policy: switching }));
    expect(events).toHaveLength(1);
    expect(after(states.signed, events).subscription).toEqual(held('plus', { anchor: NOW }));
  });

  it('with a code where the policy asks for one: the old plan stands until then', () => {
    const ctx = context({ policy: policy({ subscription: { switching: true, switchNeedsCode: true } }) });
    const waiting = after(states.signed, act(states.signed, to('plus'), ctx).events);
    expect(waiting.subscription).toEqual(states.signed.subscription);
    expect([statusAt(waiting, NOW), subStatusAt(waiting, NOW)]).toEqual(['signing', 'signed']);
    expect(outcome(waiting, confirm({ planId: planId('plus') }), ctx)).toBe('SubscriptionSwitched pro->plus');
  });

  test.each([
    ['suspended meanwhile', { holds: [hold('admin')] }, 'SUBSCRIPTION_SUSPENDED'],
    ['cancelled meanwhile', { cancelAt: NOW + DAY }, 'CANCELLATION_PENDING'],
  ])('cannot be confirmed when %s', (_, over, expected) => {
    const state = user('basic', { subscription: held('plus', over), signing: signing('pro') });
    expect(outcome(state, confirm())).toBe(expected);
  });

  it('whose old plan ended meanwhile is signed as a first plan', () => {
    const plans = [plan('pro'), plan('plus', {}, NOW - 1)];
    const ctx = context({ plans });
    expect(outcome(states['signed, switching'], confirm(), ctx)).toBe(
      'SubscriptionEnded plan-gone; SubscriptionSigned pro',
    );
  });
});

describe('B-9: a discontinued plan', () => {
  const ctx = context({
    plans: PLANS.map((each) => (each.planId === 'pro' ? { ...each, discontinuedAt: NOW } : each)),
  });
  test.each([
    ['signed', ['SubscriptionEnded plan-gone']],
    ['cancelling', ['SubscriptionEnded plan-gone']],
    ['suspended', ['SubscriptionEnded plan-gone']],
    ['signing', ['SigningEnded cancelled']],
    ['signed, switching', ['SigningEnded cancelled']],
    ['unsigned', []],
  ] as const)('ends what a user has of it: %s', (name, events) => {
    expect(told(act(states[name], { type: 'settle' }, ctx).events)).toEqual(events);
  });
});

it('B-10: a refusal keeps nothing of what it settled on the way', () => {
  const state = user('basic', { signing: signing('pro', { expiresAt: NOW - MINUTE }) });
  expect(act(state, { type: 'cancel', at: 'now' })).toMatchObject({ events: [], refusal: { code: 'NOT_SUBSCRIBED' } });
});
