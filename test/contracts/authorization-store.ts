import { describe, expect, test } from 'vitest';
import type { AuthorizationModel } from '../../src/domain/relation/model.ts';
import type { Tuple } from '../../src/domain/relation/tuple.ts';
import type { AuditLog } from '../../src/ports/audit-log.ts';
import type { AuthorizationStore, TupleBatch, TupleFilter } from '../../src/ports/authorization-store.ts';
import { canonicalJson } from '../../src/services/canonical-json.ts';
import { anEvent, eachWithStore, OTHER_PARTNER, PARTNER, type Made } from './fixtures.ts';

const A = '01KAVD3VEBMMS8YXNX7Z6W8T8A';
const B = '01KAVD3VEBMMS8YXNX7Z6W8T8B';
const C = '01KAVD3VEBMMS8YXNX7Z6W8T8C';
const MODEL: AuthorizationModel = { schema_version: '1.1', type_definitions: [{ type: 'user' }] };

/** `user relation object`. */
const tuple = (text: string): Tuple => {
  const [user = '', relation = '', object = ''] = text.split(' ');
  return { user, relation, object };
};
const tuples = (...texts: string[]) => texts.map(tuple);
const conditional = (at: number): Tuple => ({
  ...tuple('user:a viewer doc:1'),
  condition: { name: 'until', context: { at, list: [{ b: 1, a: 2 }] } },
});

