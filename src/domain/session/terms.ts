import type { Policy, Quota, SessionRules } from '../partner/policy.ts';
import type { Entitlements } from '../plan/state.ts';
import type { Role } from '../values.ts';

/**
 * The quota of a user; undefined for a role without one (S-10). Entitlements are those of a plan that is `signed` now
 * (B-12): they raise, and never lower (S-7). What the platform fixes for guests nothing changes (S-2, S-3).
 */
export function quotaOf(
  policy: Policy,
  role: Role,
  entitlements: Entitlements | undefined,
): (Quota & { readonly grace: number }) | undefined {
  const quota = policy.quotas[role];
  if (!quota) return undefined;
  const raised = role === 'guest' ? undefined : entitlements?.quotas;
  return {
    ...quota,
    daily: Math.max(quota.daily, raised?.daily ?? 0),
    weekly: Math.max(quota.weekly, raised?.weekly ?? 0),
    grace: raised?.grace ?? 0,
  };
}

/**
 * The session rules of a user. A plan that is `signed` may lengthen the inactivity timeout, or take it away
 * (`persistent`); a shorter timeout of a plan changes nothing (S-6). A guest's are fixed (S-1).
 */
export function sessionRulesOf(policy: Policy, role: Role, entitlements: Entitlements | undefined): SessionRules {
  const rules = policy.sessions[role];
  const granted = role === 'guest' ? undefined : entitlements?.sessions;
  if (!granted || rules.inactivityMs === undefined) return rules;
  const { inactivityMs, ...others } = rules;
  if (granted.persistent === true) return others;
  return { ...others, inactivityMs: Math.max(inactivityMs, granted.inactivityMs ?? 0) };
}
