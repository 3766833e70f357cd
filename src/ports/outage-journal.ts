import type { AdmissionStore } from './admission-store.ts';

/** An operation that was admitted `degraded`, while the admission store was away, and is to be counted when it is back. */
export type DegradedOperation = Parameters<AdmissionStore['count']>[0];

export interface JournalEntry {
  /** Grows with each append. */
  readonly position: number;
  readonly operation: DegradedOperation;
}

/**
 * What this replica admitted while the admission store was away, until it is counted there. Contract
 * (test/contracts/outage-journal.ts):
 * - `append` is durable before it resolves, so that nothing that was answered is lost with the process.
 * - Processes that share a journal see each other's entries; each is counted once, since `AdmissionStore.count` is idempotent.
 * - Loss of the journal rejects with Fault UNAVAILABLE.
 */
export interface OutageJournal {
  append(operation: DegradedOperation): Promise<JournalEntry['position']>;
  /** The entries after a position (0: all), oldest first, at most `limit`. */
  read(after: number, limit: number): readonly JournalEntry[] | Promise<readonly JournalEntry[]>;
  /** An entry that is gone already is fine. */
  remove(position: number): Promise<void>;
}
