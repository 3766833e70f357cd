import type { PlanState } from '../plan/state.ts';
import type { PartnerState } from './state.ts';

/**
 * A plan as the policy in force has it: its versions up to the one that came with that policy. Undefined for a plan of a
 * policy that is not applied: one commit of the partner document puts all plans of a file into force (P-3).
 */
export function planInForce(plan: PlanState, { policy }: PartnerState): PlanState | undefined {
  const newest = Object.hasOwn(policy.planVersions, plan.planId) ? policy.planVersions[plan.planId] : undefined;
  if (newest === undefined) return undefined;
  return newest >= plan.versions.length ? plan : { ...plan, versions: plan.versions.slice(0, newest) };
}
