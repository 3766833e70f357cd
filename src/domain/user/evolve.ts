import type { Millis, Role } from '../values.ts';
import type { UserEvent } from './commands.ts';
import { isUpward } from './role-ladder.ts';
import type { RoleGrounds, Subscription, UserEnforcement, UserState, Verification } from './state.ts';

/** Verifications kept of a user; past it the oldest decided ones that hold no longer give way. */
export const VERIFICATIONS_MAX = 64;

/**
 * The user after an event: needs the event only, so that a log rebuilds the state. `rev` and `planChanges` are the
 * committer's and stay as they were, 0 and empty for a new user. Throws RangeError for an event that cannot have
 * happened to this state.
 */
export function evolve(state: UserState | undefined, event: UserEvent): UserState {
  if (event.type === 'UserCreated') {
    const { userId, providerId, zone, createdAtNs } = event;
    const empty = { verifications: [], subBaseline: 'absent', planChanges: [] } as const;
    return { kind: 'user', userId, providerId, rev: 0, createdAtNs, zone, role: 'guest', ...empty };
  }
  if (event.type === 'UserImported') return { kind: 'user', rev: 0, ...event.user };
  if (!state) throw new RangeError(`${event.type} of a user that does not exist`);
  return evolveExisting(state, event);
}

type Later = Exclude<UserEvent, { type: 'UserCreated' | 'UserImported' }>;

function evolveExisting(state: UserState, event: Later): UserState {
  switch (event.type) {
    case 'UserDeactivated':
      return { ...state, inactive: { since: event.at } };
    case 'UserActivated':
      return without(state, 'inactive');
    case 'UserIdled': {
      const idle = { since: state.idle?.since ?? event.at, until: event.until };
      return { ...takenIn(state, event.effectAt), idle };
    }
    case 'ReviewOpened': {
      const taken = takenIn(state, event.effectAt);
      return { ...taken, enforcement: { ...taken.enforcement, review: { since: event.at } } };
    }
    case 'ReviewCleared': {
      const cleared = without(state.enforcement ?? { appliedAt: 0 }, 'review');
      return {
        ...state,
        enforcement: event.cause === 'admin' ? { ...cleared, forgivenAt: event.at } : cleared,
      };
    }
    case 'EffectVoided':
      return takenIn(state, event.effectAt);
    case 'IdleEnded':
      return without(state, 'idle');
    case 'RoleChanged':
      return withRole(state, event);
    case 'VerificationRecorded':
      return { ...state, verifications: recorded(state.verifications, event.verification) };
    case 'SigningStarted': {
      const { planId, planVersion, at, expiresAt, codeHash, attempts } = event;
      return { ...state, signing: { planId, planVersion, startedAt: at, expiresAt, codeHash, attemptsLeft: attempts } };
    }
    case 'CodeRejected':
      if (!state.signing) throw new RangeError('a code was rejected, and none was asked for');
      return { ...state, signing: { ...state.signing, attemptsLeft: event.attemptsLeft } };
    case 'SigningEnded':
      return without(state, 'signing');
    case 'SubscriptionSigned':
    case 'SubscriptionSwitched': {
      const { planId, planVersion, at } = event;
      return { ...without(state, 'signing'), subscription: { planId, planVersion, anchor: at, holds: [] } };
    }
    case 'CancellationScheduled':
      return { ...state, subscription: { ...held(state), cancelAt: event.cancelAt } };
    case 'CancellationWithdrawn':
      return { ...state, subscription: without(held(state), 'cancelAt') };
    case 'SubscriptionSuspended': {
      const subscription = held(state);
      const unresolvedAt = subscription.unresolvedAt ?? event.unresolvedAt;
      const holds = [...subscription.holds, { reason: event.hold, since: event.at }];
      return {
        ...(event.effectAt === undefined ? state : takenIn(state, event.effectAt)),
        subscription: { ...subscription, holds, ...(unresolvedAt !== undefined && { unresolvedAt }) },
      };
    }
    case 'HoldLifted': {
      const subscription = held(state);
      const holds = subscription.holds.filter((hold) => hold.reason !== event.hold);
      const resolved = holds.length === 0 ? without(subscription, 'unresolvedAt') : subscription;
      return { ...state, subscription: { ...resolved, holds } };
    }
    case 'SubscriptionEnded':
      return { ...without(state, 'subscription'), subBaseline: 'unsigned' };
    case 'SubBaselineSet':
      return { ...state, subBaseline: event.baseline };
    default:
      return event satisfies never;
  }
}

function takenIn(state: UserState, effectAt: Millis): UserState & { readonly enforcement: UserEnforcement } {
  return { ...state, enforcement: { ...state.enforcement, appliedAt: effectAt } };
}

function withRole(state: UserState, event: Extract<UserEvent, { type: 'RoleChanged' }>): UserState {
  const { from, to, tiedTo, grounds } = event;
  const { roleGrounds, ...rest } = without(state, 'roleTiedTo');
  const kept: Partial<Record<Role, RoleGrounds>> = from === 'admin' || to === 'admin' ? {} : { ...roleGrounds };
  if (!isUpward(from, to)) delete kept[from];
  if (grounds) kept[to] = grounds;
  return {
    ...rest,
    role: to,
    ...(tiedTo !== undefined && { roleTiedTo: tiedTo }),
    ...(Object.keys(kept).length > 0 && { roleGrounds: kept }),
  };
}

function recorded(before: readonly Verification[], verification: Verification): readonly Verification[] {
  const known = before.some(({ id }) => id === verification.id);
  if (known) return before.map((each) => (each.id === verification.id ? verification : each));
  if (before.length < VERIFICATIONS_MAX) return [...before, verification];
  const gone = before.findIndex(({ state }) => state !== 'pending' && state !== 'approved');
  return [...before.filter((_, index) => index !== gone), verification];
}

function held(state: UserState): Subscription {
  if (!state.subscription) throw new RangeError('an event of a subscription, and there is none');
  return state.subscription;
}

function without<T extends object, K extends keyof T>(from: T, key: K): Omit<T, K> & { readonly [P in K]?: never } {
  const { [key]: _, ...rest } = from;
  return rest as Omit<T, K> & { readonly [P in K]?: never };
}
