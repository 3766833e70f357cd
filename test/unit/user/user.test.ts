import { describe, expect, it, test } from 'vitest';
import type { ImportedUser } from '../../../src/domain/user/commands.ts';
import { evolve } from '../../../src/domain/user/evolve.ts';
import { nextDue, settle } from '../../../src/domain/user/settle.ts';
import { statusAt, subStatusAt } from '../../../src/domain/user/state.ts';
import { ROLES, type Zone } from '../../../src/domain/values.ts';
import { act, after, context, DAY, held, kyc, NOW, P, plan, planId, policy, signing, told, U, user } from './world.ts';

const idle = { since: NOW - DAY, until: NOW + DAY };
const zone = 'at' as Zone;

describe('creating', () => {
  const create = { type: 'create', userId: U, providerId: P, zone, createdAtNs: 7n } as const;

  it('makes an active guest without a subscription', () => {
    const state = after(undefined, act(undefined, create).events);
    expect(state).toEqual({ ...user('guest'), rev: 0, createdAtNs: 7n });
    expect([statusAt(state, NOW), subStatusAt(state, NOW)]).toEqual(['active', 'absent']);
  });

  it('R-2: nobody becomes a guest where the role is switched off', () => {
    const withoutGuests = context({ policy: { ...policy(), rolesEnabled: new Set(['basic', 'admin'] as const) } });
    const { events, refusal } = act(undefined, create, withoutGuests);
    expect(events).toEqual([]);
    expect(refusal).toMatchObject({ code: 'ROLE_DISABLED', rule: 'R-2' });
  });

  it('P-6: of a taken id nothing is said but that it is taken', () => {
    const { events, refusal } = act(user('company', { subscription: held('corp') }), create);
    expect(events).toEqual([]);
    expect(refusal).toMatchObject({ code: 'USER_ID_TAKEN', state: '' });
  });

  it('P-6: nothing else may be asked of a user that does not exist', () => {
    expect(() => act(undefined, { type: 'deactivate' })).toThrow(expect.objectContaining({ code: 'USER_NOT_FOUND' }));
    expect(() => evolve(undefined, { type: 'UserActivated' })).toThrow(RangeError);
  });
});

describe('R-4: status', () => {
  const inactive = { since: 1 };
  test.each([
    ['deactivate', user('basic'), ['UserDeactivated']],
    ['deactivate', user('basic', { inactive }), 'USER_ALREADY_INACTIVE'],
    ['activate', user('basic', { inactive }), ['UserActivated']],
    ['activate', user('basic'), 'USER_ALREADY_ACTIVE'],
  ] as const)('%s', (type, state, expected) => {
    const { events, refusal } = act(state, { type });
    expect(refusal?.code ?? told(events)).toEqual(expected);
    if (refusal) expect(refusal.possible).toEqual([type === 'activate' ? 'deactivate' : 'activate']);
  });

  it('what lies beneath is shown again: idle survives a spell of inactive', () => {
    let state = user('guest', { idle });
    const seen: string[] = [statusAt(state, NOW)];
    for (const type of ['deactivate', 'activate'] as const) {
      state = after(state, act(state, { type }).events);
      seen.push(statusAt(state, NOW));
    }
    expect(seen).toEqual(['idle', 'inactive', 'idle']);
  });
});

it('S-5: idle ends by itself at the reset', () => {
  const state = user('guest', { idle });
  expect(told(settle(state, context({ now: idle.until - 1 })))).toEqual([]);
  expect(told(settle(state, context({ now: idle.until })))).toEqual(['IdleEnded reset']);
});

