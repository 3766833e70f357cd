import type { Cause, Denial } from '../errors.ts';
import type { Quota, SessionRules } from '../partner/policy.ts';
import type { Millis, SessionId } from '../values.ts';

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

/** What the service knows of the user and the question when it asks for admission. */
export interface AdmissionTerms {
  /** Limits of the user now, plan overrides applied; absent: none for this role (S-10). */
  readonly quota?: Quota & { readonly grace: number };
  readonly warningShare: number;
  readonly timeZone: string;
  /** Rules for sessions of the user now, plan overrides applied. */
  readonly sessionRules: SessionRules;
  /** Operations of this role count in the windows (guest and basic). */
  readonly counted: boolean;
  readonly cost: number;
  /** Causes that come before sessions in R-5: user unknown, partner stopped, inactive, idle. */
  readonly causesBefore: readonly Cause[];
  /** Causes that come after quotas in R-5: relationship, permission, feature, subscription. */
  readonly causesAfter: readonly Cause[];
}

export interface QuotaWindow {
  readonly limit: number;
  readonly used: number;
  readonly remaining: number;
  /** When the window next gains room. */
  readonly resetsAt: Millis;
}

export type WarningCode = 'QUOTA_DAILY_NEAR' | 'QUOTA_WEEKLY_NEAR' | 'QUOTA_DAILY_EXCEEDED' | 'QUOTA_WEEKLY_EXCEEDED';

export interface Warning {
  readonly code: WarningCode;
  readonly rule: string;
  readonly message: string;
}

/** The answer to one admission: also what a replay of its operation_id gets. Plain data, storable. */
export interface Admission {
  readonly admitted: boolean;
  readonly reason: 'ADMITTED' | Denial;
  readonly causes: readonly Cause[];
  readonly warnings: readonly Warning[];
  readonly quotas?: { readonly daily: QuotaWindow; readonly weekly: QuotaWindow };
  readonly resetAt?: Millis;
  readonly retryAfterMs: number;
  readonly sessionExpiresAt?: Millis;
  /** The user document must become idle until then (S-4): a guest met a full window. */
  readonly makesIdleUntil?: Millis;
  /** The moment of the decision, by the store's clock. */
  readonly at: Millis;
}
