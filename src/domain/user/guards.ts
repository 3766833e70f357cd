import type { Guard, Policy } from '../partner/policy.ts';
import type { Millis, PlanId, Role } from '../values.ts';
import type { RoleGrounds, UserState, VerificationLevel } from './state.ts';

/** What the conditions of a step are asked of. */
export interface GuardFacts {
  verified(level: VerificationLevel): boolean;
  holds(planId: PlanId): boolean;
  readonly approved: boolean;
  readonly onboarded: boolean;
}

const KYC: Guard = { kind: 'verification', level: 'basic' };

/** The condition of the step up to a role; undefined for guest and admin, which no condition opens. */
export function guardOf(role: Role, policy: Policy): Guard | undefined {
  switch (role) {
    case 'basic':
      return KYC;
    case 'advanced':
      return policy.transitions.basicToAdvanced;
    case 'company':
      return policy.transitions.advancedToCompany;
    case 'guest':
    case 'admin':
      return undefined;
    default:
      return role satisfies never;
  }
}

/** What is still missing, in words; empty when the condition is met. An `any_of` of nothing is never met. */
export function unmet(guard: Guard, facts: GuardFacts): readonly string[] {
  switch (guard.kind) {
    case 'verification':
      return facts.verified(guard.level) ? [] : [`${guard.level} verification`];
    case 'plan':
      return facts.holds(guard.planId) ? [] : [`plan ${guard.planId}`];
    case 'approval':
      return facts.approved ? [] : ['approval'];
    case 'onboarding':
      return facts.onboarded ? [] : ['onboarding'];
    case 'any_of': {
      const missing = guard.of.map((each) => unmet(each, facts));
      if (missing.some((each) => each.length === 0)) return [];
      return [missing.length === 0 ? 'a condition' : missing.map((each) => each.join(' and ')).join(' or ')];
    }
    case 'all_of':
      return guard.of.flatMap((each) => unmet(each, facts));
    default:
      return guard satisfies never;
  }
}

/** The facts for a step upwards at a moment: approved and unexpired verifications, a plan held `signed`. */
export function factsAt(
  state: UserState,
  now: Millis,
  evidence: { readonly approved: boolean; readonly onboarded: boolean },
): GuardFacts {
  return {
    verified: (level) =>
      state.verifications.some(
        (each) =>
          each.level === level && each.state === 'approved' && (each.expiresAt === undefined || now < each.expiresAt),
      ),
    holds: (planId) => state.subscription?.planId === planId && state.subscription.holds.length === 0,
    approved: evidence.approved,
    onboarded: evidence.onboarded,
  };
}

/**
 * The lowest role, up to the present one, whose condition stood with the state before and stands no longer:
 * undefined when nothing was lost. What a step rested on beside verifications goes on counting (`RoleGrounds`).
 */
export function brokenRung(
  rungs: readonly Role[],
  before: UserState,
  after: UserState,
  policy: Policy,
): Role | undefined {
  return rungs.find((role) => {
    const guard = guardOf(role, policy);
    if (!guard) return false;
    return unmet(guard, standing(before, role)).length === 0 && unmet(guard, standing(after, role)).length > 0;
  });
}

const NO_GROUNDS: RoleGrounds = { approved: false, onboarded: false, plans: [] };

function standing(state: UserState, role: Role): GuardFacts {
  const grounds = state.roleGrounds?.[role] ?? NO_GROUNDS;
  return {
    verified: (level) => state.verifications.some((each) => each.level === level && each.state === 'approved'),
    holds: (planId) => state.subscription?.planId === planId || grounds.plans.includes(planId),
    approved: grounds.approved,
    onboarded: grounds.onboarded,
  };
}
