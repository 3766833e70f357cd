/**
 * The closed lists of codes. Three kinds, never mixed:
 * a *reason* says why a decision fell as it did, a *refusal* why a change was not made, a *fault* what is wrong with the call.
 */

/** Reasons of a denial, in the order of R-5: the first that holds is named, all are in explain. */
export const DENIALS = {
  USER_NOT_FOUND: { rule: 'R-5', message: 'no such user of this partner', remedy: '' },
  PARTNER_STOPPED: { rule: 'P-2', message: 'the partner is out of service', remedy: 'the operator starts the partner' },
  USER_INACTIVE: { rule: 'R-4', message: 'the user is deactivated', remedy: 'an admin activates the user' },
  USER_IDLE: {
    rule: 'R-4',
    message: 'the user is idle until its quota resets',
    remedy: 'wait for the reset; for a guest, a basic verification lifts it at once',
  },
  SESSION_NOT_FOUND: { rule: 'S-6', message: 'no such session of this partner', remedy: 'open a session' },
  SESSION_CLOSED: { rule: 'S-6', message: 'the session was closed', remedy: 'open a session' },
  SESSION_EXPIRED: { rule: 'S-1', message: 'the session has run out', remedy: 'open a session' },
  QUOTA_DAILY: {
    rule: 'S-2',
    message: 'the quota of the day is used up',
    remedy: 'wait for the reset; for a guest, a basic verification lifts the limit',
  },
  QUOTA_WEEKLY: {
    rule: 'S-3',
    message: 'the quota of 7 days is used up',
    remedy: 'wait for the reset; for a guest, a basic verification lifts the limit',
  },
  QUOTA_COOLDOWN: {
    rule: 'S-8',
    message: 'a quota was exceeded, and nothing is admitted for a while',
    remedy: 'wait for the end of the cooldown',
  },
  QUOTA_REVIEW: {
    rule: 'S-8',
    message: 'a quota was exceeded, and the partner reviews it',
    remedy: 'an admin clears the review',
  },
  WITHHELD_WHILE_SIGNING: {
    rule: 'R-4',
    message: 'the policy withholds this permission while a subscription is being signed',
    remedy: 'confirm or cancel the subscription',
  },
  NO_GRANT: { rule: 'R-3', message: 'no rule grants this', remedy: 'a role or plan that grants it' },
  FEATURE_DISABLED: { rule: 'F-2', message: 'the feature is switched off', remedy: '' },
  FEATURE_ROLE: { rule: 'F-2', message: 'the feature is not for this role', remedy: 'a role that the feature lists' },
  FEATURE_ROLLOUT: { rule: 'F-1', message: 'the rollout has not reached this user', remedy: '' },
  SUBSCRIPTION_SUSPENDED: {
    rule: 'B-7',
    message: 'the subscription that would grant this is suspended',
    remedy: 'lift what suspends the subscription',
  },
  PLAN_REQUIRED: { rule: 'F-2', message: 'a plan that carries this is needed', remedy: 'subscribe to such a plan' },
  EVALUATION_LIMIT: {
    rule: 'R-3',
    message: 'the relationships are too deep or too many to decide; doubt is a denial',
    remedy: '',
  },
  MISSING_CONTEXT: {
    rule: 'C-4',
    message: 'a condition needs a fact that the request does not carry',
    remedy: 'send the missing parameter in context',
  },
} as const satisfies Record<string, { rule: string; message: string; remedy: string }>;

export type Denial = keyof typeof DENIALS;
export type Reason = 'ALLOWED' | 'ADMITTED' | Denial;

/** One thing that stands in the way. `detail` replaces the standing message where more is known. */
export interface Cause {
  readonly reason: Denial;
  readonly rule: string;
  readonly message: string;
  readonly remedy: string;
}

const order = new Map(Object.keys(DENIALS).map((reason, index) => [reason, index]));
// Both windows are one step of R-5: whoever finds them full puts the one that resets later first (domain §9).
order.set('QUOTA_WEEKLY', order.get('QUOTA_DAILY') ?? 0);

