import type { Tuple, TupleKey } from '../domain/relation/tuple.ts';
import type { ProviderId } from '../domain/values.ts';
import type { AuditEntry, Sequence } from './document-store.ts';

/**
 * Relationships that applications keep (`document:…`, `team:…`): one store a partner. Contract (test/contracts/relationship-store.ts):
 * - `write` is atomic and durable; a write of a tuple that exists replaces its condition, a delete of one that does not is no error.
 * - The deletes of a batch come before its writes; its events go to the audit log in the same commit.
 * - Each write is one change of kind `relationship` in the order of the document store, its id the partner's.
 * - A store keeps a bounded number of batches. A change whose batch it has dropped stays in `changesSince`, or a later one
 *   of the same partner does: a follower that finds no batch reloads all of that partner, and then reads on to `head`
 *   before it answers.
 */
export interface RelationshipStore {
  write(
    providerId: ProviderId,
    batch: { writes: readonly Tuple[]; deletes: readonly TupleKey[] },
    events: readonly AuditEntry[],
  ): Promise<{ sequence: Sequence }>;
  /** In the order of (object, relation, user), strictly after `after`; `object` is `type:id` or `type:`. */
  read(
    providerId: ProviderId,
    page: { object: string; after?: string; limit: number },
  ): Promise<{ tuples: readonly Tuple[]; next?: string }>;
  /** Every tuple of the partner. */
  all(providerId: ProviderId): Iterable<Tuple> | AsyncIterable<Tuple>;
  /** What changed at a `relationship` change: the batch written at `sequence`; undefined: dropped, reload all of this partner. */
  batchAt(
    sequence: Sequence,
  ):
    | { providerId: ProviderId; writes: readonly Tuple[]; deletes: readonly TupleKey[] }
    | undefined
    | Promise<{ providerId: ProviderId; writes: readonly Tuple[]; deletes: readonly TupleKey[] } | undefined>;
}
