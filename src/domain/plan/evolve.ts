import type { PlanEvent } from './events.ts';
import type { PlanState } from './state.ts';

/** The plan after an event. `rev` is the committer's: it stays as it was, 0 for a new plan. */
export function evolve(state: PlanState | undefined, event: PlanEvent): PlanState {
  switch (event.type) {
    case 'PlanDefined':
      if (!state) {
        const { providerId, version } = event;
        return { kind: 'plan', planId: version.planId, providerId, rev: 0, versions: [version] };
      }
      return { ...state, versions: [...state.versions, event.version] };
    case 'PlanDiscontinued':
      if (!state) throw new RangeError('a plan that does not exist cannot be discontinued');
      return { ...state, discontinuedAt: event.at };
    default:
      return event satisfies never;
  }
}
