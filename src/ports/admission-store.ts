import type { Admission, AdmissionTerms, SessionRecord } from '../domain/session/state.ts';
import type { SessionRules } from '../domain/partner/policy.ts';
import type { Millis, OperationId, ProviderId, SessionId, UserId } from '../domain/values.ts';

export type AdmitOutcome =
  | { readonly kind: 'first'; readonly admission: Admission }
  | { readonly kind: 'replay'; readonly admission: Admission }
  /** The operation_id was used with another payload. */
  | { readonly kind: 'key-reused' };

/**
 * Sessions and the operation log. Contract (test/contracts/admission-store.ts):
 * - Each call is atomic over all processes; what it answered is durable.
 * - `admit` decides with `domain/session/admission.ts`, or its equal: replay first, then R-5; only admitted operations count (S-13).
 * - An operation_id is remembered for 7 days per user, refusals included.
 * - `now` is passed by the caller's clock for an embedded store; a remote store uses its own (S-15). A moment before the
 *   latest one of the user (its last opening or admission) counts as that one: a clock set back opens no window.
 * - An operation_id that is older than 7 days is new, pruned or not.
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
  /** The answer that an operation_id has had, as `admit` would give it again; undefined: `admit` would decide. */
  recall(request: {
    sessionId: SessionId;
    operationId: OperationId;
    payloadHash: string;
    now: Millis;
  }): AdmitOutcome | undefined | Promise<AdmitOutcome | undefined>;
  /** The same decision, counting and keeping nothing. */
  preflight(request: { sessionId: SessionId; terms: AdmissionTerms; now: Millis }): Admission | Promise<Admission>;
  /** Ends a session; one that has ended stays as it was. `undefined`: unknown. */
  close(sessionId: SessionId, now: Millis): Promise<SessionRecord | undefined>;
  get(sessionId: SessionId): SessionRecord | undefined | Promise<SessionRecord | undefined>;
  /** Sessions of a user that were not ended by `now`, oldest first. */
  sessionsOf(providerId: ProviderId, userId: UserId, now: Millis): Promise<readonly SessionRecord[]>;
  /** Removes what no rule can ask for any more (operations and ids past 7 days, ended sessions past 7 days). Returns the number of records. */
  prune(now: Millis, limit: number): Promise<number>;
}
