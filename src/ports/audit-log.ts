import type { ProviderId, UserId } from '../domain/values.ts';
import type { AuditEntry } from './document-store.ts';

/**
 * The audit log: append-only, written by the commits of the document store, and by `append` for acts that change no
 * document. Contract: test/contracts/audit-log.ts.
 */
export interface AuditLog {
  /** Durable before it resolves; newer than every commit so far. */
  append(entries: readonly AuditEntry[]): Promise<void>;
  /** Newest first, strictly before `before` when given (a position from an earlier page), at most `limit`. */
  ofUser(
    providerId: ProviderId,
    userId: UserId,
    page: { before?: string; limit: number },
  ): Promise<{ entries: readonly AuditEntry[]; next?: string }>;
  /** Acts that belong to a partner, its users' included, newest first. */
  ofPartner(
    providerId: ProviderId,
    page: { before?: string; limit: number },
  ): Promise<{ entries: readonly AuditEntry[]; next?: string }>;
}
