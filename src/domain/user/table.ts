import type { RefusalCode } from '../errors.ts';
import { isSubscriber } from '../plan/may-hold.ts';
import { HOLD_REASONS, ROLES, type Role } from '../values.ts';
import type { PlanCommand, UserContext } from './commands.ts';
import { factsAt, guardOf, unmet } from './guards.ts';
import { isEdge, isUpward } from './role-ladder.ts';
import type { UserState, VerificationState } from './state.ts';

export type PlanAction = PlanCommand['type'];

export const PLAN_ACTIONS = [
  'subscribe',
  'confirm',
  'cancel',
  'keep',
  'suspend',
  'restore',
  'switch',
] as const satisfies readonly PlanAction[];

/**
 * The subscription diagram: whether an action is open in a state, whatever plan, code or hold it names; undefined when
 * it is. The order of the checks is the precedence of the codes: partner, user, role, signing, subscription, policy,
 * its standing.
 */
export function planGate(action: PlanAction, state: UserState, context: UserContext): RefusalCode | undefined {
  if (context.partnerStatus === 'stopped') return 'PARTNER_STOPPED';
  if (state.inactive) return 'USER_INACTIVE';
  const { signing, subscription } = state;
  switch (action) {
    case 'subscribe':
      if (!isSubscriber(state.role)) return 'ROLE_NOT_ELIGIBLE';
      if (signing) return 'SIGNING_IN_PROGRESS';
      return subscription && 'ALREADY_SUBSCRIBED';
    case 'confirm':
      return signing ? standingGate(state) : 'NOT_SIGNING';
    case 'cancel':
      return signing || subscription ? undefined : 'NOT_SUBSCRIBED';
    case 'keep':
      if (!subscription) return 'NOT_SUBSCRIBED';
      return subscription.cancelAt === undefined ? 'NO_CANCELLATION_PENDING' : undefined;
    case 'suspend':
      if (!subscription) return 'NOT_SUBSCRIBED';
      return subscription.holds.length === HOLD_REASONS.length ? 'ALREADY_SUSPENDED' : undefined;
    case 'restore':
      if (!subscription) return 'NOT_SUBSCRIBED';
      return subscription.holds.length === 0 ? 'NOT_SUSPENDED' : undefined;
    case 'switch':
      if (!isSubscriber(state.role)) return 'ROLE_NOT_ELIGIBLE';
      if (signing) return 'SIGNING_IN_PROGRESS';
      if (!subscription) return 'NOT_SUBSCRIBED';
      if (!context.policy.subscription.switching) return 'SWITCHING_NOT_ALLOWED';
      return standingGate(state);
    default:
      return action satisfies never;
  }
}

/** A subscription that is to be switched is neither suspended nor about to end (domain §9). */
function standingGate({ subscription }: UserState): RefusalCode | undefined {
  if (subscription && subscription.holds.length > 0) return 'SUBSCRIPTION_SUSPENDED';
  return subscription?.cancelAt === undefined ? undefined : 'CANCELLATION_PENDING';
}

export interface RoleAsk {
  readonly approved: boolean;
  readonly onboarded: boolean;
  readonly byAdministration: boolean;
}

/**
 * The role diagram: whether the user may be moved to a role by a call; undefined when it may. Order:
 * diagram, partner's roles, actor, condition. `missing`: what a condition lacks, in words.
 */
export function roleGate(
  to: Role,
  ask: RoleAsk,
  state: UserState,
  context: UserContext,
): { readonly code: RefusalCode; readonly missing: readonly string[] } | undefined {
  const from = state.role;
  if (from === to) return { code: 'SAME_ROLE', missing: [] };
  if (!isEdge(from, to)) return { code: 'NOT_ONE_STEP', missing: [] };
  if (!context.policy.rolesEnabled.has(to)) return { code: 'ROLE_DISABLED', missing: [] };
  if ((from === 'admin' || to === 'admin') && !ask.byAdministration) return { code: 'ACTOR_NOT_ALLOWED', missing: [] };
  const guard = isUpward(from, to) ? guardOf(to, context.policy) : undefined;
  const missing = guard ? unmet(guard, factsAt(state, context.now, ask)) : [];
  if (missing.length === 0) return undefined;
  return { code: to === 'basic' ? 'VERIFICATION_REQUIRED' : 'GUARD_UNMET', missing };
}

/** K-1: where a verification may go from a state. */
export const VERIFICATION_EDGES: Readonly<Record<VerificationState, readonly VerificationState[]>> = {
  pending: ['approved', 'rejected'],
  approved: ['expired', 'revoked'],
  rejected: [],
  expired: [],
  revoked: [],
};

/** What a refused change was about. */
export type Subject =
  | { readonly kind: 'plan' }
  | { readonly kind: 'role'; readonly ask: RoleAsk }
  | { readonly kind: 'status' }
  | { readonly kind: 'review' }
  | { readonly kind: 'verification'; readonly state: VerificationState | undefined };

/**
 * What is possible instead of a refused change, in this state (B-11): actions by their wire names, with the value that
 * they would take where only one does. Each of them passes its gate. Where no plan action is open, the ways towards
 * one.
 */
export function possibleInstead(subject: Subject, state: UserState, context: UserContext): readonly string[] {
  switch (subject.kind) {
    case 'plan': {
      const open = PLAN_ACTIONS.filter((action) => planGate(action, state, context) === undefined);
      if (open.length > 0 || context.partnerStatus === 'stopped') return open;
      if (state.inactive) return ['activate'];
      return roleMoves({ approved: false, onboarded: false, byAdministration: true }, state, context);
    }
    case 'role':
      return roleMoves(subject.ask, state, context);
    case 'status':
      return [state.inactive ? 'activate' : 'deactivate'];
    case 'review':
      return state.enforcement?.review ? ['clear_review'] : [];
    case 'verification':
      if (!subject.state) return ['record_verification:pending'];
      if (VERIFICATION_EDGES[subject.state].length === 0) return ['record_verification'];
      return VERIFICATION_EDGES[subject.state].map((next) => `record_verification:${next}`);
    default:
      return subject satisfies never;
  }
}

/** Role changes that a call may make now; with them, a verification where the next step waits for a condition. */
function roleMoves(ask: RoleAsk, state: UserState, context: UserContext): string[] {
  const gates = ROLES.map((to) => ({ to, gate: roleGate(to, ask, state, context) }));
  const waits = gates.some(({ gate }) => gate?.code === 'VERIFICATION_REQUIRED' || gate?.code === 'GUARD_UNMET');
  const moves = gates.filter(({ gate }) => gate === undefined).map(({ to }) => `change_role:${to}`);
  return waits ? [...moves, 'record_verification'] : moves;
}
