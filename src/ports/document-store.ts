import type { PartnerState } from '../domain/partner/state.ts';
import type { PlanState } from '../domain/plan/state.ts';
import type { UserState } from '../domain/user/state.ts';
import type { Actor, Millis, PlanId, ProviderId, UserId } from '../domain/values.ts';

/** A caller's credential: `ghk_<keyId>_<secret>` (design §5). A document like the others, so that a revocation is in force at once. */
export interface KeyState {
  readonly kind: 'key';
  /** 12 characters [a-z0-9]. */
  readonly keyId: string;
  readonly rev: number;
  /** `undefined`: the platform's operator (P-7). */
  readonly providerId: ProviderId | undefined;
  /** SHA-256 of the secret, hex. */
  readonly secretHash: string;
  readonly scopes: readonly Scope[];
  readonly label: string;
  readonly createdAt: Millis;
  readonly expiresAt?: Millis;
  readonly revokedAt?: Millis;
}

export const SCOPES = ['check', 'admit', 'plan', 'directory', 'policy', 'relationships'] as const;
export type Scope = (typeof SCOPES)[number];

export type Document = PartnerState | PlanState | UserState | KeyState;
export type DocumentKind = Document['kind'];
export type DocumentOf<K extends DocumentKind> = Extract<Document, { kind: K }>;

/** Identity of a document within its kind: provider_id; `provider_id/plan_id`; user_id; key id. */
export type DocumentId = string;

export const planDocumentId = (providerId: ProviderId, planId: PlanId): DocumentId => `${providerId}/${planId}`;

/** A change as the audit log keeps it (R-10, C-5). Never a secret, code or token (C-7). */
export interface AuditEntry {
  readonly at: Millis;
  /** `undefined` for acts on the platform itself. */
  readonly providerId: ProviderId | undefined;
  readonly userId?: UserId;
  readonly event: string;
  readonly actor: Actor;
  readonly cause: string;
  /** JSON. */
  readonly detail: Readonly<Record<string, unknown>>;
}

/** One atomic commit: a document as it is to be, and what happened to it. */
export interface Commit {
  /** With `rev` = the rev that was read + 1; 1 creates. */
  readonly document: Document;
  readonly events: readonly AuditEntry[];
}

/** Position in the order of all commits of the store; grows by 1 a commit. */
export type Sequence = number;

export type CommitOutcome =
  | { readonly done: true; readonly sequence: Sequence }
  /** Somebody else committed first, or the document exists already / does not exist: read again and decide anew. */
  | { readonly done: false };

export interface Change {
  readonly sequence: Sequence;
  readonly kind: DocumentKind | 'relationship';
  readonly id: DocumentId;
}

/**
 * The record (C-1). Contract (test/contracts/document-store.ts):
 * - `commit` is atomic, compare-and-set on `rev`, and durable before its promise resolves; one winner of many on one rev.
 * - `get` answers the newest committed state, those of other processes included.
 * - `changesSince` gives the changes after `sequence` in order, at most `limit`, without gaps; a document that changed
 *   twice may appear once, at its last position.
 * - Loss of the store rejects with Fault UNAVAILABLE.
 */
export interface DocumentStore {
  get<K extends DocumentKind>(kind: K, id: DocumentId): DocumentOf<K> | undefined | Promise<DocumentOf<K> | undefined>;
  commit(commit: Commit): Promise<CommitOutcome>;
  /** The position of the newest change that is visible now. */
  head(): Sequence | Promise<Sequence>;
  changesSince(sequence: Sequence, limit: number): readonly Change[] | Promise<readonly Change[]>;
  /** All documents of a kind, in the order of their ids, streamed; the caller may stop early. */
  all<K extends DocumentKind>(kind: K): AsyncIterable<DocumentOf<K>>;
  /**
   * Users of a partner by (createdAtNs, userId) ascending, strictly after `after`, created in [from, to) when given.
   * At most `limit`.
   */
  usersOf(
    providerId: ProviderId,
    page: { after?: UserPosition; fromNs?: bigint; toNs?: bigint; limit: number },
  ): Promise<readonly UserState[]>;
  /** Users of a partner of whom something ends by itself at or before `now` (`nextDue`), earliest first, at most `limit`. */
  dueUsers(providerId: ProviderId, now: Millis, limit: number): Promise<readonly UserId[]>;
  /**
   * Takes or renews a lease for `ttlMs` from `now`; false while another holder has it. What a holder does with it must stand
   * being done twice, since a lease can run out meanwhile: commits are compare-and-set.
   */
  lease(name: string, holder: string, now: Millis, ttlMs: number): Promise<boolean>;
  /** A secret of this store, the same in every process, made at first use; for deriving confirmation codes. 32 bytes. */
  secret(): Promise<Uint8Array>;
  close(): Promise<void>;
}

export interface UserPosition {
  readonly createdAtNs: bigint;
  readonly userId: UserId;
}
