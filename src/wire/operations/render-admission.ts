import type { Admission, Enforcement, Lift, QuotaWindow } from '../../domain/session/state.ts';
import type { QuotaFacts } from '../quota-facts.ts';
import { renderCauses, timestamp } from './render.ts';

const renderWindow = (window: QuotaWindow) => ({
  limit: window.limit,
  used: window.used,
  remaining: window.remaining,
  resets_at: timestamp(window.resetsAt),
});

const renderEnforcement = ({ action, rung, until }: Enforcement) => ({
  action,
  rung: rung ?? 0,
  ...(until !== undefined && { until: timestamp(until) }),
});

function renderLift(lift: Lift) {
  switch (lift.kind) {
    case 'verification':
      return { kind: lift.kind, level: lift.level, plan_id: '' };
    case 'plan':
      return { kind: lift.kind, level: '', plan_id: lift.planId };
    case 'review':
      return { kind: lift.kind, level: '', plan_id: '' };
    default:
      return lift satisfies never;
  }
}

/** What an admission came to, or would come to: the facts of AdmitResponse and of Preflight alike. */
export function renderAdmission(admission: Admission) {
  const { quotas, enforcement, resetAt, sessionExpiresAt } = admission;
  return {
    admitted: admission.admitted,
    reason: admission.reason,
    causes: renderCauses(admission.causes),
    warnings: admission.warnings.map(({ code, rule, message }) => ({ code, rule, message })),
    ...(quotas && { quotas: { daily: renderWindow(quotas.daily), weekly: renderWindow(quotas.weekly) } }),
    ...(resetAt !== undefined && { reset_at: timestamp(resetAt) }),
    retry_after_ms: admission.retryAfterMs,
    ...(sessionExpiresAt !== undefined && { session_expires_at: timestamp(sessionExpiresAt) }),
    ...(enforcement && { enforcement: renderEnforcement(enforcement) }),
    lifts: admission.lifts.map(renderLift),
    degraded: admission.degraded ?? false,
    decided_at: timestamp(admission.at),
  };
}

export type RenderedAdmission = ReturnType<typeof renderAdmission>;

/** A day is the partner's calendar day: of 24 hours but for those on which its clocks change. */
const DAY_S = 24 * 60 * 60;
const WEEK_S = 7 * DAY_S;

/** The quotas of an answer as HTTP has them; undefined for a user without quotas (S-10). */
export function quotaFactsOf(admission: RenderedAdmission): QuotaFacts | undefined {
  const { quotas } = admission;
  if (!quotas) return undefined;
  const now = Date.parse(admission.decided_at);
  const policy = (name: string, { limit, remaining, resets_at }: typeof quotas.daily, windowS: number) => {
    const resetS = Math.max(0, Math.ceil((Date.parse(resets_at) - now) / 1000));
    return { name, quota: limit, windowS, remaining, resetS };
  };
  const policies = [policy('day', quotas.daily, DAY_S), policy('week', quotas.weekly, WEEK_S)];
  const refusal = refusalOf(admission);
  return { policies, ...(refusal && { refusal }) };
}

/** The refusals that quotas account for. A user is idle because of a quota too. */
const BY_QUOTA = /^(?:QUOTA_|USER_IDLE$)/;

function refusalOf({ reason, causes, quotas, retry_after_ms }: RenderedAdmission): QuotaFacts['refusal'] {
  const [first] = causes;
  if (!first || !quotas || !BY_QUOTA.test(reason)) return undefined;
  const named = causes.map((cause) => cause.reason);
  const isExceeded = { day: named.includes('QUOTA_DAILY'), week: named.includes('QUOTA_WEEKLY') };
  const isUsedUp = { day: quotas.daily.remaining === 0, week: quotas.weekly.remaining === 0 };
  const met = isExceeded.day || isExceeded.week ? isExceeded : isUsedUp;
  return {
    code: reason,
    rule: first.rule,
    message: first.message,
    violated: (['day', 'week'] as const).filter((name) => met[name]),
    ...(retry_after_ms > 0 && { retryAfterS: Math.ceil(retry_after_ms / 1000) }),
  };
}
