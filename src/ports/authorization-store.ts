import type { AuthorizationModel } from '../domain/relation/model.ts';
import type { Tuple, TupleKey } from '../domain/relation/tuple.ts';
import type { Millis, ProviderId } from '../domain/values.ts';
import type { AuditEntry } from './document-store.ts';

/** A store of OpenFGA's API. Ids of stores and models are ULIDs, made by the caller. */
export interface StoreRecord {
  readonly id: string;
  readonly name: string;
  /** The partner whose keys see it; `undefined`: operators alone. */
  readonly ownerId: ProviderId | undefined;
  readonly createdAt: Millis;
  /** The greatest id of its models; absent while it has none. */
  readonly latestModelId?: string;
  /** Changes of tuples so far; the number of the newest one. */
  readonly changes: number;
}

export interface StoredModel {
  readonly id: string;
  /** Whole, with the metadata that the engine does not read. */
  readonly source: AuthorizationModel;
}

export interface StoredTuple {
  readonly tuple: Tuple;
  readonly writtenAt: Millis;
}

export interface TupleChange {
  /** From 1, without gaps within a store. */
  readonly number: number;
  readonly operation: 'write' | 'delete';
  /** The condition is that of the write. */
  readonly tuple: Tuple;
  readonly at: Millis;
}

export interface TupleBatch {
  readonly deletes: readonly TupleKey[];
  readonly writes: readonly Tuple[];
  /** Of a tuple that is there: refuse the batch, or leave the tuple as it is. */
  readonly onDuplicate: 'error' | 'ignore';
  /** Of a tuple that is not there: refuse the batch, or go on. */
  readonly onMissing: 'error' | 'ignore';
  readonly at: Millis;
}

export type WriteOutcome =
  | { readonly done: true }
  | {
      readonly done: false;
      /** `differs`: to be ignored as a duplicate, but it is there with another condition. */
      readonly reason: 'store-gone' | 'exists' | 'missing' | 'differs';
      /** The first that stands in the way. */
      readonly key: TupleKey;
    };

export interface TupleFilter {
  /** `type:id`; with a user also `type:`, every object of the type. */
  readonly object?: string;
  readonly relation?: string;
  readonly user?: string;
}

/**
 * Stores, models, tuples and assertions as OpenFGA's API keeps them. Contract (test/contracts/authorization-store.ts):
 * - Each write is atomic and durable before its promise resolves, and appends `events` to the audit log in the same commit; every read sees the
 *   newest commit, those of other processes included.
 * - `head` grows with every write of any kind: what was read at a head holds as long as the head does.
 * - A batch takes its deletes first, is done whole or not at all, and is one change for each tuple that it changes, in its order.
 * - Stores share nothing. A deleted store is gone at once with all that it held; its id is never used again.
 * - Pages are in the order named, strictly after `after`, at most `limit` long; `next` is there when more follows. An `after` that is none of this
 *   list is undefined behaviour but for `read`, which throws INVALID_ARGUMENT.
 * - Loss of the store rejects with Fault UNAVAILABLE.
 */
export interface AuthorizationStore {
  head(): number;
  createStore(store: Omit<StoreRecord, 'latestModelId' | 'changes'>, events: readonly AuditEntry[]): Promise<void>;
  store(id: string): StoreRecord | undefined;
  /** By id; of one owner, of one name, where given. */
  stores(page: { ownerId?: ProviderId; name?: string; after?: string; limit: number }): readonly StoreRecord[];
  /** False: there was none. */
  deleteStore(id: string, events: readonly AuditEntry[]): Promise<boolean>;
  /** False: the store is gone. */
  writeModel(storeId: string, model: StoredModel, events: readonly AuditEntry[]): Promise<boolean>;
  model(storeId: string, modelId: string): StoredModel | undefined;
  /** By id, greatest first. */
  models(storeId: string, page: { after?: string; limit: number }): readonly StoredModel[];
  write(storeId: string, batch: TupleBatch, events: readonly AuditEntry[]): Promise<WriteOutcome>;
  /** By (object, relation, user); with a user in the filter by (object, relation). */
  read(
    storeId: string,
    filter: TupleFilter,
    page: { after?: string; limit: number },
  ): { tuples: readonly StoredTuple[]; next?: string };
  /** Every tuple, by (object, relation, user); a change meanwhile may be seen or not. */
  all(storeId: string): Iterable<Tuple>;
  /**
   * By number, from the first after `after` and not before `from`; of objects of one type where given. `through`: the number of the last one looked at,
   * to go on from; a page may be short, or empty, though more follows.
   */
  changes(
    storeId: string,
    page: { after: number; from?: Millis; type?: string; limit: number },
  ): { readonly changes: readonly TupleChange[]; readonly through: number };
  /** False: the store is gone. `assertions` are JSON. */
  writeAssertions(
    storeId: string,
    modelId: string,
    assertions: readonly unknown[],
    events: readonly AuditEntry[],
  ): Promise<boolean>;
  /** Empty where none were written. */
  assertions(storeId: string, modelId: string): readonly unknown[];
}
