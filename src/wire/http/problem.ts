import type { Fault } from '../../domain/errors.ts';
import { QUOTA_EXCEEDED_TITLE, QUOTA_EXCEEDED_TYPE, type QuotaFacts } from '../quota-facts.ts';
import type { SafeFault } from '../safe-fault.ts';
import { STATUS } from '../status.ts';

/** RFC 9457, `application/problem+json`. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** The code of the refusal where a change was refused, else of the fault. */
  readonly code: string;
  readonly detail: string;
  readonly field?: string;
  readonly rule?: string;
  /** The state that a refused change met, and what is possible instead (B-11). */
  readonly state?: string;
  readonly possible?: readonly string[];
  readonly request_id?: string;
  /** Names of the quota policies that were exceeded, those of the field `ratelimit-policy`; of the type quota-exceeded. */
  readonly 'violated-policies'?: readonly string[];
}

/** The problem document of a quota that refused, for a caller that asked for it in the place of the answer. */
export function quotaProblem({ code, rule, message, violated }: NonNullable<QuotaFacts['refusal']>): Problem {
  return {
    type: QUOTA_EXCEEDED_TYPE,
    title: QUOTA_EXCEEDED_TITLE,
    status: STATUS.RATE_LIMITED.http,
    code,
    detail: message,
    rule,
    'violated-policies': violated,
  };
}

/** What a fault says of the rate that a partner's callers have (P-4); undefined for any other fault. */
export function rateFactsOf({ code, rule = '', message, pace }: Fault): QuotaFacts | undefined {
  if (!pace) return undefined;
  const windowS = Math.max(1, Math.round(pace.windowMs / 1000));
  const retryAfterS = Math.max(1, Math.ceil(pace.retryAfterMs / 1000));
  return {
    policies: [{ name: RATE_POLICY, quota: pace.requests, windowS, remaining: 0, resetS: retryAfterS }],
    refusal: { code, rule, message, violated: [RATE_POLICY], retryAfterS },
  };
}

const RATE_POLICY = 'requests';

export function problemOf({ fault, requestId }: SafeFault): Problem {
  const { http, title } = STATUS[fault.code];
  const code = fault.refusal?.code ?? fault.code;
  const rule = fault.refusal?.rule ?? fault.rule;
  return {
    type: `urn:gatehouse:problem:${code.toLowerCase()}`,
    title,
    status: http,
    code,
    detail: fault.message,
    ...(fault.field !== undefined && { field: fault.field }),
    ...(rule !== undefined && { rule }),
    ...(fault.refusal && { state: fault.refusal.state, possible: fault.refusal.possible }),
    ...(requestId !== undefined && { request_id: requestId }),
  };
}
