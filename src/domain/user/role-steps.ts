import { mayHold } from '../plan/may-hold.ts';
import { versionOf } from '../plan/state.ts';
import type { PlanId, Role } from '../values.ts';
import type { UserContext, UserEvent } from './commands.ts';
import type { Ledger } from './ledger.ts';
import { brokenRung, factsAt, guardOf, unmet } from './guards.ts';
import { above, below, isUpward, rungsUpTo } from './role-ladder.ts';
import type { UserState } from './state.ts';

/** What a role change rests on. */
export interface StepEvidence {
  readonly approved: boolean;
  readonly onboarded: boolean;
}

const BY_ITSELF: StepEvidence = { approved: false, onboarded: false };

/**
 * Makes one edge of the role diagram and what follows from it, guards not looked at: a climb ends idle
 * and a review (S-8), guest and admin end signing and subscription, a fall ends a plan that the new role may not hold, any move a
 * signing for such a plan.
 */
export function moveRole(ledger: Ledger, to: Role, reason: string, evidence: StepEvidence, context: UserContext): void {
  const from = ledger.state.role;
  const upward = isUpward(from, to);
  if (upward && ledger.state.idle) ledger.add({ type: 'IdleEnded', cause: 'promotion' });
  if (upward && ledger.state.enforcement?.review) {
    ledger.add({ type: 'ReviewCleared', cause: 'promotion', at: context.now });
  }
  ledger.add(roleChanged(ledger.state, to, reason, evidence, context));
  if (to === 'basic' && ledger.state.subBaseline === 'absent')
    ledger.add({ type: 'SubBaselineSet', baseline: 'unsigned' });
  followRole(ledger, upward, context);
}

/** The tie that a role has from now on: its own, else on a climb that of the roles below it. */
function roleChanged(
  state: UserState,
  to: Role,
  reason: string,
  evidence: StepEvidence,
  { policy }: UserContext,
): Extract<UserEvent, { type: 'RoleChanged' }> {
  const from = state.role;
  const held = state.subscription?.planId;
  const own = policy.transitions.tiedTo[to];
  const upward = isUpward(from, to);
  const wasTied = state.roleTiedTo;
  const tiedTo = upward ? (own !== undefined && own === held ? own : wasTied) : own === wasTied ? wasTied : undefined;
  const guarded = upward && to !== 'basic';
  const signed = held !== undefined && state.subscription?.holds.length === 0;
  return {
    type: 'RoleChanged',
    from,
    to,
    reason,
    ...(tiedTo !== undefined && { tiedTo }),
    ...(guarded && {
      grounds: { approved: evidence.approved, onboarded: evidence.onboarded, plans: signed ? [held] : [] },
    }),
  };
}

function followRole(ledger: Ledger, upward: boolean, context: UserContext): void {
  const { role, signing, subscription } = ledger.state;
  const holdsNone = role === 'guest' || role === 'admin';
  if (signing && !roleMayHold(role, signing, context)) ledger.add({ type: 'SigningEnded', cause: 'role' });
  if (subscription && !upward && !roleMayHold(role, subscription, context)) {
    endSubscription(ledger, 'downgrade', context);
  }
  if (holdsNone && ledger.state.subBaseline !== 'unsigned')
    ledger.add({ type: 'SubBaselineSet', baseline: 'unsigned' });
}

function roleMayHold(role: Role, held: { planId: PlanId; planVersion: number }, context: UserContext): boolean {
  const plan = context.plan(held.planId);
  const version = plan && versionOf(plan, held.planVersion);
  return version !== undefined && mayHold(role, version, context.policy.subscription.eligibility);
}

/** Ends the subscription, and the role that was tied to it. */
export function endSubscription(
  ledger: Ledger,
  cause: Extract<UserEvent, { type: 'SubscriptionEnded' }>['cause'],
  context: UserContext,
): void {
  const { subscription } = ledger.state;
  if (!subscription) return;
  const tied = ledger.state.roleTiedTo;
  ledger.add({ type: 'SubscriptionEnded', cause });
  if (tied === subscription.planId) loseTie(ledger, tied, context);
}

/** Takes back the role that was tied to a plan. */
export function loseTie(ledger: Ledger, planId: PlanId, context: UserContext): void {
  const target = roleWithoutTie(ledger.state.role, planId, context);
  fallTo(ledger, target, `R-8: the subscription to ${planId} ended`, context);
}

/**
 * The role that is left of this one when the plan that it is tied to goes: below every role in a row that is tied to
 * it.
 */
export function roleWithoutTie(role: Role, planId: PlanId, context: UserContext): Role {
  let left = below(role) ?? role;
  while (context.policy.transitions.tiedTo[left] === planId) left = below(left) ?? 'guest';
  return enterable(left, context);
}

/**
 * Single steps down to the target, and on past roles that the partner has switched off: nobody enters those. What
 * follows from a role follows from the last one only.
 */
function fallTo(ledger: Ledger, target: Role, reason: string, context: UserContext): void {
  const before = ledger.state.role;
  for (let to = below(before); to && isUpward(target, ledger.state.role); to = below(to)) {
    ledger.add(roleChanged(ledger.state, to, reason, BY_ITSELF, context));
  }
  if (ledger.state.role !== before) followRole(ledger, false, context);
}

/** The first role from this one downwards that may be entered; guest always may. */
function enterable(role: Role, { policy }: UserContext): Role {
  let left = role;
  while (left !== 'guest' && !policy.rolesEnabled.has(left)) left = below(left) ?? 'guest';
  return left;
}

/** After a verification was lost: falls below the lowest role whose condition that broke. */
export function fallAfterLoss(ledger: Ledger, before: UserState, reason: string, context: UserContext): void {
  const broken = brokenRung(rungsUpTo(ledger.state.role), before, ledger.state, context.policy);
  const target = broken && below(broken);
  if (target) fallTo(ledger, enterable(target, context), reason, context);
}

/**
 * Climbs as far as the policy promotes by itself and the conditions hold (domain §9). The step to basic only right
 * after a basic verification was approved: a guest by an admin's decision is not promoted by anything else.
 */
export function climb(ledger: Ledger, basicApproved: boolean, context: UserContext): void {
  for (let to = above(ledger.state.role); to; to = above(ledger.state.role)) {
    if (modeOf(to, context) !== 'auto' || !context.policy.rolesEnabled.has(to)) return;
    if (to === 'basic' && !basicApproved) return;
    const guard = guardOf(to, context.policy);
    if (!guard || unmet(guard, factsAt(ledger.state, context.now, BY_ITSELF)).length > 0) return;
    const reason = to === 'basic' ? 'R-6: basic verification approved' : `R-7: the conditions of ${to} are met`;
    moveRole(ledger, to, reason, BY_ITSELF, context);
  }
}

function modeOf(to: Role, { policy }: UserContext): 'auto' | 'call' {
  const { promoteToBasic, promoteToAdvanced, promoteToCompany } = policy.transitions;
  switch (to) {
    case 'basic':
      return promoteToBasic;
    case 'advanced':
      return promoteToAdvanced;
    case 'company':
      return promoteToCompany;
    case 'guest':
    case 'admin':
      return 'call';
    default:
      return to satisfies never;
  }
}
