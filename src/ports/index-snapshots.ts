import type { IndexSnapshot } from '../domain/relation/index-snapshot.ts';
import type { Tuple } from '../domain/relation/tuple.ts';
import type { ProviderId } from '../domain/values.ts';
import type { Sequence } from './document-store.ts';

/** What a snapshot of the tuples of a partner stands for. */
export interface SnapshotSubject {
  readonly providerId: ProviderId;
  /** Digest that tells stores apart. */
  readonly store: string;
  /** The tuples are those at this position of the store, perhaps with some of later changes. */
  readonly position: Sequence;
  readonly policyVersion: number;
  /** Digest of the text of the model. */
  readonly model: string;
  /** Tuples of the partner and its plans, which are in the index. */
  readonly projected: readonly Tuple[];
}

export interface PartnerSnapshot {
  readonly subject: SnapshotSubject;
  readonly index: IndexSnapshot;
}

export type TakenSnapshot =
  | { readonly kind: 'taken'; readonly snapshot: PartnerSnapshot }
  | { readonly kind: 'none' }
  /** It is damaged, cut short or of another version. */
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * Snapshots of tuple indexes beside the store, one a partner, for a fast start. They are no record: one that is lost costs a rebuild.
 * Contract (test/contracts/index-snapshots.ts):
 * - `write` replaces the partner's snapshot whole or not at all, and reads the arrays before it returns.
 * - `take` gives a snapshot once: whatever it answers, none is left, so that none can outlive the history that it belongs to.
 * - What `take` gives is what was written, to the last bit; anything else is refused.
 */
export interface IndexSnapshots {
  write(snapshot: PartnerSnapshot): void;
  take(providerId: ProviderId): TakenSnapshot;
}