describe('settling', () => {
  const everything = user('basic', {
    signing: signing('plus', { expiresAt: NOW + 4 }),
    subscription: held('pro', { cancelAt: NOW + 3 }),
    idle: { since: 0, until: NOW + 2 },
    verifications: [kyc('basic', { expiresAt: NOW + 5 }), kyc('advanced', { expiresAt: NOW + 1 })],
  });
  const inOrder = [
    'VerificationRecorded advanced expired',
    'IdleEnded reset',
    'SubscriptionEnded period-end',
    'SigningEnded expired',
    'VerificationRecorded basic expired',
    'RoleChanged basic->guest',
  ];

  it('acts in the order of the moments, on each once', () => {
    let state = everything;
    const seen: string[] = [];
    for (let now = NOW; now <= NOW + 6; now += 1) {
      expect(nextDue(state) ?? Infinity).toBeGreaterThanOrEqual(now);
      const events = settle(state, context({ now }));
      state = after(state, events);
      seen.push(...told(events));
    }
    expect(seen).toEqual(inOrder);
    expect(nextDue(state)).toBeUndefined();
    expect(told(settle(everything, context({ now: NOW + 99 })))).toEqual(inOrder);
  });

  it('its events come before those of the command', () => {
    const { events } = act(everything, { type: 'deactivate' }, context({ now: NOW + 2 }));
    expect(told(events)).toEqual(['VerificationRecorded advanced expired', 'IdleEnded reset', 'UserDeactivated']);
  });

  it('the order decides: a plan whose period ended first was not lost by the downgrade', () => {
    const state = user('advanced', {
      verifications: [kyc('basic'), kyc('advanced', { expiresAt: NOW - 1 })],
      subscription: held('adv', { cancelAt: NOW - 2 }),
    });
    expect(told(settle(state, context()))).toEqual([
      'SubscriptionEnded period-end',
      'VerificationRecorded advanced expired',
      'RoleChanged advanced->basic',
    ]);
    const other = { ...state, subscription: held('adv', { cancelAt: NOW }) };
    expect(told(settle(other, context()))).toEqual([
      'VerificationRecorded advanced expired',
      'RoleChanged advanced->basic',
      'SubscriptionEnded downgrade',
    ]);
  });

  it('of several at one moment: signing, subscription, idle, verification', () => {
    const state = user('advanced', {
      verifications: [kyc('basic', { expiresAt: NOW }), kyc('advanced')],
      idle: { since: 0, until: NOW },
      subscription: held('adv', { cancelAt: NOW, unresolvedAt: NOW, holds: [{ reason: 'admin', since: 0 }] }),
      signing: signing('pro', { expiresAt: NOW }),
    });
    expect(told(settle(state, context()))).toEqual([
      'SigningEnded expired',
      'SubscriptionEnded period-end',
      'IdleEnded reset',
      'VerificationRecorded basic expired',
      'RoleChanged advanced->basic',
      'RoleChanged basic->guest',
    ]);
  });

  it('P-2: for a stopped partner it waits, and is made up for when the partner starts', () => {
    const stopped = context({ now: NOW + 99, partnerStatus: 'stopped' });
    expect(settle(everything, stopped)).toEqual([]);
    expect(told(act(everything, { type: 'deactivate' }, stopped).events)).toEqual(['UserDeactivated']);
    expect(told(settle(everything, { ...stopped, partnerStatus: 'active' }))).toEqual(inOrder);
  });
});

