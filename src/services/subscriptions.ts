import { periodEnd } from '../domain/calendar.ts';
import { mayHold } from '../domain/plan/may-hold.ts';
import { latest, versionOf, type PlanState } from '../domain/plan/state.ts';
import { statusAt, subscriptionAt, subStatusAt, type UserState } from '../domain/user/state.ts';
import type { HoldReason, Millis, PlanId, SubscriberRole, SubStatus, UserId, UserStatus } from '../domain/values.ts';
import { partnerOf, type Caller } from './caller.ts';
import type { Changes } from './change.ts';
import type { PartnerView } from './replica.ts';
import { settledUser } from './settled-user.ts';

/** What a user has of a subscription at a moment, with what has run out by then left aside. Plain, storable. */
export interface SubscriptionView {
  readonly userId: UserId;
  readonly subStatus: SubStatus;
  readonly status: UserStatus;
  /** The plan held or suspended, else the one that waits for its code. */
  readonly planId?: PlanId;
  readonly planVersion?: number;
  /** The anchor of the billing periods; of a signing, its start. */
  readonly since?: Millis;
  readonly periodEndsAt?: Millis;
  readonly cancelAt?: Millis;
  readonly holds: readonly HoldReason[];
}

export interface PlanFilter {
  readonly providerId?: string | undefined;
  /** Plans open to one of these roles; all when absent or empty. */
  readonly roles?: readonly SubscriberRole[] | undefined;
  readonly activeOnly?: boolean | undefined;
}

/** Reads of plans and of the subscriptions to them. */
export class SubscriptionService {
  readonly #changes: Changes;

  constructor(changes: Changes) {
    this.#changes = changes;
  }

  /** USER_NOT_FOUND for an unknown user and for one of another partner (P-6). */
  async get(
    caller: Caller,
    request: { readonly providerId?: string | undefined; readonly userId: UserId },
  ): Promise<SubscriptionView> {
    const providerId = partnerOf(caller, request.providerId);
    const view = this.#changes.partner(providerId);
    const state = await this.#changes.user(providerId, request.userId);
    return subscriptionView(state, view, this.#changes.now());
  }

  /**
   * The plans of a partner by id, each with its newest version; discontinued ones are left out (B-9). With `roles`, those
   * open to one of them (B-3).
   */
  plans(caller: Caller, request: PlanFilter): PlanState[] {
    const { plans, policy } = this.#changes.partner(partnerOf(caller, request.providerId));
    const { eligibility } = policy.subscription;
    const roles = request.roles ?? [];
    return [...plans.values()]
      .filter((plan) => plan.discontinuedAt === undefined)
      .filter((plan) => request.activeOnly !== true || latest(plan).active)
      .filter((plan) => roles.length === 0 || roles.some((role) => mayHold(role, latest(plan), eligibility)))
      .sort((a, b) => (a.planId < b.planId ? -1 : 1));
  }
}

/** The view of one user at `now`. */
export function subscriptionView(unsettled: UserState, view: PartnerView, now: Millis): SubscriptionView {
  const state = settledUser(unsettled, view, now);
  const standing = { userId: state.userId, subStatus: subStatusAt(state, now), status: statusAt(state, now) };
  const held = subscriptionAt(state, now);
  if (held) {
    const plan = view.plans.get(held.planId);
    const version = plan && versionOf(plan, held.planVersion);
    return {
      ...standing,
      planId: held.planId,
      planVersion: held.planVersion,
      since: held.anchor,
      ...(version && { periodEndsAt: periodEnd(held.anchor, version.billingCycle, view.policy.timeZone, now) }),
      ...(held.cancelAt !== undefined && { cancelAt: held.cancelAt }),
      holds: held.holds.map((hold) => hold.reason),
    };
  }
  const { signing } = state;
  if (signing && now < signing.expiresAt) {
    const { planId, planVersion, startedAt } = signing;
    return { ...standing, planId, planVersion, since: startedAt, holds: [] };
  }
  return { ...standing, holds: [] };
}
