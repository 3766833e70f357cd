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
}

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
