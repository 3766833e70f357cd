import type { PartnerState } from './partner/state.ts';
import type { Feature, Permission, Policy } from './partner/policy.ts';
import type { PlanState } from './plan/state.ts';
import type { Tuple } from './relation/tuple.ts';
import type { UserState } from './user/state.ts';
import { ROLES, type Millis, type PlanId } from './values.ts';

/** Types whose relationships come from documents alone; no application may write one (C-1). */
export const DERIVED_TYPES: ReadonlySet<string> = new Set(['partner', 'plan', 'plan_version', 'permission', 'feature']);

const EVERYONE = 'user:*';

/** Names of objects in a partner's store. */
export const object = {
  user: (userId: string) => `user:${userId}`,
  partner: (providerId: string) => `partner:${providerId}`,
  plan: (planId: string) => `plan:${planId}`,
  planVersion: (planId: string, version: number) => `plan_version:${planId}.${version}`,
  permission: (name: string) => `permission:${name}`,
  feature: (name: string) => `feature:${name}`,
};

const until = (at: Millis): Pick<Tuple, 'condition'> => ({
  condition: { name: 'until', context: { at: new Date(at).toISOString() } },
});

/** The relationships that follow from a user document: role, status and what it holds. Pure; order without meaning. */
export function projectUser(state: UserState): Tuple[] {
  const user = object.user(state.userId);
  const partner = object.partner(state.providerId);
  const tuples: Tuple[] = [{ user, relation: state.role, object: partner }];
  if (state.inactive) tuples.push({ user, relation: 'inactive', object: partner });
  if (state.idle) tuples.push({ user, relation: 'idle', object: partner, ...until(state.idle.until) });
  if (state.signing) tuples.push({ user, relation: 'signing', object: partner, ...until(state.signing.expiresAt) });
  const held = state.subscription;
  if (held) {
    const end = Math.min(held.cancelAt ?? Infinity, held.unresolvedAt ?? Infinity);
    tuples.push({
      user,
      relation: held.holds.length > 0 ? 'suspended' : 'holder',
      object: object.planVersion(held.planId, held.planVersion),
      ...(end === Infinity ? {} : until(end)),
    });
  }
  return tuples;
}

/** Whether a tuple of a user is one that `projectUser` gives; early access, for one, is the partner's. */
export function isOfUserDocument(tuple: Tuple): boolean {
  return tuple.object.startsWith('partner:') || tuple.object.startsWith('plan_version:');
}

/** The relationships that follow from a partner, its policy and its plans. Pure; order without meaning. */
export function projectPartner(state: PartnerState, policy: Policy, plans: Iterable<PlanState>): Tuple[] {
  const partner = object.partner(state.providerId);
  const tuples: Tuple[] = [];
  if (state.status === 'stopped') tuples.push({ user: EVERYONE, relation: 'stopped', object: partner });
  for (const permission of policy.permissions.values()) tuples.push(...projectPermission(permission, partner));
  for (const feature of policy.features.values()) tuples.push(...projectFeature(feature, partner));
  for (const plan of plans) tuples.push(...projectPlan(plan, policy));
  return tuples;
}

function projectPermission(permission: Permission, partner: string): Tuple[] {
  const target = object.permission(permission.name);
  const gate = permission.group === 'general' ? 'in_service' : 'operational';
  const tuples: Tuple[] = [{ user: `${partner}#${gate}`, relation: 'gate', object: target }];
  for (const role of ROLES) {
    if (permission.roles.has(role)) tuples.push({ user: `${partner}#${role}`, relation: 'granted', object: target });
  }
  if (permission.withheldWhileSigning) {
    tuples.push({ user: `${partner}#signing`, relation: 'withheld', object: target });
  }
  return tuples;
}

function projectFeature(feature: Feature, partner: string): Tuple[] {
  const target = object.feature(feature.name);
  const tuples: Tuple[] = [{ user: `${partner}#operational`, relation: 'gate', object: target }];
  if (feature.enabled) tuples.push({ user: EVERYONE, relation: 'enabled', object: target });
  for (const role of feature.roles ?? ['member']) {
    tuples.push({ user: `${partner}#${role}`, relation: 'role', object: target });
  }
  tuples.push({
    user: EVERYONE,
    relation: 'rollout',
    object: target,
    ...(feature.rollout === undefined
      ? {}
      : { condition: { name: 'in_rollout', context: { percentage: feature.rollout } } }),
  });
  const holders = feature.plans?.map((planId) => `${object.plan(planId)}#holder`) ?? [`${partner}#member`];
  for (const user of holders) tuples.push({ user, relation: 'plan', object: target });
  for (const userId of feature.users) {
    tuples.push({ user: object.user(userId), relation: 'early_access', object: target });
  }
  return tuples;
}

/** Entitlements go by the version that is held (B-9). */
function projectPlan(plan: PlanState, policy: Policy): Tuple[] {
  const tuples: Tuple[] = [];
  for (const version of plan.versions) {
    const target = object.planVersion(plan.planId, version.version);
    tuples.push({ user: target, relation: 'version', object: object.plan(plan.planId) });
    for (const name of version.entitlements.permissions) {
      if (!policy.permissions.has(name)) continue;
      tuples.push({ user: `${target}#holder`, relation: 'granted', object: object.permission(name) });
    }
    for (const name of version.entitlements.features) {
      if (!policy.features.has(name)) continue;
      tuples.push({ user: `${target}#holder`, relation: 'plan', object: object.feature(name) });
    }
  }
  return tuples;
}

/** Plans by which a feature can be had: the toggle's and those that entitle to it are one fact (domain §9). */
export function plansOfFeature(feature: Feature, plans: Iterable<PlanState>): PlanId[] {
  const found = new Set<PlanId>(feature.plans);
  for (const plan of plans) {
    if (plan.versions.some((version) => version.entitlements.features.includes(feature.name))) found.add(plan.planId);
  }
  return [...found].sort();
}
