import { describe, expect, test } from 'vitest';
import type { Tuple } from '../../src/domain/relation/tuple.ts';
import type { DocumentStore } from '../../src/ports/document-store.ts';
import type { RelationshipStore } from '../../src/ports/relationship-store.ts';
import { aUser, eachWithStore, gathered, OTHER_PARTNER, PARTNER, userId, type Made } from './fixtures.ts';

const tuple = (object: string, relation: string, user: string): Tuple => ({ user, relation, object });
const conditional = (n: number): Tuple => ({
  ...tuple('document:1', 'viewer', 'user:a'),
  condition: { name: 'until', context: { at: `2030-01-0${n}T00:00:00Z`, list: [n] } },
});

/** The contract of RelationshipStore, for any adapter; `documents` tells the changes. */
export function relationshipStoreContract(
  name: string,
  makeStore: () => Promise<Made<{ documents: DocumentStore; relationships: RelationshipStore }>>,
): void {
  describe(`${name} keeps relationships`, () => {
    const made = eachWithStore(makeStore);
    const write = (writes: readonly Tuple[], deletes: readonly Tuple[] = [], partner = PARTNER) =>
      made.store.relationships.write(partner, { writes, deletes }, []);
    const all = async (partner = PARTNER) => gathered(made.store.relationships.all(partner));

    test('a tuple is read as it was written, its condition included', async () => {
      await write([
        conditional(1),
        tuple('document:1', 'owner', 'team:x#member'),
        tuple('document:2', 'viewer', 'user:*'),
      ]);
      expect(await all()).toEqual([
        tuple('document:1', 'owner', 'team:x#member'),
        conditional(1),
        tuple('document:2', 'viewer', 'user:*'),
      ]);
    });

    test('a write of a tuple that exists replaces its condition', async () => {
      await write([conditional(1)]);
      await write([conditional(2)]);
      expect(await all()).toEqual([conditional(2)]);
      await write([tuple('document:1', 'viewer', 'user:a')]);
      expect(await all()).toEqual([tuple('document:1', 'viewer', 'user:a')]);
    });

    test('a delete of what is not there is no error; deletes of a batch come before its writes', async () => {
      await write([], [tuple('document:1', 'viewer', 'user:a')]);
      expect(await all()).toEqual([]);
      await write([conditional(1)], [tuple('document:1', 'viewer', 'user:a')]);
      expect(await all()).toEqual([conditional(1)]);
      await write([], [tuple('document:1', 'viewer', 'user:a')]);
      expect(await all()).toEqual([]);
    });

    test('partners do not meet each other', async () => {
      await write([tuple('document:1', 'viewer', 'user:a')]);
      await write([tuple('document:1', 'viewer', 'user:b')], [tuple('document:1', 'viewer', 'user:a')], OTHER_PARTNER);
      expect(await all()).toEqual([tuple('document:1', 'viewer', 'user:a')]);
      expect(await all(OTHER_PARTNER)).toEqual([tuple('document:1', 'viewer', 'user:b')]);
      expect(
        (await made.store.relationships.read(OTHER_PARTNER, { object: 'document:1', limit: 10 })).tuples,
      ).toHaveLength(1);
    });

    test('all gives every tuple once, however many', async () => {
      const many = Array.from({ length: 2_500 }, (_, n) =>
        tuple(`document:${String(n).padStart(5, '0')}`, 'viewer', 'user:a'),
      );
      await write(many);
      expect(await all()).toEqual(many);
    });

    test('one that is too long for a key changes nothing', async () => {
      const call = write([
        tuple('document:1', 'viewer', 'user:a'),
        tuple(`document:${'x'.repeat(3_000)}`, 'viewer', 'user:a'),
      ]);
      await expect(call).rejects.toMatchObject({ code: 'INVALID_TUPLE' });
      expect(await all()).toEqual([]);
    });
  });

  describe(`${name} reads relationships by object`, () => {
    const made = eachWithStore(makeStore);
    const kept = [
      tuple('document:1', 'owner', 'user:b'),
      tuple('document:1', 'viewer', 'user:a'),
      tuple('document:1', 'viewer', 'user:c'),
      tuple('document:1 a', 'viewer', 'user:a'),
      tuple('document:11', 'viewer', 'user:a'),
      tuple('documents:1', 'viewer', 'user:a'),
      tuple('team:1', 'member', 'user:a'),
    ];
    const prepare = () => made.store.relationships.write(PARTNER, { writes: kept.toReversed(), deletes: [] }, []);

    test.each<[string, readonly Tuple[]]>([
      ['document:1', kept.slice(0, 3)],
      ['document:', kept.slice(0, 5)],
      ['team:', kept.slice(6)],
      ['document:2', []],
      ['folder:', []],
    ])('%s', async (object, expected) => {
      await prepare();
      expect(await made.store.relationships.read(PARTNER, { object, limit: 100 })).toEqual({ tuples: expected });
      for (const limit of [1, 2, 3]) {
        const seen: Tuple[] = [];
        for (let after: string | undefined; ;) {
          const page = await made.store.relationships.read(PARTNER, {
            object,
            limit,
            ...(after !== undefined && { after }),
          });
          expect(page.tuples.length).toBeLessThanOrEqual(limit);
          seen.push(...page.tuples);
          if (page.next === undefined) break;
          after = page.next;
        }
        expect(seen).toEqual(expected);
      }
    });

    test("a position that no page gave is the caller's error", async () => {
      const call = made.store.relationships.read(PARTNER, { object: 'document:1', after: 'nonsense', limit: 1 });
      await expect(call).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    });
  });

  describe(`${name} tells relationship changes`, () => {
    const made = eachWithStore(makeStore);

    test('each write is one change among those of documents, and its batch can be read', async () => {
      const { documents, relationships } = made.store;
      const start = await documents.head();
      const one = { writes: [conditional(1)], deletes: [] };
      const two = { writes: [], deletes: [tuple('document:1', 'viewer', 'user:a')] };
      const first = await relationships.write(PARTNER, one, []);
      await documents.commit({ document: aUser(), events: [] });
      const second = await relationships.write(PARTNER, two, []);
      const changes = await documents.changesSince(start, 10);
      expect(changes).toEqual([
        { sequence: first.sequence, kind: 'relationship', id: PARTNER },
        { sequence: first.sequence + 1, kind: 'user', id: userId(1) },
        { sequence: second.sequence, kind: 'relationship', id: PARTNER },
      ]);
      expect(await relationships.batchAt(first.sequence)).toEqual({ providerId: PARTNER, ...one });
      expect(await relationships.batchAt(second.sequence)).toEqual({ providerId: PARTNER, ...two });
      expect(await relationships.batchAt(first.sequence + 1)).toBeUndefined();
      expect(await relationships.batchAt(second.sequence + 1)).toBeUndefined();
    });

    test('a follower that applies batches, and reloads where there is none, holds the same tuples', async () => {
      const { documents, relationships } = made.store;
      for (let n = 0; n < 60; n += 1) {
        const partner = n % 3 === 0 ? OTHER_PARTNER : PARTNER;
        const written = tuple(`document:${n % 7}`, 'viewer', `user:${n}`);
        const gone = tuple(`document:${(n - 9) % 7}`, 'viewer', `user:${n - 9}`);
        await relationships.write(partner, { writes: [written], deletes: [gone] }, []);
      }
      const text = ({ object, relation, user }: { object: string; relation: string; user: string }) =>
        `${object}#${relation}@${user}`;
      const held = new Map([PARTNER, OTHER_PARTNER].map((partner) => [partner as string, new Set<string>()]));
      for (const change of await documents.changesSince(0, 1_000)) {
        const batch = await relationships.batchAt(change.sequence);
        if (batch) {
          for (const each of batch.deletes) held.get(change.id)?.delete(text(each));
          for (const each of batch.writes) held.get(change.id)?.add(text(each));
        } else {
          held.set(change.id, new Set((await gathered(relationships.all(change.id as typeof PARTNER))).map(text)));
        }
      }
      for (const partner of [PARTNER, OTHER_PARTNER]) {
        const stored = (await gathered(relationships.all(partner))).map(text);
        expect(stored.length).toBeGreaterThan(0);
        expect([...(held.get(partner) ?? [])].toSorted()).toEqual(stored.toSorted());
      }
    });
  });
}
