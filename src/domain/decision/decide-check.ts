import { byPrecedence, cause, type Cause, type Reason } from '../errors.ts';
import { object, plansOfFeature } from '../projection.ts';
import type { Verdict } from '../relation/check.ts';
import type { UserId } from '../values.ts';
import { targetOf, type Question, type Vocabulary } from './question.ts';

/** Asks the relationships of the partner about the user in question: is it related to `object` by `relation`? */
export type Ask = (object: string, relation: string) => Verdict;

/** A decision: allowed, or denied with its first reason. `causes` is empty when allowed. */
export interface Decision {
  readonly allowed: boolean;
  readonly reason: Reason;
  readonly causes: readonly Cause[];
}

export const ALLOWED: Decision = { allowed: true, reason: 'ALLOWED', causes: [] };

/** The decision that a set of causes amounts to, in the order of R-5. */
export function decisionOf(causes: readonly Cause[]): Decision {
  const [first, ...rest] = byPrecedence(causes);
  return first ? { allowed: false, reason: first.reason, causes: [first, ...rest] } : ALLOWED;
}

/**
 * Decides one question about one user. The relation of the model decides; the reasons of a denial are read from the
 * relations that it is made of (design §2), so they cannot say otherwise than the answer.
 */
export function decideCheck(userId: UserId, question: Question, vocabulary: Vocabulary, ask: Ask): Decision {
  const target = targetOf(question, vocabulary);
  const verdict = ask(target.object, target.relation);
  const partner = object.partner(vocabulary.policy.providerId);
  if (verdict.allowed && (question.kind !== 'relation' || ask(partner, 'in_service').allowed)) return ALLOWED;
  const causes = [
    ...causesOfStatus(vocabulary, ask, isBarredByIdle(question, vocabulary)),
    ...(verdict.allowed ? [] : causesOfQuestion(userId, question, verdict, vocabulary, ask)),
  ];
  return decisionOf(causes.length > 0 ? causes : [cause('NO_GRANT')]);
}

/** Causes that come before sessions in R-5: the user, its partner and its status. Empty: none of them stands in the way. */
export function causesOfStatus({ policy }: Vocabulary, ask: Ask, idleBars: boolean): Cause[] {
  const partner = object.partner(policy.providerId);
  if (!ask(partner, 'member').allowed) return [cause('USER_NOT_FOUND')];
  const causes: Cause[] = [];
  if (ask(partner, 'stopped').allowed) causes.push(cause('PARTNER_STOPPED'));
  if (ask(partner, 'inactive').allowed) causes.push(cause('USER_INACTIVE'));
  if (idleBars && ask(partner, 'idle').allowed) causes.push(cause('USER_IDLE'));
  return causes;
}

/** The general group stays open while idle; relations of applications are theirs to gate (R-4, domain §9). */
function isBarredByIdle(question: Question, { policy }: Vocabulary): boolean {
  switch (question.kind) {
    case 'permission':
      return policy.permissions.get(question.name)?.group !== 'general';
    case 'feature':
      return true;
    case 'relation':
      return false;
    default:
      return question satisfies never;
  }
}

/** Causes that come after quotas in R-5, of a question that the relationships do not grant. */
export function causesOfQuestion(
  userId: UserId,
  question: Question,
  verdict: Verdict,
  vocabulary: Vocabulary,
  ask: Ask,
): Cause[] {
  if (verdict.unknown !== undefined) {
    return [cause(verdict.unknown === 'missing-context' ? 'MISSING_CONTEXT' : 'EVALUATION_LIMIT')];
  }
  switch (question.kind) {
    case 'permission':
      return causesOfPermission(question.name, vocabulary, ask);
    case 'feature':
      return causesOfFeature(question.name, vocabulary, ask);
    case 'relation':
      return [
        cause('NO_GRANT', {
          message: `no relationship makes user:${userId} ${question.relation} of ${question.object}`,
          remedy: 'a relationship of the application that grants it; the tree of explain shows what was looked at',
        }),
      ];
    default:
      return question satisfies never;
  }
}

function causesOfPermission(name: string, { policy, plans }: Vocabulary, ask: Ask): Cause[] {
  const target = object.permission(name);
  const causes: Cause[] = [];
  if (ask(target, 'withheld').allowed) causes.push(cause('WITHHELD_WHILE_SIGNING'));
  if (ask(target, 'granted').allowed) return causes;
  const roles = [...(policy.permissions.get(name)?.roles ?? [])];
  const granting = [...plans.values()].filter(({ versions }) =>
    versions.some((version) => version.entitlements.permissions.includes(name)),
  );
  const ways = [
    ...(roles.length > 0 ? [`a role that grants it (${roles.join(', ')})`] : []),
    ...(granting.length > 0 ? [`a plan that grants it (${granting.map((plan) => plan.planId).join(', ')})`] : []),
  ];
  causes.push(cause('NO_GRANT', { remedy: ways.join(' or ') }));
  if (granting.some((plan) => ask(object.plan(plan.planId), 'suspended').allowed)) {
    causes.push(cause('SUBSCRIPTION_SUSPENDED'));
  }
  return causes;
}

function causesOfFeature(name: string, { policy, plans }: Vocabulary, ask: Ask): Cause[] {
  const target = object.feature(name);
  const feature = policy.features.get(name);
  if (!feature) return [];
  const causes: Cause[] = [];
  if (!ask(target, 'enabled').allowed) causes.push(cause('FEATURE_DISABLED'));
  if (ask(target, 'chosen').allowed) return causes;
  if (!ask(target, 'role').allowed) {
    causes.push(cause('FEATURE_ROLE', { remedy: `one of the roles ${(feature.roles ?? []).join(', ')}` }));
  }
  if (!ask(target, 'rollout').allowed) causes.push(cause('FEATURE_ROLLOUT'));
  if (!ask(target, 'plan').allowed) {
    const ways = plansOfFeature(feature, plans.values());
    const suspended = ways.some((planId) => ask(object.plan(planId), 'suspended').allowed);
    causes.push(
      suspended
        ? cause('SUBSCRIPTION_SUSPENDED')
        : cause('PLAN_REQUIRED', { remedy: `subscribe to one of the plans ${ways.join(', ')}` }),
    );
  }
  return causes;
}
