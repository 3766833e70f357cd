import type { BillingCycle, Millis, PlanId, ProviderId, SubscriberRole } from '../values.ts';

/** What a plan gives its holder, while signed only (B-12). */
export interface Entitlements {
  readonly features: readonly string[];
  readonly permissions: readonly string[];
  /** Raises quotas; nothing lowers them (S-7). */
  readonly quotas?: { readonly daily?: number; readonly weekly?: number; readonly grace?: number };
  readonly sessions?: { readonly inactivityMs?: number; readonly persistent?: boolean };
}

/** What an author says of a plan. Two definitions that are equal by value are the same version. */
export interface PlanDefinition {
  readonly planId: PlanId;
  readonly name: string;
  readonly availableFor: readonly SubscriberRole[];
  readonly price: { readonly amountMinor: number; readonly currency: string };
  readonly billingCycle: BillingCycle;
  readonly active: boolean;
  readonly entitlements: Entitlements;
}

export interface PlanVersion extends PlanDefinition {
  /** From 1, without gaps. */
  readonly version: number;
  readonly at: Millis;
}

/** One plan with all its versions, oldest first: running subscriptions keep theirs (B-9). */
export interface PlanState {
  readonly kind: 'plan';
  readonly planId: PlanId;
  readonly providerId: ProviderId;
  readonly rev: number;
  readonly versions: readonly PlanVersion[];
  /** A discontinued plan's id is never used again. */
  readonly discontinuedAt?: Millis;
}

/** The newest version: what can be subscribed now. */
export function latest(plan: PlanState): PlanVersion {
  const version = plan.versions.at(-1);
  if (!version) throw new RangeError(`plan ${plan.planId} has no version`);
  return version;
}

export function versionOf(plan: PlanState, version: number): PlanVersion | undefined {
  return plan.versions[version - 1];
}