describe('importing', () => {
  const imported = (over: Partial<ImportedUser> = {}): ImportedUser => ({
    userId: U,
    providerId: P,
    zone,
    createdAtNs: 1n,
    role: 'basic',
    inactive: false,
    verifications: [kyc('basic')],
    ...over,
  });
  const ladder = [kyc('basic'), kyc('advanced'), kyc('business')];
  const bring = (over: Partial<ImportedUser>, ctx = context()) => {
    const { events, refusal } = act(undefined, { type: 'import', user: imported(over) }, ctx);
    return refusal?.code ?? told(events).join('; ');
  };
  const pro = { planId: planId('pro'), planVersion: 1, anchor: 5, holds: [] };

  test.each([
    ['a guest', { role: 'guest', verifications: [] }, 'UserImported'],
    ['an admin', { role: 'admin', verifications: [] }, 'UserImported'],
    ['a basic user', {}, 'UserImported'],
    ['a basic user never verified', { verifications: [] }, 'VERIFICATION_REQUIRED'],
    [
      'a basic user under verification',
      { verifications: [kyc('basic', { state: 'pending' })] },
      'VERIFICATION_REQUIRED',
    ],
    [
      'a basic user whose verification has run out',
      { verifications: [kyc('basic', { expiresAt: NOW })] },
      'UserImported; VerificationRecorded basic expired; RoleChanged basic->guest',
    ],
    ['an advanced user', { role: 'advanced', verifications: ladder }, 'UserImported'],
    ['an advanced user without its verification', { role: 'advanced' }, 'GUARD_UNMET'],
    ['a company', { role: 'company', verifications: ladder }, 'UserImported'],
    ['a subscriber', { subscription: pro }, 'UserImported'],
    ['a guest with a plan', { role: 'guest', subscription: pro }, 'ROLE_NOT_ELIGIBLE'],
    ['an admin with a plan', { role: 'admin', subscription: pro }, 'ROLE_NOT_ELIGIBLE'],
    ['a plan for others', { subscription: { ...pro, planId: planId('corp') } }, 'PLAN_NOT_ELIGIBLE'],
    ['a plan no longer sold, still held', { subscription: { ...pro, planId: planId('old') } }, 'UserImported'],
  ] as const)('%s: %s', (_, over, expected) => {
    expect(bring(over)).toBe(expected);
  });

  it('R-2: a user of a role that is switched off keeps it', () => {
    const rolesEnabled = ROLES.filter((role) => role !== 'basic');
    expect(bring({}, context({ policy: policy({ rolesEnabled }) }))).toBe('UserImported');
  });

  it('B-9: a discontinued plan is not brought back', () => {
    expect(bring({ subscription: pro }, context({ plans: [plan('pro', {}, 1)] }))).toBe('PLAN_INACTIVE');
  });

  it('USER_ID_TAKEN', () => {
    expect(act(user('basic'), { type: 'import', user: imported() }).refusal?.code).toBe('USER_ID_TAKEN');
  });

  test.each([
    ['an unknown plan', { subscription: { ...pro, planId: planId('nope') } }, 'PLAN_NOT_FOUND'],
    ['an unknown version', { subscription: { ...pro, planVersion: 2 } }, 'PLAN_NOT_FOUND'],
    ['a verification twice', { verifications: [kyc('basic'), kyc('basic')] }, 'INVALID_ARGUMENT'],
    ['a hold twice', { subscription: { ...pro, holds: ['admin', 'admin'] } }, 'INVALID_ARGUMENT'],
  ] as const)('%s is a fault', (_, over, code) => {
    expect(() => bring(over)).toThrow(expect.objectContaining({ code }));
  });

  it('takes over status, holds and tie', () => {
    const transitions = { tiedTo: { basic: planId('pro') } };
    const ctx = context({ policy: policy({ subscription: { unresolvedMs: DAY }, transitions }) });
    const over = { inactive: true, idleUntil: NOW + 9, subscription: { ...pro, holds: ['admin'] as const } };
    const state = after(undefined, act(undefined, { type: 'import', user: imported(over) }, ctx).events);
    expect(state).toEqual({
      ...user('basic', { verifications: [kyc('basic')] }),
      rev: 0,
      inactive: { since: NOW },
      idle: { since: NOW, until: NOW + 9 },
      subscription: { ...pro, holds: [{ reason: 'admin', since: NOW }], unresolvedAt: NOW + DAY },
      roleTiedTo: 'pro',
    });
  });

  it('R-8: the other system vouches for what its verifications do not account for', () => {
    const guard = { kind: 'any_of', of: [{ kind: 'approval' }, { kind: 'verification', level: 'advanced' }] } as const;
    const ctx = context({ policy: policy({ transitions: { basicToAdvanced: guard } }) });
    const roleAfterLoss = (verifications: ImportedUser['verifications']) => {
      const user_ = imported({ role: 'advanced', verifications });
      const state = after(undefined, act(undefined, { type: 'import', user: user_ }, ctx).events);
      return after(state, settle(state, { ...ctx, now: NOW + DAY })).role;
    };
    const expiring = kyc('advanced', { expiresAt: NOW + DAY });
    expect(roleAfterLoss([kyc('basic'), expiring])).toBe('basic');
    expect(roleAfterLoss([kyc('basic')])).toBe('advanced');
  });
});
