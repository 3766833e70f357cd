import type { PlanDefinition } from '../plan/state.ts';
import { ROLES, type ApiAccessLevel, type PlanId, type ProviderId, type Role, type UserId } from '../values.ts';
import { checkedDurationMs } from './duration.ts';
import { fields } from './finding.ts';
import { GUEST_LADDER, ladderOf } from './ladder.ts';
import type { Feature, Guard, Permission, Policy, SessionRules } from './policy.ts';
import type { GuardSource, PlanSource, PlatformSource, PolicySource } from './policy-source.ts';

/** The compiled form of a source in which the cross checks found no error. */
export function buildPolicy(source: PolicySource, platform: PlatformSource): Policy {
  return {
    providerId: source.provider_id as ProviderId,
    name: source.name,
    model: source.model ?? platform.model,
    region: source.region ?? platform.region,
    timeZone: source.time_zone ?? platform.time_zone,
    rolesEnabled: new Set(source.roles?.enabled ?? ROLES),
    permissions: permissionsOf(source, platform),
    apiAccessLevel: byRole(
      (role): ApiAccessLevel => source.api_access_level?.[role] ?? platform.api_access_level[role],
    ),
    features: featuresOf(source),
    sessions: byRole((role) => sessionRulesOf(role, source, platform)),
    quotas: {
      guest: { ...platform.quotas.guest, ladder: GUEST_LADDER },
      basic: { ...platform.quotas.basic, ladder: ladderOf(source.quotas?.basic?.on_exceed) },
    },
    warningShare: source.quotas?.warning_share ?? platform.quotas.warning_share,
    onOutage: {
      admit: new Set(source.quotas?.on_outage?.admit),
      operations: source.quotas?.on_outage?.operations ?? 0,
    },
    subscription: subscriptionOf(source, platform),
    transitions: transitionsOf(source, platform),
    plans: (source.plans ?? []).map(planOf),
    ...(source.request_rate_limit ? { requestsPerSecond: source.request_rate_limit.per_second } : {}),
    branding: {
      displayName: source.branding?.display_name ?? source.name,
      logoUrl: source.branding?.logo_url ?? '',
      supportContact: source.branding?.support_contact ?? '',
    },
  };
}

function byRole<T>(value: (role: Role) => T): Readonly<Record<Role, T>> {
  return {
    guest: value('guest'),
    basic: value('basic'),
    advanced: value('advanced'),
    company: value('company'),
    admin: value('admin'),
  };
}

/** Platform permissions first, in the order of the matrix, then the partner's own. */
function permissionsOf(source: PolicySource, platform: PlatformSource): ReadonlyMap<string, Permission> {
  const withheld = new Set(source.permissions?.withheld_while_signing);
  const cells = new Map(fields(source.permissions?.overrides));
  const rows = [...fields(platform.permissions), ...fields(source.permissions?.own)];
  return new Map(
    rows.map(([name, { group, roles = [] }]) => {
      const cell = cells.get(name);
      const granted = ROLES.filter((role) => cell?.[role] ?? roles.includes(role));
      return [name, { name, group, roles: new Set(granted), withheldWhileSigning: withheld.has(name) }];
    }),
  );
}

/**
 * A feature that only plans carry (B-12) has `plans` present and empty: it needs a plan, and the entitlements of the
 * version that is held say whether it is one (B-9).
 */
function featuresOf(source: PolicySource): ReadonlyMap<string, Feature> {
  const carried = new Set((source.plans ?? []).flatMap((plan) => plan.entitlements?.features ?? []));
  return new Map(
    fields(source.features).map(([name, feature]) => {
      const plans = feature.plans ?? (carried.has(name) ? [] : undefined);
      return [
        name,
        {
          name,
          enabled: feature.enabled,
          ...(feature.roles ? { roles: feature.roles } : {}),
          ...(plans ? { plans: plans as readonly PlanId[] } : {}),
          users: (feature.users ?? []) as readonly UserId[],
          ...(feature.rollout === undefined ? {} : { rollout: feature.rollout }),
        },
      ];
    }),
  );
}

