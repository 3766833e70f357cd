import { causesOfQuestion, causesOfStatus } from '../domain/decision/decide-check.ts';
import { targetOf, type Question } from '../domain/decision/question.ts';
import { cause, type Cause } from '../domain/errors.ts';
import type { Policy } from '../domain/partner/policy.ts';
import { mayHold } from '../domain/plan/may-hold.ts';
import { latest, versionOf, type Entitlements } from '../domain/plan/state.ts';
import type { AdmissionTerms, Lift, QuotaTerms } from '../domain/session/state.ts';
import { quotaOf, sessionRulesOf } from '../domain/session/terms.ts';
import { subscriptionAt, type UserState } from '../domain/user/state.ts';
import type { Millis, Role } from '../domain/values.ts';
import { askOf, optionsOf, type RequestFacts } from './circumstances.ts';
import type { PartnerView } from './replica.ts';

/** Operations admitted in these roles count in the windows of either (domain §9). */
const COUNTED: ReadonlySet<Role> = new Set(['guest', 'basic']);

/** What the plan that a user holds signed at a moment gives; undefined without one (B-12). */
export function entitlementsAt(view: PartnerView, user: UserState, now: Millis): Entitlements | undefined {
  const held = subscriptionAt(user, now);
  if (!held || held.holds.length > 0) return undefined;
  const plan = view.plans.get(held.planId);
  return plan && versionOf(plan, held.planVersion)?.entitlements;
}

interface Asked extends RequestFacts {
  readonly question?: Question | undefined;
  readonly cost: number;
}

/** The terms on which an operation of this user, settled, is admitted now: its limits, and what stands in the way besides them. */
export function termsOf(view: PartnerView, user: UserState, now: Millis, asked: Asked): AdmissionTerms {
  const { policy } = view;
  const { question, cost } = asked;
  const { role, idle, enforcement } = user;
  const entitlements = entitlementsAt(view, user, now);
  const quota = quotaOf(policy, role, entitlements, question?.kind === 'permission' ? question.name : undefined);
  const held = subscriptionAt(user, now);
  return {
    role,
    ...(quota && { quota }),
    lifts: quota ? liftsOf(view, role, quota) : [],
    warningShare: policy.warningShare,
    timeZone: policy.timeZone,
    sessionRules: sessionRulesOf(policy, role, entitlements),
    counted: COUNTED.has(role),
    cost,
    ...(idle && { idle: { until: idle.until, liftable: quota !== undefined && isRaised(policy, role, quota) } }),
    reviewOpen: enforcement?.review !== undefined,
    ...(enforcement?.forgivenAt !== undefined && { forgivenAt: enforcement.forgivenAt }),
    suspendable: held !== undefined && held.holds.length === 0,
    appliedAt: enforcement?.appliedAt ?? 0,
    ...causesAround(view, user, now, asked),
  };
}

/** Whether a plan raises what a user of this role has without one: only that ends an idle before its time (domain §9). */
function isRaised({ quotas }: Policy, role: Role, { daily, weekly, grace }: QuotaTerms): boolean {
  const without = role === 'basic' ? quotas[role] : undefined;
  return without !== undefined && (daily > without.daily || weekly > without.weekly || grace > 0);
}

/** What stands in the way before and after session and quota in the order of R-5. */
function causesAround(
  view: PartnerView,
  { userId, idle }: UserState,
  now: Millis,
  asked: Asked,
): Pick<AdmissionTerms, 'causesBefore' | 'causesAfter'> {
  const { question } = asked;
  const ask = askOf(view, userId, optionsOf(userId, question, now, asked));
  const causesBefore = causesOfStatus(view, ask, false);
  if (!question) return { causesBefore, causesAfter: [] };
  const target = targetOf(question, view);
  const verdict = ask(target.object, target.relation);
  if (verdict.allowed) return { causesBefore, causesAfter: [] };
  const causesAfter: Cause[] = causesOfQuestion(userId, question, verdict, view, ask);
  // Idle withholds it too, and is not of these causes.
  const isExplained = idle !== undefined || causesBefore.length + causesAfter.length > 0;
  return { causesBefore, causesAfter: isExplained ? causesAfter : [cause('NO_GRANT')] };
}

/** What a user of this role can do about its limits: a guest verifies itself, others hold a plan that raises them (S-7). */
function liftsOf({ policy, plans }: PartnerView, role: Role, quota: QuotaTerms): readonly Lift[] {
  if (role === 'guest') return policy.rolesEnabled.has('basic') ? [{ kind: 'verification', level: 'basic' }] : [];
  const lifts: Lift[] = [];
  for (const plan of plans.values()) {
    const version = latest(plan);
    const { daily = 0, weekly = 0, grace = 0 } = version.entitlements.quotas ?? {};
    const raises = daily > quota.daily || weekly > quota.weekly || grace > quota.grace;
    if (!raises || !version.active || plan.discontinuedAt !== undefined) continue;
    if (mayHold(role, version, policy.subscription.eligibility)) lifts.push({ kind: 'plan', planId: plan.planId });
  }
  return lifts;
}
