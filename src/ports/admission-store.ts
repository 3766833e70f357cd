import type { Admission, AdmissionTerms, SessionRecord } from '../domain/session/state.ts';
import type { SessionRules } from '../domain/partner/policy.ts';
import type { Millis, OperationId, ProviderId, SessionId, UserId } from '../domain/values.ts';

export type AdmitOutcome =
  | { readonly kind: 'first'; readonly admission: Admission }
  | { readonly kind: 'replay'; readonly admission: Admission }
  /** The operation_id was used with another payload. */
  | { readonly kind: 'key-reused' };

/** How a store does: `degraded` answers, and is set up so that it may lose what it answered. */
export interface AdmissionStoreHealth {
  readonly state: 'up' | 'down' | 'degraded';
  /** For an operator; one sentence, no secret. */
  readonly detail: string;
}

/**
 * Sessions and the operation log. Contract (test/contracts/admission-store.ts):
 * - Each call is atomic over all processes; what it answered is durable.
 * - `admit` decides with `domain/session/judge.ts`, or its equal: replay first, then R-5; only admitted operations count
 *   (S-13). Its answer and the new `Standing` of the user, a pending effect included, are one commit.
 * - An operation_id is remembered for 7 days per user, refusals included. Older than that it is new, pruned or not.
 * - `now` is passed by the caller's clock for an embedded store; a remote store uses its own (S-15). A moment before the
 *   latest one of the user (its last opening, admission or enforcement) counts as that one: a clock set back opens no window.
 * - Loss of the store rejects with Fault UNAVAILABLE, within the deadline of the store.
 */
export interface AdmissionStore {
  /**
   * Opens a session; closes the oldest open ones that `rules.openMax` leaves no room for (S-16). An id that exists is
   * answered as it is.
   */
  open(session: {
    sessionId: SessionId;
    rules: SessionRules;
    now: Millis;
  }): Promise<{ session: SessionRecord; closed: readonly SessionId[] }>;
  admit(request: {
    sessionId: SessionId;
    operationId: OperationId;
    /** Hash of everything but the operation_id. */
    payloadHash: string;
    terms: AdmissionTerms;
    now: Millis;
  }): Promise<AdmitOutcome>;
  /**
   * As `admit` of each in order, each decided after the one before it, in one commit or round trip. All of one user, at most
   * 50, with the same `now`; an operation_id that comes twice is a repeat the second time.
   */
  admitAll(requests: readonly Parameters<AdmissionStore['admit']>[0][]): Promise<readonly AdmitOutcome[]>;
  /** The answer that an operation_id has had, as `admit` would give it again; undefined: `admit` would decide. */
  recall(request: {
    sessionId: SessionId;
    operationId: OperationId;
    payloadHash: string;
    now: Millis;
  }): AdmitOutcome | undefined | Promise<AdmitOutcome | undefined>;
  /** The same decision, counting and keeping nothing. */
  preflight(request: { sessionId: SessionId; terms: AdmissionTerms; now: Millis }): Admission | Promise<Admission>;
  /**
   * Takes in an operation that was admitted `degraded` while the store was away: counted and answered from then on as
   * `admission`, whatever the limits, in the log at `at` or the latest moment of the user where that is later. An
   * operation_id that is known already changes nothing, so it may be repeated; nor does one of 7 days before that moment.
   */
  count(operation: {
    sessionId: SessionId;
    operationId: OperationId;
    payloadHash: string;
    cost: number;
    /** Whether it counts in the windows (guest and basic). */
    counted: boolean;
    at: Millis;
    admission: Admission;
  }): Promise<void>;
  /** Ends a session; one that has ended stays as it was. `undefined`: unknown. */
  close(sessionId: SessionId, now: Millis): Promise<SessionRecord | undefined>;
  /** Ends every open session of a user; those that it ended, oldest first. */
  closeAll(providerId: ProviderId, userId: UserId, now: Millis): Promise<readonly SessionRecord[]>;
  get(sessionId: SessionId): SessionRecord | undefined | Promise<SessionRecord | undefined>;
  /** Sessions of a user that were not ended by `now`, oldest first. */
  sessionsOf(providerId: ProviderId, userId: UserId, now: Millis): Promise<readonly SessionRecord[]>;
  /**
   * Removes what no rule can ask for any more (operations and ids past 7 days, ended sessions past 7 days, the standing of a
   * user of whom nothing else is kept). Returns the number of records; 0 from a store whose records leave by themselves.
   */
  prune(now: Millis, limit: number): Promise<number>;
  health(): AdmissionStoreHealth | Promise<AdmissionStoreHealth>;
  /** The store's clock as this process knows it (S-15); the given one of an embedded store. */
  now(): Millis;
}
