import { randomInt } from 'node:crypto';
import { compileModel, type CompiledModel } from '../../domain/relation/compile-model.ts';
import { TupleIndex } from '../../domain/relation/tuple-index.ts';
import type { AuthorizationStore, StoreRecord } from '../../ports/authorization-store.ts';
import { OpenFgaError } from './openfga-error.ts';

/** Stores whose tuples are in memory; the one that was not asked for longest makes room. */
const STORES_HELD_MAX = 1_000;
/** Compiled models in memory. */
const MODELS_HELD_MAX = 512;
/** Tuples taken in before others may run. */
const TUPLES_A_TURN = 2_000;
const CHANGES_A_READ = 1_000;

interface Held {
  readonly index: TupleIndex;
  /** Number of the newest change that the index has. */
  changes: number;
}

/**
 * The stores of OpenFGA's API as this process holds them in memory, brought to the newest state of the store before each answer: exact, also when
 * other processes write.
 */
export class StoreIndex {
  readonly #store: AuthorizationStore;
  readonly #held = new Map<string, Held>();
  readonly #loading = new Map<string, Promise<TupleIndex>>();
  readonly #models = new Map<string, CompiledModel>();
  #records = new Map<string, StoreRecord>();
  #head = -1;

  constructor(store: AuthorizationStore) {
    this.#store = store;
  }

  /** The newest state of a store; undefined where there is none. */
  record(storeId: string): StoreRecord | undefined {
    const head = this.#store.head();
    if (head !== this.#head) {
      this.#records = new Map();
      this.#head = head;
    }
    const known = this.#records.get(storeId);
    if (known) return known;
    const record = this.#store.store(storeId);
    if (record) this.#records.set(storeId, record);
    else this.#held.delete(storeId);
    return record;
  }

  /** A model of a store, compiled; undefined where the store has none of this id. */
  model(storeId: string, modelId: string): CompiledModel | undefined {
    const key = `${storeId}/${modelId}`;
    const known = this.#models.get(key);
    if (known) return known;
    const stored = this.#store.model(storeId, modelId);
    if (!stored) return undefined;
    const { model } = compileModel(stored.source);
    // Written by a release that took more than this one does.
    if (!model) throw new OpenFgaError('validation_error', 'invalid authorization model encountered');
    if (this.#models.size >= MODELS_HELD_MAX) this.#models.delete(this.#models.keys().next().value!);
    this.#models.set(key, model);
    return model;
  }

  /** The tuples of a store at its newest state; at once where they are in memory. `model`: any model of the store. */
  index(record: StoreRecord, model: CompiledModel): TupleIndex | Promise<TupleIndex> {
    const held = this.#held.get(record.id);
    if (held === undefined) return this.#load(record, model);
    if (held.changes < record.changes) this.#follow(record.id, held);
    return held.index;
  }

  /** A step of compaction of a store that deletes have left holes in; a few milliseconds. Returns whether there is more to do. */
  compact(): boolean {
    return [...this.#held.values()].some(({ index }) => index.compact());
  }

  #load(record: StoreRecord, model: CompiledModel): TupleIndex | Promise<TupleIndex> {
    const { id } = record;
    // Where there is little, it is read at once.
    if (record.changes <= TUPLES_A_TURN) {
      const held = { index: newIndex(model), changes: record.changes };
      for (const tuple of this.#store.all(id)) held.index.write(tuple);
      return this.#keep(id, held);
    }
    const loading = this.#loading.get(id) ?? this.#loadInTurns(record, model);
    this.#loading.set(id, loading);
    // What was written while it was read is taken in by those who waited.
    return loading.then(() => {
      const newest = this.record(id);
      if (!newest) throw new OpenFgaError('store_id_not_found', 'Store ID not found');
      return this.index(newest, model);
    });
  }

  async #loadInTurns({ id, changes }: StoreRecord, model: CompiledModel): Promise<TupleIndex> {
    try {
      const held = { index: newIndex(model), changes };
      let taken = 0;
      for (const tuple of this.#store.all(id)) {
        held.index.write(tuple);
        taken += 1;
        if (taken % TUPLES_A_TURN === 0) await nextTurn();
      }
      return this.#keep(id, held);
    } finally {
      this.#loading.delete(id);
    }
  }

  #keep(id: string, held: Held): TupleIndex {
    if (this.#held.size >= STORES_HELD_MAX) this.#held.delete(this.#held.keys().next().value!);
    this.#held.set(id, held);
    return held.index;
  }

  #follow(id: string, held: Held): void {
    for (;;) {
      const { changes, through } = this.#store.changes(id, { after: held.changes, limit: CHANGES_A_READ });
      for (const { operation, tuple } of changes) {
        if (operation === 'write') held.index.write(tuple);
        else held.index.delete(tuple);
      }
      if (through === held.changes) return;
      held.changes = through;
    }
  }
}

// Names that callers choose must not be able to collide in the table of names.
const newIndex = (model: CompiledModel): TupleIndex => new TupleIndex(model, { seed: randomInt(2 ** 32) });

/** Lets the event loop take whatever waits. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
