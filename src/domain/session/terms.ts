import type { Policy, Rung, SessionRules } from '../partner/policy.ts';
import type { Entitlements } from '../plan/state.ts';
import type { Role } from '../values.ts';
import type { QuotaTerms, RungTerms } from './state.ts';

/**
 * The quota of a user that asks for a permission (or for none); undefined for a role without one (S-10). Entitlements are
 * those of a plan that is `signed` now (B-12): they raise, and never lower (S-7). What the platform fixes for guests
 * nothing changes (S-2, S-3).
 */
export function quotaOf(
  policy: Policy,
  role: Role,
  entitlements: Entitlements | undefined,
  permission?: string,
): QuotaTerms | undefined {
  const quota = policy.quotas[role];
  if (!quota) return undefined;
  const raised = role === 'guest' ? undefined : entitlements?.quotas;
  const limits = {
    daily: Math.max(quota.daily, raised?.daily ?? 0),
    weekly: Math.max(quota.weekly, raised?.weekly ?? 0),
  };
  return {
    ...limits,
    grace: raised?.grace ?? 0,
    rungs: quota.ladder.map((rung) => rungTermsOf(rung, limits, permission)),
    standing: role !== 'guest',
  };
}

function rungTermsOf(
  { over, times, withinMs, action }: Rung,
  limits: { readonly daily: number; readonly weekly: number },
  permission: string | undefined,
): RungTerms {
  return {
    overDaily: operationsOf(over, limits.daily),
    overWeekly: operationsOf(over, limits.weekly),
    times,
    withinMs,
    action: action.kind,
    ...(action.kind === 'rate_limit' && { everyMs: action.everyMs }),
    ...(action.kind === 'cooldown' && { forMs: action.forMs }),
    bars: action.kind === 'restrict' && permission !== undefined && action.permissions.has(permission),
  };
}

function operationsOf(over: Rung['over'], limit: number): number {
  return 'operations' in over ? over.operations : Math.max(1, Math.ceil((limit * over.percent) / 100));
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
