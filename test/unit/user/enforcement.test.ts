import { describe, expect, it, test } from 'vitest';
import type { Effect } from '../../../src/domain/session/state.ts';
import { evolve } from '../../../src/domain/user/evolve.ts';
import { nextDue } from '../../../src/domain/user/settle.ts';
import type { UserState } from '../../../src/domain/user/state.ts';
import type { Role } from '../../../src/domain/values.ts';
import { act, after, context, DAY, held, kyc, NOW, policy, told, user } from './world.ts';

const AT = NOW - 5;
const idle = { since: NOW - DAY, until: NOW + DAY };
const idling = (role: Role, until = NOW + 5, at = AT): Effect => ({ kind: 'idle', role, at, until });
const reviewing = (role: Role = 'basic', at = AT): Effect => ({ kind: 'review', role, at });
const suspending = (role: Role = 'basic', at = AT): Effect => ({ kind: 'suspend', role, at });
const review = { since: NOW - 1 };
const partnerHold = held('pro', { holds: [{ reason: 'partner_rule', since: 0 }] });

describe('the effect of an admission', () => {
  test.each<[string, UserState, Effect, readonly string[]]>([
    ['S-4: a guest', user('guest'), idling('guest'), ['UserIdled']],
    ['S-8: a basic user', user('basic'), idling('basic'), ['UserIdled']],
    ['R-4: a deactivated guest', user('guest', { inactive: { since: 0 } }), idling('guest'), ['UserIdled']],
    ['a guest, too late', user('guest'), idling('guest', NOW), ['EffectVoided']],
    ['a guest that is idle as long', user('guest', { idle }), idling('guest', idle.until), ['EffectVoided']],
    ['a guest that is idle shorter', user('guest', { idle }), idling('guest', idle.until + 1), ['UserIdled']],
    ['R-6: a guest that was promoted meanwhile', user('basic'), idling('guest'), ['EffectVoided']],
    ['a basic user that was moved to guest', user('guest'), idling('basic'), ['EffectVoided']],
    ['S-8: a review', user('basic'), reviewing(), ['ReviewOpened']],
    ['a second review', user('basic', { enforcement: { appliedAt: 1, review } }), reviewing(), ['EffectVoided']],
    ['a review of one that has climbed', user('advanced'), reviewing(), ['EffectVoided']],
    [
      'S-8: a suspension',
      user('basic', { subscription: held('pro') }),
      suspending(),
      ['SubscriptionSuspended partner_rule'],
    ],
    [
      'a suspension beside another hold',
      user('basic', { subscription: held('pro', { holds: [{ reason: 'payment', since: 0 }] }) }),
      suspending(),
      ['SubscriptionSuspended partner_rule'],
    ],
    ['a suspension that is there', user('basic', { subscription: partnerHold }), suspending(), ['EffectVoided']],
    ['a suspension of nothing', user('basic'), suspending(), ['EffectVoided']],
    [
      'a suspension after the end of the period',
      user('basic', { subscription: held('pro', { cancelAt: NOW }) }),
      suspending(),
      ['SubscriptionEnded period-end', 'EffectVoided'],
    ],
  ])('%s', (_, state, effect, expected) => {
    const { events, refusal } = act(state, { type: 'enforce', effect });
    expect(told(events)).toEqual(expected);
    expect(refusal).toBeUndefined();
    const taken = after(state, events);
    expect(taken.enforcement?.appliedAt).toBe(AT);
    expect(act(taken, { type: 'enforce', effect }).events).toEqual([]);
  });

  it('is taken in for a stopped partner too: what was answered stands', () => {
    const stopped = context({ partnerStatus: 'stopped' });
    expect(told(act(user('guest'), { type: 'enforce', effect: idling('guest') }, stopped).events)).toEqual([
      'UserIdled',
    ]);
  });

  it('an older one than was taken in changes nothing', () => {
    const state = user('basic', { enforcement: { appliedAt: AT } });
    expect(act(state, { type: 'enforce', effect: reviewing('basic', AT) }).events).toEqual([]);
    expect(act(state, { type: 'enforce', effect: reviewing('basic', AT - 1) }).events).toEqual([]);
    expect(told(act(state, { type: 'enforce', effect: reviewing('basic', AT + 1) }).events)).toEqual(['ReviewOpened']);
  });

  it('a longer idle began when the first did', () => {
    const state = user('guest', { idle });
    const { events } = act(state, { type: 'enforce', effect: idling('guest', NOW + 9 * DAY) });
    expect(after(state, events).idle).toEqual({ since: idle.since, until: NOW + 9 * DAY });
  });

  it('B-7: the suspension runs out as any other, and the subscription with it', () => {
    const unresolved = context({ policy: policy({ subscription: { unresolvedMs: DAY } }) });
    const state = user('basic', { subscription: held('pro') });
    const { events } = act(state, { type: 'enforce', effect: suspending() }, unresolved);
    const suspended = after(state, events);
    expect(suspended.subscription).toMatchObject({ unresolvedAt: NOW + DAY });
    expect(nextDue(suspended)).toBe(NOW + DAY);
    const lifted = act(suspended, { type: 'restore', hold: 'partner_rule' }, unresolved).events;
    expect(after(suspended, lifted).subscription?.holds).toEqual([]);
  });

  it('evolve: what was taken in before stays', () => {
    const state = user('basic', { enforcement: { appliedAt: 1, review, forgivenAt: 3 } });
    expect(evolve(state, { type: 'EffectVoided', effectAt: 7 }).enforcement).toEqual({
      appliedAt: 7,
      review,
      forgivenAt: 3,
    });
  });
});

