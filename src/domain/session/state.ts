import type { Cause, Denial } from '../errors.ts';
import type { Action, SessionRules } from '../partner/policy.ts';
import type { Millis, PlanId, Role, SessionId } from '../values.ts';

export type SessionEnd = 'logout' | 'replaced' | 'lifetime' | 'inactivity';

/** One session. What has run out stays ended, whatever the rules become later (domain §9). */
export interface SessionRecord {
  readonly sessionId: SessionId;
  readonly openedAt: Millis;
  /** The opening, or the last admitted operation: checks, refusals and replays do not keep it awake. */
  readonly activeAt: Millis;
  /** The limits as they were at `activeAt`: what had run out under them stays ended. */
  readonly rules: SessionRules;
  readonly endedAt?: Millis;
  readonly endedBy?: SessionEnd;
}

/**
 * The operations of one user that count in the windows, oldest first (S-2, S-3, S-7). A view over what a store holds;
 * `total` numbers run over the whole life of the log, so that counting a window needs no scan.
 */
export interface OperationLog {
  /** Operations ever counted, costs added up. */
  readonly total: number;
  /** Operations counted at moments <= `at`. */
  totalThrough(at: Millis): number;
  /** The moment of the `n`-th operation ever counted (1-based); undefined when it is no longer kept. */
  momentOf(n: number): Millis | undefined;
}

/** One rung of the ladder (S-8) as it stands for one user and one question. */
export interface RungTerms {
  /** The excess of each window from which the rung is met, in operations; at least 1. */
  readonly overDaily: number;
  readonly overWeekly: number;
  /** Days on which a window was exceeded, today included; 1: today alone. */
  readonly times: number;
  /** How far back those days are looked for; 0 where `times` is 1. */
  readonly withinMs: number;
  readonly action: Action['kind'];
  /** With `rate_limit`. */
  readonly everyMs?: number;
  /** With `cooldown`. */
  readonly forMs?: number;
  /** With `restrict`: the permission that is asked is listed; false otherwise. */
  readonly bars: boolean;
}

/** The limits of one user now, plan overrides applied (S-2, S-3, S-7), and what exceeding them means (S-4, S-8). */
export interface QuotaTerms {
  readonly daily: number;
  readonly weekly: number;
  /** Operations over each limit that pass before it counts as exceeded. */
  readonly grace: number;
  /** Lowest first; the highest that is met acts; exceeded and none met: warn. */
  readonly rungs: readonly RungTerms[];
  /** Whether cooldown, review, forgiveness and the count of days apply (basic); a guest knows none of them. */
  readonly standing: boolean;
}

/** What would take away the limit that refused an operation. */
export type Lift =
  | { readonly kind: 'verification'; readonly level: 'basic' }
  | { readonly kind: 'plan'; readonly planId: PlanId }
  | { readonly kind: 'review' };

/** What the service knows of the user and the question when it asks for admission. */
export interface AdmissionTerms {
  readonly role: Role;
  /** Absent: none for this role (S-10). */
  readonly quota?: QuotaTerms;
  /** What would lift the limits of this user; `review` is added where one is in force. */
  readonly lifts: readonly Lift[];
  /** Share of a limit from which admissions carry a warning, 0 to 1 (S-9). */
  readonly warningShare: number;
  readonly timeZone: string;
  /** Rules for sessions of the user now, plan overrides applied. */
  readonly sessionRules: SessionRules;
  /** Operations of this role count in the windows (guest and basic). */
  readonly counted: boolean;
  readonly cost: number;
  /** As the user document has it. `liftable` (basic): over as soon as the windows have room for one (domain §9). */
  readonly idle?: { readonly until: Millis; readonly liftable: boolean };
  /** A review waits for an admin (S-8). */
  readonly reviewOpen: boolean;
  /** When a review was last cleared: the windows of that moment are forgiven (domain §9). */
  readonly forgivenAt?: Millis;
  /** Holds a signed subscription, so `suspend_subscription` has something to suspend. */
  readonly suspendable: boolean;
  /** `at` of the latest effect that the user document has taken in; 0: none. */
  readonly appliedAt: Millis;
  /** Causes that come before idle and session in R-5: user unknown, partner stopped, inactive. */
  readonly causesBefore: readonly Cause[];
  /** Causes that come after quotas in R-5: relationship, permission, feature, subscription. */
  readonly causesAfter: readonly Cause[];
}

/**
 * What an admission changes in the user document (S-4, S-8). `at` is its identity: later ones of a user are greater, and
 * one that the document has taken in changes nothing again. `role`: of the user when it arose; for another role it is void.
 */
export type Effect = { readonly at: Millis; readonly role: Role } & (
  { readonly kind: 'idle'; readonly until: Millis } | { readonly kind: 'review' } | { readonly kind: 'suspend' }
);

/** What a store keeps of a user beside the log. */
export interface Standing {
  /** Latest moment of the user: no later decision is made before it, whatever a clock says. */
  readonly latestAt: Millis;
  /** Rate limits measure from here. */
  readonly lastAdmittedAt?: Millis;
  /** The latest cooldown; one that is over means nothing. */
  readonly cooldownUntil?: Millis;
  /** The first operation of each day that met an exceeded window, oldest first, the latest `EXCEEDED_DAYS_MAX`. */
  readonly exceededAt: readonly Millis[];
  /** The latest effect, until the document has taken it in (`appliedAt`); kept after it, and ignored. */
  readonly pending?: Effect;
}

export const NO_STANDING: Standing = { latestAt: 0, exceededAt: [] };

export interface QuotaWindow {
  readonly limit: number;
  readonly used: number;
  readonly remaining: number;
  /** When the window next gains room. */
  readonly resetsAt: Millis;
}

export type WarningCode = `${'QUOTA_DAILY' | 'QUOTA_WEEKLY'}_${'NEAR' | 'GRACE' | 'EXCEEDED'}`;

export interface Warning {
  readonly code: WarningCode;
  readonly rule: string;
  readonly message: string;
}

/** The action that is in force for the user, or that this operation met (S-4, S-8). */
export interface Enforcement {
  readonly action: Action['kind'];
  /** Place in the ladder, from 1, of the rung that acted on this operation; absent: in force since before, or the default. */
  readonly rung?: number;
  /** When it ends by itself, where that is known: idle, cooldown; the next operation that a rate limit lets in. */
  readonly until?: Millis;
}

/** The answer to one admission: also what a replay of its operation_id gets. Plain data, storable. */
export interface Admission {
  readonly admitted: boolean;
  readonly reason: 'ADMITTED' | Denial;
  readonly causes: readonly Cause[];
  readonly warnings: readonly Warning[];
  readonly quotas?: { readonly daily: QuotaWindow; readonly weekly: QuotaWindow };
  /** First moment at which quotas and idle let the operation in, if nothing else is admitted; absent: none, or no quota refused it. */
  readonly resetAt?: Millis;
  /** To the moment at which it would be admitted, where time alone brings that; else 0. */
  readonly retryAfterMs: number;
  readonly sessionExpiresAt?: Millis;
  readonly enforcement?: Enforcement;
  /** What would lift what refused it; empty where no quota did. */
  readonly lifts: readonly Lift[];
  /** The user document must take this in before the answer is given. */
  readonly effect?: Effect;
  /** The idle of a basic user is over because its limit was raised: the user document must say so. */
  readonly endsIdle?: true;
  /** Admitted while quotas could not be counted (the policy's `on_outage`); counted later. */
  readonly degraded?: true;
  /** The moment of the decision, by the store's clock. */
  readonly at: Millis;
}