/** Sorts causes into the order of R-5; stable, duplicates removed. */
export function byPrecedence(causes: readonly Cause[]): Cause[] {
  const seen = new Set<string>();
  return [...causes]
    .sort((a, b) => (order.get(a.reason) ?? 0) - (order.get(b.reason) ?? 0))
    .filter((cause) => !seen.has(cause.reason) && seen.add(cause.reason));
}

/** The cause of a reason, with its standing rule and texts unless others are given. */
export function cause(reason: Denial, overrides: Partial<Omit<Cause, 'reason'>> = {}): Cause {
  return { reason, ...DENIALS[reason], ...overrides };
}

/** Codes of a change that the rules do not allow in the state that it met (B-11). */
export const REFUSALS = {
  ROLE_NOT_ELIGIBLE: { rule: 'B-2', message: 'this role cannot subscribe' },
  PLAN_NOT_ELIGIBLE: { rule: 'B-3', message: 'the plan is not open to this role' },
  PLAN_INACTIVE: { rule: 'B-4', message: 'the plan cannot be newly subscribed' },
  ALREADY_SUBSCRIBED: { rule: 'B-8', message: 'the user holds a subscription' },
  SIGNING_IN_PROGRESS: { rule: 'B-5', message: 'a subscription waits for its confirmation' },
  NOT_SIGNING: { rule: 'B-5', message: 'no subscription waits for confirmation' },
  SIGNING_OTHER_PLAN: { rule: 'B-5', message: 'another plan waits for confirmation' },
  CODE_WRONG: { rule: 'B-5', message: 'the confirmation code is wrong' },
  CODE_EXPIRED: { rule: 'B-5', message: 'the confirmation code has expired; the user is as before' },
  CODE_ATTEMPTS_EXHAUSTED: { rule: 'B-5', message: 'too many wrong codes; the user is as before' },
  CONDITION_UNMET: { rule: 'B-5', message: 'a condition of the partner for confirming is not met' },
  NOT_SUBSCRIBED: { rule: 'B-1', message: 'the user holds no subscription' },
  NOT_SUSPENDED: { rule: 'B-7', message: 'the subscription is not suspended for this reason' },
  ALREADY_SUSPENDED: { rule: 'B-7', message: 'the subscription is suspended for this reason already' },
  SUBSCRIPTION_SUSPENDED: { rule: 'B-8', message: 'not possible while the subscription is suspended' },
  CANCELLATION_PENDING: { rule: 'B-8', message: 'not possible while a cancellation is pending' },
  NO_CANCELLATION_PENDING: { rule: 'B-6', message: 'no cancellation is pending' },
  SWITCHING_NOT_ALLOWED: { rule: 'B-8', message: 'the partner does not allow switching plans' },
  SAME_PLAN: { rule: 'B-8', message: 'the user holds this plan already' },
  PARTNER_STOPPED: { rule: 'P-2', message: 'the partner is out of service' },
  USER_INACTIVE: { rule: 'R-4', message: 'the user is deactivated' },
  USER_ALREADY_ACTIVE: { rule: 'R-4', message: 'the user is active' },
  USER_ALREADY_INACTIVE: { rule: 'R-4', message: 'the user is deactivated already' },
  NOT_ONE_STEP: { rule: 'R-6', message: 'roles change one step at a time' },
  SAME_ROLE: { rule: 'R-6', message: 'the user has this role' },
  ROLE_DISABLED: { rule: 'R-2', message: 'the partner has switched this role off' },
  VERIFICATION_REQUIRED: { rule: 'R-6', message: 'an approved, unexpired verification is needed' },
  GUARD_UNMET: { rule: 'R-7', message: 'a condition of the partner for this step is not met' },
  NO_REVIEW_PENDING: { rule: 'S-8', message: 'no review of this user is pending' },
  ACTOR_NOT_ALLOWED: { rule: 'R-6', message: 'this change is for the operator or an admin of the partner' },
  VERIFICATION_DECIDED: { rule: 'K-1', message: 'the verification is decided; this step is not in its diagram' },
  VERIFICATION_UNKNOWN: { rule: 'K-1', message: 'no such verification to decide' },
  USER_ID_TAKEN: { rule: 'P-6', message: 'the user id is taken' },
  PLAN_ID_TAKEN: { rule: 'B-9', message: 'the plan id is taken' },
  PLAN_ID_RETIRED: { rule: 'B-9', message: 'a discontinued plan id is never used again' },
  PROVIDER_ID_TAKEN: { rule: 'P-1', message: 'the partner is registered' },
  PARTNER_ALREADY_STOPPED: { rule: 'P-2', message: 'the partner is stopped already' },
  PARTNER_ALREADY_ACTIVE: { rule: 'P-2', message: 'the partner is in service' },
  POLICY_INVALID: { rule: 'P-3', message: 'the policy has errors; nothing is changed' },
  POLICY_OF_OTHER_PARTNER: { rule: 'P-5', message: 'the policy is of another partner' },
  REGION_FIXED: { rule: 'P-8', message: 'a partner stays in its region' },
} as const satisfies Record<string, { rule: string; message: string }>;