describe('S-8: a review', () => {
  const open = user('basic', { enforcement: { appliedAt: AT, review } });

  it('is cleared by an admin, and what was exceeded by then is forgiven', () => {
    const { events } = act(open, { type: 'clear-review' });
    expect(told(events)).toEqual(['ReviewCleared admin']);
    expect(after(open, events).enforcement).toEqual({ appliedAt: AT, forgivenAt: NOW });
  });

  test.each<[string, UserState, readonly string[]]>([
    ['none', user('basic'), []],
    ['one that was cleared', user('basic', { enforcement: { appliedAt: AT, forgivenAt: NOW } }), []],
  ])('%s is not cleared', (_, state, possible) => {
    const { events, refusal } = act(state, { type: 'clear-review' });
    expect(events).toEqual([]);
    expect(refusal).toMatchObject({ code: 'NO_REVIEW_PENDING', rule: 'S-8', possible });
  });

  test.each<[string, UserState, Role, readonly string[]]>([
    [
      'a promotion',
      { ...open, verifications: [kyc('advanced')] },
      'advanced',
      ['ReviewCleared promotion', 'RoleChanged basic->advanced'],
    ],
    ['a step down does not', open, 'guest', ['RoleChanged basic->guest']],
    ['a move to admin does not', open, 'admin', ['RoleChanged basic->admin']],
  ])('ended by: %s', (_, state, to, expected) => {
    const evidence = { approved: false, onboarded: false, byAdministration: true };
    const { events } = act(state, { type: 'change-role', to, evidence });
    expect(told(events)).toEqual(expected);
    const moved = after(state, events);
    expect(moved.enforcement?.review).toEqual(to === 'advanced' ? undefined : review);
    expect(moved.enforcement?.forgivenAt).toBeUndefined();
  });
});

describe('domain §9: a raised limit ends the idle of a basic user', () => {
  test.each<[string, UserState, readonly string[]]>([
    ['a basic user', user('basic', { idle }), ['IdleEnded limit-raised']],
    ['a basic user that is not idle', user('basic'), []],
    ['a basic user whose idle is over', user('basic', { idle: { since: 0, until: NOW } }), ['IdleEnded reset']],
    ['S-5: not that of a guest', user('guest', { idle }), []],
  ])('%s', (_, state, expected) => {
    expect(told(act(state, { type: 'end-idle' }).events)).toEqual(expected);
  });
});
