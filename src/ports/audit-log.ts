import type { ProviderId, UserId } from '../domain/values.ts';
import type { AuditEntry } from './document-store.ts';

/** The audit log: append-only, written by the commits of the document store. Contract: test/contracts/audit-log.ts. */
export interface AuditLog {
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