function sessionRulesOf(role: Role, source: PolicySource, platform: PlatformSource): SessionRules {
  if (role === 'guest') {
    const { lifetime, open_max } = platform.sessions.guest;
    return { lifetimeMs: checkedDurationMs(lifetime), openMax: open_max };
  }
  const standing = role === 'basic' ? platform.sessions.basic : undefined;
  const given = source.sessions?.[role];
  const timeout = given?.inactivity_timeout ?? standing?.inactivity_timeout;
  const openMax = given?.open_max ?? standing?.open_max;
  return {
    ...(timeout === undefined ? {} : { inactivityMs: checkedDurationMs(timeout) }),
    ...(openMax === undefined ? {} : { openMax }),
  };
}

function subscriptionOf(source: PolicySource, platform: PlatformSource): Policy['subscription'] {
  const given = source.subscription;
  const standing = platform.subscription;
  return {
    eligibility: given?.eligibility ?? standing.eligibility,
    switching: given?.switching ?? standing.switching,
    switchNeedsCode: given?.switch_needs_code ?? standing.switch_needs_code,
    codeTtlMs: checkedDurationMs(given?.code?.ttl ?? standing.code.ttl),
    codeAttemptsMax: given?.code?.attempts ?? standing.code.attempts,
    confirmConditions: given?.confirm_conditions ?? [],
    ...(given?.unresolved_after === undefined ? {} : { unresolvedMs: checkedDurationMs(given.unresolved_after) }),
  };
}

function transitionsOf(source: PolicySource, platform: PlatformSource): Policy['transitions'] {
  const given = source.transitions;
  const standing = platform.transitions;
  const advanced = given?.basic_to_advanced?.tied_to;
  const company = given?.advanced_to_company?.tied_to;
  return {
    promoteToBasic: given?.guest_to_basic?.promote ?? standing.guest_to_basic.promote,
    basicToAdvanced: guardOf(given?.basic_to_advanced?.guard ?? standing.basic_to_advanced.guard),
    advancedToCompany: guardOf(given?.advanced_to_company?.guard ?? standing.advanced_to_company.guard),
    promoteToAdvanced: given?.basic_to_advanced?.promote ?? standing.basic_to_advanced.promote,
    promoteToCompany: given?.advanced_to_company?.promote ?? standing.advanced_to_company.promote,
    tiedTo: {
      ...(advanced === undefined ? {} : { advanced: advanced as PlanId }),
      ...(company === undefined ? {} : { company: company as PlanId }),
    },
  };
}

/** The schema lets exactly one condition through; those that nothing acts on yet are refused before (not-yet.ts). */
function guardOf(guard: GuardSource): Guard {
  if (guard.verification !== undefined) return { kind: 'verification', level: guard.verification };
  if (guard.plan !== undefined) return { kind: 'plan', planId: guard.plan as PlanId };
  if (guard.approval !== undefined) return { kind: 'approval' };
  if (guard.onboarding !== undefined) return { kind: 'onboarding' };
  if (guard.any_of !== undefined) return { kind: 'any_of', of: guard.any_of.map(guardOf) };
  if (guard.all_of !== undefined) return { kind: 'all_of', of: guard.all_of.map(guardOf) };
  throw new RangeError(`a condition that is not acted on: ${Object.keys(guard).join(', ')}`);
}

function planOf(plan: PlanSource): PlanDefinition {
  const { features, permissions, quotas, sessions } = plan.entitlements ?? {};
  return {
    planId: plan.id as PlanId,
    name: plan.name,
    availableFor: plan.available_for,
    price: { amountMinor: plan.price.amount_minor, currency: plan.price.currency },
    billingCycle: plan.billing_cycle,
    active: plan.active ?? true,
    entitlements: {
      features: features ?? [],
      permissions: permissions ?? [],
      ...(quotas ? { quotas } : {}),
      ...(sessions
        ? {
            sessions: {
              ...(sessions.inactivity_timeout === undefined
                ? {}
                : { inactivityMs: checkedDurationMs(sessions.inactivity_timeout) }),
              ...(sessions.persistent === undefined ? {} : { persistent: sessions.persistent }),
            },
          }
        : {}),
    },
  };
}
