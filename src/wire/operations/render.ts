import type { Cause, Refusal } from '../../domain/errors.ts';
import { latest, type Entitlements, type PlanState } from '../../domain/plan/state.ts';
import type { PolicyProblem } from '../../domain/partner/policy.ts';
import type { Tuple, TupleKey } from '../../domain/relation/tuple.ts';
import { statusAt, subStatusAt, type UserState, type Verification } from '../../domain/user/state.ts';
import type { Millis } from '../../domain/values.ts';
import type { AuditEntry } from '../../ports/document-store.ts';
import type { PartnerView } from '../../services/replica.ts';
import type { SubscriptionView } from '../../services/subscriptions.ts';

/** Answers in the JSON form of the protos: booleans and numbers always there, absent fields absent. */

export function timestamp(moment: Millis): string {
  return new Date(moment).toISOString();
}

export const renderCauses = (causes: readonly Cause[]) =>
  causes.map(({ reason, rule, message, remedy }) => ({ reason, rule, message, remedy }));

/** The field with a moment, or no field. */
function momentIn<K extends string>(name: K, moment: Millis | undefined): { [N in K]?: string } {
  return (moment === undefined ? {} : { [name]: timestamp(moment) }) as { [N in K]?: string };
}

export function renderUser(user: UserState, now: Millis) {
  const idle = user.idle && now < user.idle.until ? user.idle.until : undefined;
  return {
    user_id: user.userId,
    provider_id: user.providerId,
    status: statusAt(user, now),
    type: user.role,
    zone: user.zone,
    sub_status: subStatusAt(user, now),
    created_at: timestamp(Number(user.createdAtNs / 1_000_000n)),
    ...momentIn('idle_until', idle),
    verifications: user.verifications.map(renderVerification),
    ...momentIn('review_since', user.enforcement?.review?.since),
  };
}

function renderVerification(verification: Verification) {
  const { id, level, state, source, expiresAt, evidenceRef, recordedAt } = verification;
  return {
    verification_id: id,
    level,
    state,
    source,
    ...momentIn('expires_at', expiresAt),
    ...(evidenceRef !== undefined && { evidence_ref: evidenceRef }),
    recorded_at: timestamp(recordedAt),
  };
}

export function renderSubscription(view: SubscriptionView) {
  return {
    user_id: view.userId,
    sub_status: view.subStatus,
    status: view.status,
    ...(view.planId !== undefined && { plan_id: view.planId }),
    ...(view.planVersion !== undefined && { plan_version: view.planVersion }),
    ...momentIn('since', view.since),
    ...momentIn('period_ends_at', view.periodEndsAt),
    ...momentIn('cancel_at', view.cancelAt),
    holds: [...view.holds],
  };
}

/** The newest version of a plan. */
export function renderPlan(plan: PlanState) {
  const version = latest(plan);
  return {
    plan_id: plan.planId,
    name: version.name,
    provider_id: plan.providerId,
    available_for: [...version.availableFor],
    price: { amount_minor: version.price.amountMinor, currency: version.price.currency },
    billing_cycle: version.billingCycle,
    active: version.active,
    version: version.version,
    entitlements: renderEntitlements(version.entitlements),
  };
}

function renderEntitlements({ features, permissions, quotas, sessions }: Entitlements) {
  return {
    features: [...features],
    permissions: [...permissions],
    ...(quotas && { quotas: { ...quotas } }),
    ...(sessions && {
      sessions: {
        ...(sessions.inactivityMs !== undefined && {
          inactivity_timeout_seconds: Math.round(sessions.inactivityMs / 1000),
        }),
        persistent: sessions.persistent ?? false,
      },
    }),
  };
}

export function renderRefusal({ code, rule, message, state, possible }: Refusal) {
  return { code, rule, message, state, possible: [...possible] };
}

export function renderPartner({ state, policy }: PartnerView) {
  return {
    provider_id: state.providerId,
    name: state.name,
    status: state.status,
    created_at: timestamp(state.createdAt),
    policy_version: state.policy.version,
    branding: {
      display_name: policy.branding.displayName,
      logo_url: policy.branding.logoUrl,
      support_contact: policy.branding.supportContact,
    },
  };
}

export function renderAuditEntry({ at, event, actor, cause, detail }: AuditEntry) {
  return { at: timestamp(at), event, actor: { kind: actor.kind, id: actor.id }, cause, detail };
}

export function renderProblem({ line, path, rule, message, severity }: PolicyProblem) {
  return { line, path, rule, message, severity };
}

export function renderTuple({ user, relation, object, condition }: Tuple) {
  return {
    user,
    relation,
    object,
    ...(condition && { condition: { name: condition.name, ...(condition.context && { context: condition.context }) } }),
  };
}

/** A relationship as requests carry it. */
export interface WireTupleKey extends TupleKey {
  readonly condition?: { readonly name: string; readonly context?: Readonly<Record<string, unknown>> };
}

/** The relationship of a request that has passed its schema; what it names is for the services to check. */
export function parseTupleKey({ user, relation, object, condition }: WireTupleKey): Tuple {
  return { user, relation, object, ...(condition && { condition }) };
}
