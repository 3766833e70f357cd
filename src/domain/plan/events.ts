import type { Millis, ProviderId } from '../values.ts';
import type { PlanDefinition, PlanVersion } from './state.ts';

/** What may be asked of a plan document. */
export type PlanAuthoring =
  /** A plan that must be new. */
  | { readonly type: 'create'; readonly providerId: ProviderId; readonly definition: PlanDefinition }
  /** A plan as its author wants it: new, a new version, or as it is already. */
  | { readonly type: 'define'; readonly providerId: ProviderId; readonly definition: PlanDefinition }
  /** For good: the id is never used again (B-9). */
  | { readonly type: 'discontinue' };

/** What happened to a plan. */
export type PlanEvent =
  | { readonly type: 'PlanDefined'; readonly providerId: ProviderId; readonly version: PlanVersion }
  | { readonly type: 'PlanDiscontinued'; readonly at: Millis };