export type RefusalCode = keyof typeof REFUSALS;

/** A change that was not made. `state` names what it met, `possible` what may be done instead. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly rule: string;
  readonly message: string;
  readonly state: string;
  readonly possible: readonly string[];
}

/** Faults of a call, and the loss of a dependency. `wire/status.ts` maps each to gRPC and HTTP. */
export const FAULTS = [
  'INVALID_ARGUMENT',
  'MALFORMED_JSON',
  'UNKNOWN_FIELD',
  'UNKNOWN_PERMISSION',
  'UNKNOWN_FEATURE',
  'UNKNOWN_TYPE',
  'UNKNOWN_RELATION',
  'INVALID_TUPLE',
  'BODY_TOO_LARGE',
  'UNAUTHENTICATED',
  'SCOPE_MISSING',
  'NOT_FOUND',
  'ROUTE_NOT_FOUND',
  'METHOD_NOT_ALLOWED',
  'UNSUPPORTED_MEDIA_TYPE',
  'USER_NOT_FOUND',
  'PLAN_NOT_FOUND',
  'SESSION_NOT_FOUND',
  'PARTNER_NOT_FOUND',
  'OBJECT_NOT_FOUND',
  'REFUSED',
  'KEY_REUSED',
  'CONFLICT',
  'RATE_LIMITED',
  'UNAVAILABLE',
  'DEADLINE_EXCEEDED',
  'CANCELLED',
  'INTERNAL',
] as const;

export type FaultCode = (typeof FAULTS)[number];

export interface FaultDetail {
  /** The field of the request, as on the wire. */
  readonly field?: string;
  /** The rule that it breaks, in words or as an id. */
  readonly rule?: string;
  /** Present with `REFUSED`. */
  readonly refusal?: Refusal;
  /** Present with `RATE_LIMITED`: the rate, and when the next request has room. */
  readonly pace?: { readonly requests: number; readonly windowMs: number; readonly retryAfterMs: number };
  /** For the log only; never reaches a caller. */
  readonly cause?: unknown;
}

/** An error that a caller may see: `message` is safe, `cause` is for the log. */
export class Fault extends Error {
  readonly code: FaultCode;
  readonly field: string | undefined;
  readonly rule: string | undefined;
  readonly refusal: Refusal | undefined;
  readonly pace: FaultDetail['pace'] | undefined;

  constructor(code: FaultCode, message: string, detail: FaultDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.name = 'Fault';
    this.code = code;
    this.field = detail.field;
    this.rule = detail.rule;
    this.refusal = detail.refusal;
    this.pace = detail.pace;
  }
}

/** The fault of a refused change, for interfaces where a refusal is not a normal answer. */
export function refused(refusal: Refusal, field?: string): Fault {
  const met = refusal.state === '' ? '' : ` (${refusal.state})`;
  return new Fault('REFUSED', `${refusal.message}${met}`, {
    rule: refusal.rule,
    refusal,
    ...(field !== undefined && { field }),
  });
}