/** The contract of AuthorizationStore, for any adapter. */
export function authorizationStoreContract(
  name: string,
  makeStore: () => Promise<Made<{ authorization: AuthorizationStore; audit: AuditLog }>>,
): void {
  describe(`${name} keeps stores of OpenFGA's API`, () => {
    const made = eachWithStore(makeStore);
    const store = () => made.store.authorization;
    const create = (id: string, ownerId?: typeof PARTNER, storeName = 'store') =>
      store().createStore({ id, name: storeName, ownerId, createdAt: 1 }, []);
    const write = (id: string, batch: Partial<TupleBatch>) =>
      store().write(id, { deletes: [], writes: [], onDuplicate: 'error', onMissing: 'error', at: 1, ...batch }, []);
    const read = (id: string, filter: TupleFilter = {}, page: { after?: string; limit?: number } = {}) =>
      store().read(id, filter, { limit: 100, ...page });
    const textsOf = (id: string, filter?: TupleFilter) =>
      read(id, filter).tuples.map(({ tuple: { user, relation, object } }) => `${user} ${relation} ${object}`);
    const all = (id: string) => [...store().all(id)];

    test('a store is found as it was made, until it is deleted', async () => {
      await create(A, PARTNER, 'mine');
      expect(store().store(A)).toEqual({ id: A, name: 'mine', ownerId: PARTNER, createdAt: 1, changes: 0 });
      expect(store().store(B)).toBeUndefined();
      expect(await store().deleteStore(A, [])).toBe(true);
      expect(await store().deleteStore(A, [])).toBe(false);
      expect(store().store(A)).toBeUndefined();
    });

    test('stores are listed by id, of an owner, of a name, in pages', async () => {
      await create(B, OTHER_PARTNER);
      await create(C, PARTNER, 'other');
      await create(A, PARTNER);
      const ids = (page: Partial<Parameters<AuthorizationStore['stores']>[0]>) =>
        store()
          .stores({ limit: 10, ...page })
          .map(({ id }) => id);
      expect(ids({})).toEqual([A, B, C]);
      expect(ids({ ownerId: PARTNER })).toEqual([A, C]);
      expect(ids({ name: 'store' })).toEqual([A, B]);
      expect(ids({ ownerId: PARTNER, name: 'other' })).toEqual([C]);
      expect(ids({ limit: 2 })).toEqual([A, B]);
      expect(ids({ after: A })).toEqual([B, C]);
      expect(ids({ ownerId: PARTNER, after: A })).toEqual([C]);
    });

    test('models are kept whole, newest first, and the newest is the one of the greatest id', async () => {
      await create(A);
      const source = { ...MODEL, conditions: { c: { name: 'c', expression: 'true', metadata: { module: 'm' } } } };
      expect(await store().writeModel(A, { id: C, source }, [])).toBe(true);
      expect(await store().writeModel(A, { id: B, source: MODEL }, [])).toBe(true);
      expect(await store().writeModel(B, { id: B, source: MODEL }, [])).toBe(false);
      expect(store().store(A)).toMatchObject({ latestModelId: C });
      expect(store().model(A, C)).toEqual({ id: C, source });
      expect(store().model(A, A)).toBeUndefined();
      const ids = (page: { after?: string; limit: number }) =>
        store()
          .models(A, page)
          .map(({ id }) => id);
      expect(ids({ limit: 10 })).toEqual([C, B]);
      expect(ids({ limit: 1 })).toEqual([C]);
      expect(ids({ after: C, limit: 10 })).toEqual([B]);
      expect(store().models(B, { limit: 10 })).toEqual([]);
    });

    test('a tuple is read as it was written, with its condition and its moment', async () => {
      await create(A);
      await write(A, { writes: [conditional(5)], at: 7 });
      expect(read(A).tuples).toEqual([{ tuple: conditional(5), writtenAt: 7 }]);
      expect(all(A)).toEqual([conditional(5)]);
    });

    test('names of a model, of a context and of assertions are kept, whatever they are', async () => {
      const named = <T>(value: T) => JSON.parse(`{"__proto__": ${JSON.stringify(value)}}`) as Record<string, T>;
      const source = { ...MODEL, type_definitions: [{ type: 'doc', relations: named({ this: {} }) }] };
      const written = { ...conditional(5), condition: { name: 'until', context: named(named(1)) } };
      await create(A);
      await store().writeModel(A, { id: B, source }, []);
      await write(A, { writes: [written] });
      await store().writeAssertions(A, B, [named(1)], []);
      const kept = {
        model: store().model(A, B)?.source,
        tuples: all(A),
        changes: store()
          .changes(A, { after: 0, limit: 1 })
          .changes.map((change) => change.tuple),
        assertions: store().assertions(A, B),
      };
      // By text: a comparison of objects does not see a field of this name.
      const expected = { model: source, tuples: [written], changes: [written], assertions: [named(1)] };
      expect(canonicalJson(kept)).toBe(canonicalJson(expected));
    });

    const batches: readonly (readonly [
      what: string,
      batch: Partial<TupleBatch>,
      outcome: { done: boolean; reason?: string },
      left: readonly string[],
    ])[] = [
      [
        'a new tuple',
        { writes: tuples('user:b viewer doc:1') },
        { done: true },
        ['user:a viewer doc:1', 'user:b viewer doc:1'],
      ],
      [
        'a duplicate',
        { writes: tuples('user:b viewer doc:1', 'user:a viewer doc:1') },
        { done: false, reason: 'exists' },
        ['user:a viewer doc:1'],
      ],
      [
        'a duplicate to be ignored',
        { writes: tuples('user:a viewer doc:1', 'user:b viewer doc:1'), onDuplicate: 'ignore' },
        { done: true },
        ['user:a viewer doc:1', 'user:b viewer doc:1'],
      ],
      [
        'a duplicate with another condition',
        { writes: [conditional(5)], onDuplicate: 'ignore' },
        { done: false, reason: 'differs' },
        ['user:a viewer doc:1'],
      ],
      [
        'a missing one',
        { deletes: tuples('user:a viewer doc:1', 'user:z viewer doc:1') },
        { done: false, reason: 'missing' },
        ['user:a viewer doc:1'],
      ],
      [
        'a missing one to be ignored',
        { deletes: tuples('user:a viewer doc:1', 'user:z viewer doc:1'), onMissing: 'ignore' },
        { done: true },
        [],
      ],
      [
        'a delete and a write',
        { deletes: tuples('user:a viewer doc:1'), writes: tuples('user:c viewer doc:1') },
        { done: true },
        ['user:c viewer doc:1'],
      ],
    ];
    test.each(batches)('a batch of %s is done whole or not at all', async (_what, batch, outcome, left) => {
      await create(A);
      await write(A, { writes: tuples('user:a viewer doc:1') });
      expect(await write(A, batch)).toMatchObject(outcome);
      expect(textsOf(A)).toEqual(left);
      expect(textsOf(A, { user: 'user:a' })).toEqual(left.filter((text) => text.startsWith('user:a')));
    });

    test('conditions are the same whatever the order of their fields', async () => {
      await create(A);
      await write(A, { writes: [conditional(5)] });
      const turned = { ...conditional(5), condition: { name: 'until', context: { list: [{ a: 2, b: 1 }], at: 5 } } };
      expect(await write(A, { writes: [turned], onDuplicate: 'ignore' })).toEqual({ done: true });
      expect(await write(A, { writes: [conditional(6)], onDuplicate: 'ignore' })).toMatchObject({ reason: 'differs' });
    });

    test('a write into a store that is gone says so', async () => {
      expect(await write(A, { writes: tuples('user:a viewer doc:1') })).toMatchObject({
        done: false,
        reason: 'store-gone',
      });
      expect(await store().writeAssertions(A, B, [], [])).toBe(false);
    });

    const FILTERS: readonly (readonly [filter: TupleFilter, found: readonly string[]])[] = [
      [
        {},
        [
          'user:a editor doc:1',
          'user:a viewer doc:1',
          'user:b viewer doc:1',
          'user:a viewer doc:10',
          'user:a viewer folder:1',
        ],
      ],
      [{ object: 'doc:1' }, ['user:a editor doc:1', 'user:a viewer doc:1', 'user:b viewer doc:1']],
      [{ object: 'doc:1', relation: 'viewer' }, ['user:a viewer doc:1', 'user:b viewer doc:1']],
      [{ object: 'doc:1', user: 'user:a' }, ['user:a editor doc:1', 'user:a viewer doc:1']],
      [{ object: 'doc:', user: 'user:a' }, ['user:a editor doc:1', 'user:a viewer doc:1', 'user:a viewer doc:10']],
      [{ object: 'doc:', user: 'user:a', relation: 'viewer' }, ['user:a viewer doc:1', 'user:a viewer doc:10']],
      [{ object: 'doc:1', relation: 'viewer', user: 'user:b' }, ['user:b viewer doc:1']],
      [{ user: 'user:b' }, ['user:b viewer doc:1']],
      [{ object: 'doc:2' }, []],
      [{ object: 'doc:1', relation: 'view' }, []],
    ];
    test.each(FILTERS)('%j finds %j, and in pages the same', async (filter, found) => {
      await create(A);
      await create(B);
      const writes = tuples(
        'user:b viewer doc:1',
        'user:a viewer doc:10',
        'user:a viewer doc:1',
        'user:a viewer folder:1',
        'user:a editor doc:1',
      );
      await write(A, { writes });
      await write(B, { writes: tuples('user:x viewer doc:1', 'user:a viewer zoo:1') });
      expect(textsOf(A, filter)).toEqual(found);
      const paged: string[] = [];
      for (let after: string | undefined; ;) {
        const page = read(A, filter, { limit: 2, ...(after !== undefined && { after }) });
        paged.push(...page.tuples.map(({ tuple: { user, relation, object } }) => `${user} ${relation} ${object}`));
        after = page.next;
        if (after === undefined) break;
      }
      expect(paged).toEqual(found);
    });

    test('a position that is none is the caller’s fault', async () => {
      await create(A);
      expect(() => read(A, {}, { after: 'zork' })).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    });

    test('every tuple is found once, however many', async () => {
      await create(A);
      const many = Array.from({ length: 2_500 }, (_, n) => tuple(`user:a viewer doc:${String(n).padStart(5, '0')}`));
      await write(A, { writes: many });
      expect(all(A)).toEqual(many);
      expect(read(A, { object: 'doc:', user: 'user:a' }, { limit: 3_000 }).tuples).toHaveLength(2_500);
      expect(read(A, { object: 'doc:00001', relation: 'editor' }).tuples).toEqual([]);
    });

    test('changes are numbered without gaps, and what was ignored is none', async () => {
      await create(A);
      await write(A, { writes: [conditional(5), tuple('user:a viewer folder:1')], at: 10 });
      await write(A, { writes: tuples('user:a viewer folder:1'), onDuplicate: 'ignore', at: 20 });
      await write(A, { deletes: tuples('user:a viewer doc:1'), writes: tuples('user:b viewer doc:1'), at: 30 });
      expect(store().store(A)).toMatchObject({ changes: 4 });
      const { changes, through } = store().changes(A, { after: 0, limit: 10 });
      expect(through).toBe(4);
      expect(changes).toEqual([
        { number: 1, operation: 'write', tuple: conditional(5), at: 10 },
        { number: 2, operation: 'write', tuple: tuple('user:a viewer folder:1'), at: 10 },
        { number: 3, operation: 'delete', tuple: tuple('user:a viewer doc:1'), at: 30 },
        { number: 4, operation: 'write', tuple: tuple('user:b viewer doc:1'), at: 30 },
      ]);
      const numbers = (page: Partial<Parameters<AuthorizationStore['changes']>[1]>) => {
        const found = store().changes(A, { after: 0, limit: 10, ...page });
        return [found.changes.map(({ number }) => number), found.through];
      };
      expect(numbers({ type: 'folder' })).toEqual([[2], 4]);
      expect(numbers({ type: 'doc', limit: 1 })).toEqual([[1], 1]);
      expect(numbers({ after: 2 })).toEqual([[3, 4], 4]);
      expect(numbers({ after: 4 })).toEqual([[], 4]);
      expect(numbers({ from: 11 })).toEqual([[3, 4], 4]);
      expect(numbers({ from: 30 })).toEqual([[3, 4], 4]);
      expect(numbers({ from: 31 })).toEqual([[], 4]);
      expect(store().changes(B, { after: 0, limit: 10 }).changes).toEqual([]);
    });

    test('stores share nothing, and a deleted one leaves nothing behind', async () => {
      for (const id of [A, B]) {
        await create(id);
        await store().writeModel(id, { id: C, source: MODEL }, []);
        await store().writeAssertions(id, C, [{ expectation: true }], []);
        const writes = Array.from({ length: 600 }, (_, n) => tuple(`user:a viewer doc:${n}`));
        await write(id, { writes });
      }
      await store().deleteStore(A, []);
      expect(all(A)).toEqual([]);
      expect(textsOf(A, { object: 'doc:', user: 'user:a' })).toEqual([]);
      expect(store().model(A, C)).toBeUndefined();
      expect(store().assertions(A, C)).toEqual([]);
      expect(store().changes(A, { after: 0, limit: 10 }).changes).toEqual([]);
      expect(all(B)).toHaveLength(600);
      expect(store().model(B, C)).toBeDefined();
      expect(store().assertions(B, C)).toEqual([{ expectation: true }]);
    });

    test('the head moves with every write, and not with a read or a refused batch', async () => {
      const heads = [store().head()];
      const moved = async (work: Promise<unknown>): Promise<void> => {
        await work;
        heads.push(store().head());
      };
      await moved(create(A));
      await moved(store().writeModel(A, { id: C, source: MODEL }, []));
      await moved(write(A, { writes: tuples('user:a viewer doc:1') }));
      await moved(store().writeAssertions(A, C, [], []));
      expect(heads).toEqual([...heads].sort((a, b) => a - b));
      expect(new Set(heads).size).toBe(heads.length);
      const before = store().head();
      read(A);
      await write(A, { writes: tuples('user:a viewer doc:1') });
      expect(store().head()).toBe(before);
      await store().deleteStore(A, []);
      expect(store().head()).toBeGreaterThan(before);
    });

    test('events stand in the audit log with the write that they belong to', async () => {
      await store().createStore({ id: A, name: 'store', ownerId: PARTNER, createdAt: 1 }, [
        anEvent({ event: 'StoreMade' }),
      ]);
      const batch = {
        deletes: [],
        writes: tuples('user:a viewer doc:1'),
        onMissing: 'error',
        onDuplicate: 'error',
        at: 1,
      } as const;
      await store().write(A, batch, [anEvent({ event: 'TuplesWritten' })]);
      await store().write(A, batch, [anEvent({ event: 'TuplesRefused' })]);
      const { entries } = await made.store.audit.ofPartner(PARTNER, { limit: 10 });
      expect(entries.map(({ event }) => event)).toEqual(['TuplesWritten', 'StoreMade']);
    });
  });
}
