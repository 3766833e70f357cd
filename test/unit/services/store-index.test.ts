import { expect, test } from 'vitest';
import type { AuthorizationModel } from '../../../src/domain/relation/model.ts';
import type { Tuple } from '../../../src/domain/relation/tuple.ts';
import type { AuthorizationStore, StoreRecord, TupleChange } from '../../../src/ports/authorization-store.ts';
import { StoreIndex } from '../../../src/services/openfga/store-index.ts';

const ID = '01KAVD3VEBMMS8YXNX7Z6W8T8A';
const MODEL_ID = '01KAVD3VEBMMS8YXNX7Z6W8T8B';
const source: AuthorizationModel = {
  schema_version: '1.1',
  type_definitions: [
    { type: 'user' },
    {
      type: 'doc',
      relations: { viewer: { this: {} } },
      metadata: { relations: { viewer: { directly_related_user_types: [{ type: 'user' }] } } },
    },
  ],
};
const TUPLES = 40_000;
const tuple = (at: number): Tuple => ({ user: `user:u${at}`, relation: 'viewer', object: `doc:d${at % 2_000}` });

/** One store as the port gives it: tuples that were there, and the changes that came since. */
function storeOf(count: number) {
  const changes: TupleChange[] = [];
  const known = count;
  const record = (): StoreRecord => {
    const own = { id: ID, name: 'store', ownerId: undefined, createdAt: 0, latestModelId: MODEL_ID };
    return { ...own, changes: known + changes.length };
  };
  const store = {
    head: () => changes.length,
    store: (id) => (id === ID ? record() : undefined),
    model: (_storeId, id) => (id === MODEL_ID ? { id, source } : undefined),
    all: () => Array.from({ length: count }, (_, at) => tuple(at)),
    changes: (_storeId, { after, limit }) => {
      const some = changes.slice(after - known, after - known + limit);
      return { changes: some, through: after + some.length };
    },
  } satisfies Partial<AuthorizationStore> as unknown as AuthorizationStore;
  const remove = (at: number) =>
    changes.push({ number: known + changes.length + 1, operation: 'delete', tuple: tuple(at), at: 0 });
  return { store, remove };
}

test('what deletes of a store left idle is given back a step at a time, and the store answers as before', async () => {
  const { store, remove } = storeOf(TUPLES);
  const stores = new StoreIndex(store);
  const newest = () => stores.index(stores.record(ID)!, stores.model(ID, MODEL_ID)!);
  const index = await newest();
  while (stores.compact());
  expect(stores.compact()).toBe(false);
  for (let at = 0; at < TUPLES; at++) if (at % 10 !== 0) remove(at);
  expect(await newest()).toBe(index);
  const { bytes, epoch } = index;
  let steps = 0;
  while (stores.compact()) {
    steps++;
    if (steps === 1) {
      remove(0);
      void newest();
    }
  }
  expect(steps).toBeGreaterThan(2);
  expect(index.bytes).toBeLessThan(bytes / 4);
  expect(index.epoch).toBeGreaterThan(epoch);
  expect(index.size).toBe(TUPLES / 10 - 1);
  expect([0, 1, 10, 11, TUPLES - 10].map((at) => index.has(tuple(at)))).toEqual([false, false, true, false, true]);
});
