import { createHash } from 'node:crypto';
import type { PartnerState } from '../domain/partner/state.ts';
import { TupleIndex } from '../domain/relation/tuple-index.ts';
import type { PlanState } from '../domain/plan/state.ts';
import type { DocumentStore, Sequence } from '../ports/document-store.ts';
import type { IndexSnapshots, SnapshotSubject } from '../ports/index-snapshots.ts';
import type { Log } from '../ports/log.ts';
import { HeldPartner, type CompiledPartner } from './held-partner.ts';

/** Fewer tuples are rebuilt as fast as they are read. */
const TUPLES_MIN = 10_000;

const digestOf = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');

/** Partners of a replica kept from a graceful stop to the next start, so that it need not read every user and relationship. */
export class PartnerSnapshots {
  readonly #documents: DocumentStore;
  readonly #snapshots: IndexSnapshots;
  readonly #log: Log;
  readonly #tuplesMin: number;

  constructor(documents: DocumentStore, snapshots: IndexSnapshots, log: Log, tuplesMin: number = TUPLES_MIN) {
    this.#documents = documents;
    this.#snapshots = snapshots;
    this.#log = log;
    this.#tuplesMin = tuplesMin;
  }

  /** Writes what is worth it. Nothing may change meanwhile; what cannot be written is logged and left out. */
  async save(partners: Iterable<HeldPartner>, position: Sequence): Promise<void> {
    const store = digestOf(await this.#documents.secret());
    for (const { state, index, projected } of partners) {
      if (index.size < this.#tuplesMin) continue;
      const { providerId } = state;
      const subject = { ...subjectOf(state, store), position, projected };
      try {
        this.#snapshots.write({ subject, index: index.snapshot() });
      } catch (error) {
        this.#log.warn('a snapshot was not written; the next start rebuilds', { providerId, error });
      }
    }
  }

  /**
   * The partner as it was at a position not after `head`; the changes since are to be read again. Undefined where there is no snapshot, or
   * where it is damaged or stands for something else, which is logged.
   */
  async take(
    state: PartnerState,
    compiled: CompiledPartner,
    plans: readonly PlanState[],
    head: Sequence,
  ): Promise<{ readonly held: HeldPartner; readonly position: Sequence } | undefined> {
    const { providerId } = state;
    const taken = this.#snapshots.take(providerId);
    if (taken.kind === 'none') return undefined;
    const reason =
      taken.kind === 'refused'
        ? taken.reason
        : differenceOf(taken.snapshot.subject, subjectOf(state, digestOf(await this.#documents.secret())), head);
    if (taken.kind === 'refused' || reason !== undefined) {
      this.#log.warn('a snapshot was refused; its partner is rebuilt from the store', { providerId, reason });
      return undefined;
    }
    const { subject, index } = taken.snapshot;
    const kept = { index: TupleIndex.restored(compiled.model, index), projected: subject.projected };
    return { held: new HeldPartner(state, compiled, plans, kept), position: subject.position };
  }
}

type Expected = Omit<SnapshotSubject, 'position' | 'projected'>;

function subjectOf({ providerId, policy, modelText }: PartnerState, store: string): Expected {
  return { providerId, store, policyVersion: policy.version, model: digestOf(modelText) };
}

/** Why a snapshot does not stand for what is in the store; undefined where it does. */
function differenceOf(subject: SnapshotSubject, expected: Expected, head: Sequence): string | undefined {
  if (subject.providerId !== expected.providerId) return 'it is of another partner';
  if (subject.store !== expected.store) return 'it is of another store';
  if (subject.position > head) return 'it is ahead of the store';
  if (subject.model !== expected.model) return 'the model has changed since';
  return subject.policyVersion === expected.policyVersion ? undefined : 'the policy has changed since';
}
