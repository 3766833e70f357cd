import { Fault, REFUSALS, type Refusal, type RefusalCode } from '../errors.ts';
import { isSubscriber, mayHold } from '../plan/may-hold.ts';
import { versionOf, type PlanVersion } from '../plan/state.ts';
import type { Role } from '../values.ts';
import type { ImportedUser, UserContext, UserEvent } from './commands.ts';
import { VERIFICATIONS_MAX } from './evolve.ts';
import { guardOf, unmet, type GuardFacts } from './guards.ts';
import { rungsUpTo } from './role-ladder.ts';
import type { RoleGrounds, Subscription, UserState } from './state.ts';

/**
 * A user as another system kept it. The role is taken as it is, a switched-off one included: who is in it keeps it
 * . The importing system vouches for approvals, onboarding and plans once held; verifications must be among
 * the user's, though one that has run out may be there still: settling acts on it. Faults: PLAN_NOT_FOUND,
 * INVALID_ARGUMENT.
 */
export function decideImport(user: ImportedUser, context: UserContext): UserEvent | Refusal {
  requireSound(user);
  const missing = rungsUpTo(user.role).flatMap((role) => missingFor(role, user, context));
  if (missing.length > 0) {
    return refuseImport(
      missing.includes('basic verification') ? 'VERIFICATION_REQUIRED' : 'GUARD_UNMET',
      user,
      missing,
    );
  }
  const { subscription, inactive, idleUntil, ...kept } = user;
  if (subscription) {
    const version = requireVersion(subscription, context);
    if (!isSubscriber(user.role)) return refuseImport('ROLE_NOT_ELIGIBLE', user, []);
    if (context.plan(subscription.planId)?.discontinuedAt !== undefined) return refuseImport('PLAN_INACTIVE', user, []);
    if (!mayHold(user.role, version, context.policy.subscription.eligibility)) {
      return refuseImport('PLAN_NOT_ELIGIBLE', user, []);
    }
  }
  const { now, policy } = context;
  const tied = subscription && policy.transitions.tiedTo[user.role] === subscription.planId;
  const grounds = groundsOf(user, context);
  const state: Omit<UserState, 'rev' | 'kind'> = {
    ...kept,
    subBaseline: user.role === 'guest' ? 'absent' : 'unsigned',
    ...(inactive && { inactive: { since: now } }),
    ...(idleUntil !== undefined && { idle: { since: now, until: idleUntil } }),
    ...(subscription && { subscription: subscriptionOf(subscription, context) }),
    ...(tied && { roleTiedTo: subscription.planId }),
    ...(Object.keys(grounds).length > 0 && { roleGrounds: grounds }),
    planChanges: [],
  };
  return { type: 'UserImported', user: state };
}

function requireSound(user: ImportedUser): void {
  const ids = new Set(user.verifications.map(({ id }) => id));
  const reasons = new Set(user.subscription?.holds);
  const rules = [
    [ids.size === user.verifications.length, 'verifications', 'their ids are unique within the user'],
    [ids.size <= VERIFICATIONS_MAX, 'verifications', `at most ${VERIFICATIONS_MAX}`],
    [reasons.size === (user.subscription?.holds.length ?? 0), 'holds', 'each reason once'],
  ] as const;
  for (const [holds, field, rule] of rules) {
    if (!holds) throw new Fault('INVALID_ARGUMENT', `${field}: ${rule}`, { field, rule });
  }
}

function missingFor(role: Role, user: ImportedUser, context: UserContext): readonly string[] {
  const guard = guardOf(role, context.policy);
  return guard ? unmet(guard, factsOf(user, { holds: () => true, vouched: true })) : [];
}

function factsOf(user: ImportedUser, other: Pick<GuardFacts, 'holds'> & { readonly vouched: boolean }): GuardFacts {
  return {
    verified: (level) => user.verifications.some((each) => each.level === level && each.state === 'approved'),
    holds: other.holds,
    approved: other.vouched,
    onboarded: other.vouched,
  };
}

/** A step that the user's verifications and plan do not account for rests on what the other system vouches for. */
function groundsOf(user: ImportedUser, context: UserContext): Partial<Record<Role, RoleGrounds>> {
  const plans = user.subscription ? [user.subscription.planId] : [];
  const grounds: Partial<Record<Role, RoleGrounds>> = {};
  for (const role of rungsUpTo(user.role)) {
    const guard = guardOf(role, context.policy);
    if (!guard || role === 'basic') continue;
    const vouched =
      unmet(guard, factsOf(user, { holds: (planId) => plans.includes(planId), vouched: false })).length > 0;
    grounds[role] = { approved: vouched, onboarded: vouched, plans };
  }
  return grounds;
}

function requireVersion(held: Pick<Subscription, 'planId' | 'planVersion'>, context: UserContext): PlanVersion {
  const plan = context.plan(held.planId);
  const version = plan && versionOf(plan, held.planVersion);
  if (!version)
    throw new Fault('PLAN_NOT_FOUND', 'no such plan, or no such version of it', { field: 'plan_id', rule: 'B-4' });
  return version;
}

function subscriptionOf(
  imported: NonNullable<ImportedUser['subscription']>,
  { now, policy }: UserContext,
): Subscription {
  const { planId, planVersion, anchor } = imported;
  const { unresolvedMs } = policy.subscription;
  const runs = imported.holds.length > 0 && unresolvedMs !== undefined;
  const holds = imported.holds.map((reason) => ({ reason, since: now }));
  return { planId, planVersion, anchor, holds, ...(runs && { unresolvedAt: now + unresolvedMs }) };
}

function refuseImport(code: RefusalCode, user: ImportedUser, naming: readonly string[]): Refusal {
  const { rule, message } = REFUSALS[code];
  const plan = user.subscription ? ` plan=${user.subscription.planId}` : '';
  return {
    code,
    rule,
    message: naming.length === 0 ? message : `${message}: ${naming.join(', ')}`,
    state: `role=${user.role} status=absent${plan}`,
    possible: ['create'],
  };
}
