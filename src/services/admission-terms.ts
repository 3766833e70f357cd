import { causesOfQuestion, causesOfStatus } from '../domain/decision/decide-check.ts';
import { targetOf, type Question } from '../domain/decision/question.ts';
import { cause } from '../domain/errors.ts';
import type { Entitlements } from '../domain/plan/state.ts';
import { versionOf } from '../domain/plan/state.ts';
import type { AdmissionTerms } from '../domain/session/state.ts';
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

/** The terms on which an operation of this user is admitted now: its limits, and what stands in the way besides them. */
export function termsOf(
  view: PartnerView,
  user: UserState,
  now: Millis,
  asked: { readonly question?: Question | undefined; readonly cost: number } & RequestFacts,
): AdmissionTerms {
  const { policy } = view;
  const { question } = asked;
  const ask = askOf(view, user.userId, optionsOf(user.userId, question, now, asked));
  const entitlements = entitlementsAt(view, user, now);
  const quota = quotaOf(policy, user.role, entitlements);
  const target = question && targetOf(question, view);
  const verdict = target && ask(target.object, target.relation);
  const causesBefore = causesOfStatus(view, ask, true);
  let causesAfter =
    question && verdict && !verdict.allowed ? causesOfQuestion(user.userId, question, verdict, view, ask) : [];
  if (verdict && !verdict.allowed && causesBefore.length + causesAfter.length === 0) causesAfter = [cause('NO_GRANT')];
  return {
    ...(quota && { quota }),
    warningShare: policy.warningShare,
    timeZone: policy.timeZone,
    sessionRules: sessionRulesOf(policy, user.role, entitlements),
    counted: COUNTED.has(user.role),
    cost: asked.cost,
    causesBefore,
    causesAfter,
  };
}
