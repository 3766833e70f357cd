import { Fault, REFUSALS, type Refusal, type RefusalCode } from '../errors.ts';
import type { Millis } from '../values.ts';
import type { PlanAuthoring, PlanEvent } from './events.ts';
import { latest, type PlanDefinition, type PlanState } from './state.ts';

export interface PlanDecision {
  readonly events: readonly PlanEvent[];
  readonly refusal?: Refusal;
}

/**
 * Decides on a plan (B-9). A definition equal by value to the newest version is no change; roles, features and
 * permissions are sets, their order says nothing. A discontinued id is retired. Discontinuing twice is one
 * discontinuing; discontinuing what never was is Fault PLAN_NOT_FOUND.
 */
export function decide(
  command: PlanAuthoring,
  state: PlanState | undefined,
  context: { readonly now: Millis },
): PlanDecision {
  switch (command.type) {
    case 'create':
    case 'define': {
      const { providerId, definition } = command;
      if (state?.discontinuedAt !== undefined) return refuse('PLAN_ID_RETIRED', state);
      if (state && command.type === 'create') return refuse('PLAN_ID_TAKEN', state);
      if (state && canonical(latest(state)) === canonical(definition)) return { events: [] };
      const version = { ...definition, version: (state?.versions.length ?? 0) + 1, at: context.now };
      return { events: [{ type: 'PlanDefined', providerId, version }] };
    }
    case 'discontinue':
      if (!state) throw new Fault('PLAN_NOT_FOUND', 'no such plan');
      if (state.discontinuedAt !== undefined) return { events: [] };
      return { events: [{ type: 'PlanDiscontinued', at: context.now }] };
    default:
      return command satisfies never;
  }
}

function refuse(code: RefusalCode, state: PlanState): PlanDecision {
  const retired = state.discontinuedAt !== undefined;
  const refusal: Refusal = {
    code,
    ...REFUSALS[code],
    state: `plan=${state.planId} version=${state.versions.length} discontinued=${retired}`,
    possible: retired ? ['create with another plan_id'] : ['define', 'discontinue'],
  };
  return { events: [], refusal };
}

/** A definition as text, the same for equal ones. */
function canonical(plan: PlanDefinition): string {
  const { quotas, sessions } = plan.entitlements;
  return JSON.stringify([
    plan.planId,
    plan.name,
    asSet(plan.availableFor),
    plan.price.amountMinor,
    plan.price.currency,
    plan.billingCycle,
    plan.active,
    asSet(plan.entitlements.features),
    asSet(plan.entitlements.permissions),
    quotas && [quotas.daily, quotas.weekly, quotas.grace],
    sessions && [sessions.inactivityMs, sessions.persistent],
  ]);
}

function asSet(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}
