import { describe, expect, test } from 'vitest';
import type { UserState } from '../../src/domain/user/state.ts';
import type { Document, DocumentStore } from '../../src/ports/document-store.ts';
import {
  aKey,
  anEvent,
  aPartner,
  aPlan,
  aUser,
  eachWithStore,
  gathered,
  OTHER_PARTNER,
  PARTNER,
  userId,
  type Made,
} from './fixtures.ts';

/** The contract of DocumentStore, for any adapter. */
export function documentStoreContract(name: string, makeStore: () => Promise<Made<DocumentStore>>): void {
  describe(`${name} keeps documents`, () => {
    const made = eachWithStore(makeStore);
    const commit = (document: Document) => made.store.commit({ document, events: [] });

    test.each<[string, Document, string]>([
      ['partner', aPartner(), 'P001'],
      ['plan', aPlan(), 'P001/gold'],
      ['user', aUser({ inactive: { since: 5 }, createdAtNs: 9_223_372_036_854_775_807n }), userId(1)],
      ['key', aKey(), 'abcdefghijkl'],
      ['key', aKey({ providerId: PARTNER, revokedAt: 7 }), 'abcdefghijkl'],
    ])('a %s is read as it was written, big integers included', async (kind, document, id) => {
      expect(await made.store.get(document.kind, id)).toBeUndefined();
      expect(await commit(document)).toMatchObject({ done: true });
      expect(await made.store.get(kind as Document['kind'], id)).toEqual(document);
    });

    test('kinds do not share ids', async () => {
      await commit(aPartner());
      expect(await made.store.get('user', 'P001')).toBeUndefined();
      expect(await made.store.get('key', 'P001')).toBeUndefined();
    });

    test.each<[string, number[], number, boolean]>([
      ['rev 1 creates', [], 1, true],
      ['rev 2 of nothing is refused', [], 2, false],
      ['rev 1 of what exists is refused', [1], 1, false],
      ['rev 2 after 1 is done', [1], 2, true],
      ['rev 3 after 1 is refused', [1], 3, false],
      ['rev 2 after 2 is refused', [1, 2], 2, false],
      ['rev 0 is refused', [], 0, false],
    ])('compare-and-set: %s', async (_, before, rev, done) => {
      for (const each of before) await commit(aUser({ rev: each, role: 'basic' }));
      const head = await made.store.head();
      expect((await commit(aUser({ rev, role: 'admin' }))).done).toBe(done);
      expect((await made.store.get('user', userId(1)))?.role).toBe(
        done ? 'admin' : before.length > 0 ? 'basic' : undefined,
      );
      expect((await made.store.head()) > head).toBe(done);
    });

    test('of many commits on one rev exactly one wins, and the store holds its document', async () => {
      await commit(aUser());
      const rivals = Array.from({ length: 200 }, (_, n) =>
        aUser({ rev: 2, planChanges: [{ key: `k${n}`, payloadHash: '', at: n, answer: n }] }),
      );
      const outcomes = await Promise.all(rivals.map(commit));
      const winners = rivals.filter((_, n) => outcomes[n]?.done);
      expect(winners).toHaveLength(1);
      expect(await made.store.get('user', userId(1))).toEqual(winners[0]);
    });

    test('a user id is taken on the whole platform', async () => {
      await commit(aUser());
      expect((await commit(aUser({ providerId: OTHER_PARTNER }))).done).toBe(false);
      expect((await made.store.get('user', userId(1)))?.providerId).toBe(PARTNER);
    });
  });

  describe(`${name} tells changes in order`, () => {
    const made = eachWithStore(makeStore);

    test('an empty store has no changes', async () => {
      expect(await made.store.changesSince(0, 10)).toEqual([]);
      expect(await made.store.changesSince(await made.store.head(), 10)).toEqual([]);
    });

    test('each commit is the next position, told by its answer, by head and by the feed; a refused one is none', async () => {
      const start = await made.store.head();
      const first = await made.store.commit({ document: aUser(), events: [] });
      await made.store.commit({ document: aUser(), events: [anEvent()] });
      const second = await made.store.commit({ document: aPlan(), events: [anEvent(), anEvent()] });
      expect([first, second]).toEqual([
        { done: true, sequence: start + 1 },
        { done: true, sequence: start + 2 },
      ]);
      expect(await made.store.head()).toBe(start + 2);
      expect(await made.store.changesSince(start, 10)).toEqual([
        { sequence: start + 1, kind: 'user', id: userId(1) },
        { sequence: start + 2, kind: 'plan', id: 'P001/gold' },
      ]);
    });

    test('pages of any size meet the last change of every document, at rising positions', async () => {
      const start = await made.store.head();
      const writes = Array.from({ length: 60 }, (_, n) => n % 20);
      const revs = new Map<number, number>();
      for (const n of writes) {
        const rev = (revs.get(n) ?? 0) + 1;
        revs.set(n, rev);
        await made.store.commit({ document: aUser({ userId: userId(n), rev }), events: [] });
      }
      for (const limit of [1, 7, 1_000]) {
        const seen: { sequence: number; id: string }[] = [];
        for (let at = start; ;) {
          const page = await made.store.changesSince(at, limit);
          expect(page.length).toBeLessThanOrEqual(limit);
          if (page.length === 0) break;
          seen.push(...page);
          at = seen.at(-1)?.sequence ?? at;
        }
        expect(seen.map((change) => change.sequence)).toEqual(
          seen.map((change) => change.sequence).toSorted((a, b) => a - b),
        );
        expect(new Set(seen.map((change) => change.id)).size).toBe(20);
        expect(seen.at(-1)).toMatchObject({ sequence: start + 60, id: userId(19) });
      }
    });

    test('a reader that follows while others write misses nothing', async () => {
      const seen = new Set<string>();
      let at = await made.store.head();
      const written = Promise.all(
        Array.from({ length: 100 }, (_, n) =>
          made.store.commit({ document: aUser({ userId: userId(n) }), events: [] }),
        ),
      );
      let open = true;
      void written.then(() => (open = false));
      for (let last = false; !last;) {
        last = !open;
        for (const change of await made.store.changesSince(at, 8)) {
          seen.add(change.id);
          at = change.sequence;
          last = false;
        }
        await new Promise(setImmediate);
      }
      expect(seen.size).toBe(100);
    });
  });

  describe(`${name} lists documents`, () => {
    const made = eachWithStore(makeStore);
    const add = (...users: UserState[]) =>
      Promise.all(users.map((document) => made.store.commit({ document, events: [] })));

    test('all documents of a kind come once, in the order of their ids; the caller may stop', async () => {
      await add(...Array.from({ length: 600 }, (_, n) => aUser({ userId: userId(599 - n) })));
      await made.store.commit({ document: aPlan(), events: [] });
      const ids: string[] = [];
      for await (const user of made.store.all('user')) ids.push(user.userId);
      expect(ids).toEqual(Array.from({ length: 600 }, (_, n) => userId(n)));
      for await (const user of made.store.all('user')) {
        expect(user.userId).toBe(userId(0));
        break;
      }
      expect(await gathered(made.store.all('key'))).toEqual([]);
    });

    const NS = 1_700_000_000_000_000_000n;
    const listed = [
      aUser({ userId: userId(3), createdAtNs: NS }),
      aUser({ userId: userId(1), createdAtNs: NS + 1n }),
      aUser({ userId: userId(2), createdAtNs: NS + 1n }),
      aUser({ userId: userId(4), createdAtNs: NS + 1_000_000n }),
    ];
    const foreign = aUser({ userId: userId(5), providerId: OTHER_PARTNER, createdAtNs: NS + 1n });
    const [a, b, c, d] = listed.map((user) => user.userId);

    test.each([
      ['all, by moment and then by id', {}, 10, [a, b, c, d]],
      ['a page of two', {}, 2, [a, b]],
      ['from is inclusive', { fromNs: NS + 1n }, 10, [b, c, d]],
      ['to is exclusive', { toNs: NS + 1n }, 10, [a]],
      ['an empty range', { fromNs: NS + 2n, toNs: NS + 2n }, 10, []],
      [
        'after is exclusive, also within one moment',
        { after: { createdAtNs: NS + 1n, userId: userId(1) } },
        10,
        [c, d],
      ],
      ['after a user that is gone', { after: { createdAtNs: NS, userId: userId(9) } }, 10, [b, c, d]],
      ['after the last', { after: { createdAtNs: NS + 1_000_000n, userId: userId(4) } }, 10, []],
      ['from wins over an earlier after', { fromNs: NS + 2n, after: { createdAtNs: NS, userId: userId(3) } }, 10, [d]],
      ['after wins over an earlier from', { fromNs: NS, after: { createdAtNs: NS + 1n, userId: userId(2) } }, 10, [d]],
    ])('users of a partner: %s', async (_, page, limit, expected) => {
      await add(...listed, foreign);
      const users = await made.store.usersOf(PARTNER, { ...page, limit });
      expect(users.map((user) => user.userId)).toEqual(expected);
    });

    test('a listed user is the newest state, once', async () => {
      await add(aUser());
      await add(aUser({ rev: 2, role: 'company' }));
      expect(await made.store.usersOf(PARTNER, { limit: 10 })).toEqual([aUser({ rev: 2, role: 'company' })]);
    });
  });

  describe(`${name} knows who is due`, () => {
    const made = eachWithStore(makeStore);
    const commit = (document: UserState) => made.store.commit({ document, events: [] });
    const idleUntil = (n: number, until: number, over: Partial<UserState> = {}) =>
      aUser({ userId: userId(n), idle: { since: 1, until }, ...over });

    test.each<[string, number, number, number[]]>([
      ['nobody before the first moment', 99, 10, []],
      ['at its moment', 100, 10, [3]],
      ['earliest first', 500, 10, [3, 1, 2]],
      ['at most the limit', 500, 2, [3, 1]],
    ])('%s', async (_, now, limit, expected) => {
      for (const user of [idleUntil(1, 200), idleUntil(2, 200), idleUntil(3, 100), aUser({ userId: userId(4) })]) {
        await commit(user);
      }
      await commit(idleUntil(5, 100, { providerId: OTHER_PARTNER }));
      expect(await made.store.dueUsers(PARTNER, now, limit)).toEqual(expected.map(userId));
    });

    test('a user whose moment moved or went is due at the new one or no more', async () => {
      await commit(idleUntil(1, 100));
      await commit(idleUntil(1, 300, { rev: 2 }));
      expect(await made.store.dueUsers(PARTNER, 299, 10)).toEqual([]);
      expect(await made.store.dueUsers(PARTNER, 300, 10)).toEqual([userId(1)]);
      await commit(aUser({ rev: 3 }));
      expect(await made.store.dueUsers(PARTNER, 10_000, 10)).toEqual([]);
    });
  });

  describe(`${name} leases`, () => {
    const made = eachWithStore(makeStore);

    test('to one holder at a time, until it runs out, and again to the one who has it', async () => {
      const lease = (holder: string, now: number, of = 'sweep') => made.store.lease(of, holder, now, 100);
      expect(await Promise.all(['a', 'b', 'c'].map((holder) => lease(holder, 0)))).toEqual([true, false, false]);
      expect(await lease('a', 50)).toBe(true);
      expect(await lease('b', 149)).toBe(false);
      expect(await lease('b', 149, 'another')).toBe(true);
      expect(await lease('b', 150)).toBe(true);
      expect(await lease('a', 151)).toBe(false);
    });
  });

  describe(`${name} keeps a secret`, () => {
    const made = eachWithStore(makeStore);

    test('32 bytes, the same at every call, first calls at once included', async () => {
      const secrets = await Promise.all(Array.from({ length: 8 }, () => made.store.secret()));
      for (const secret of [...secrets, await made.store.secret()]) {
        expect(secret).toHaveLength(32);
        expect(secret).toEqual(secrets[0]);
      }
      expect(new Set(secrets[0]).size).toBeGreaterThan(8);
    });

    test('a closed store refuses with UNAVAILABLE', async () => {
      await made.store.commit({ document: aUser(), events: [] });
      await made.store.close();
      await expect(made.store.commit({ document: aUser({ rev: 2 }), events: [] })).rejects.toMatchObject({
        code: 'UNAVAILABLE',
      });
      await expect((async () => made.store.get('user', userId(1)))()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      await expect((async () => made.store.head())()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    });
  });
}
