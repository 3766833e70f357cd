import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openLmdb, type LmdbStores } from '../../src/adapters/lmdb/open-lmdb.ts';
import type { UserId } from '../../src/domain/values.ts';
import { guestTerms, refusing, sessionId } from '../contracts/admission-fixtures.ts';
import { aUser } from '../contracts/fixtures.ts';
import { startStore, writeWithinThisTurn, type StoreProcess } from './spawn-store.ts';

const NOW = 1_709_539_200_000;

const writtenUser = (n: number) => `w${String(n).padStart(6, '0')}` as UserId;

let dataDir: string;
let stores: LmdbStores;
let others: StoreProcess[];

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'gatehouse.'));
  stores = openLmdb({ dataDir });
  others = await Promise.all([startStore(dataDir), startStore(dataDir)]);
});

afterEach(async () => {
  await Promise.all(others.map((other) => other.end()));
  await stores.close();
  rmSync(dataDir, { recursive: true });
});

describe('processes on one data directory', () => {
  test("see each other's writes on the very next read", async () => {
    for (let n = 0; n < 50; n += 1) {
      const userId = writtenUser(n);
      const [here, there] = n % 2 === 0 ? others : others.toReversed();
      if (!here || !there) throw new RangeError('two processes');

      const written = await here.call<{ sequence: number }>('commit', { n, rev: 1 });
      expect(stores.documents.head()).toBe(written.sequence);
      expect(stores.documents.get('user', userId)?.rev).toBe(1);
      expect(stores.documents.changesSince(written.sequence - 1, 10)).toEqual([
        { sequence: written.sequence, kind: 'user', id: userId },
      ]);
      expect(await there.call('rev', { userId })).toBe(1);

      const own = await stores.documents.commit({ document: aUser({ userId, rev: 2 }), events: [] });
      expect(await there.call('rev', { userId })).toBe(2);
      expect(own).toEqual({ done: true, sequence: await here.call('head') });
    }
  });

  test('see them within one turn of events, too', async () => {
    await stores.documents.commit({ document: aUser(), events: [] });
    expect(stores.documents.head()).toBe(1);
    expect(stores.documents.get('user', writtenUser(7))).toBeUndefined();
    writeWithinThisTurn(dataDir, 7);
    expect(stores.documents.head()).toBe(3);
    expect(stores.documents.get('user', writtenUser(7))?.rev).toBe(2);
    expect(stores.documents.changesSince(1, 10)).toEqual([{ sequence: 3, kind: 'user', id: writtenUser(7) }]);
  });

  test('agree on one winner of a compare-and-set', async () => {
    for (let rev = 1; rev <= 30; rev += 1) {
      const rivals = others.map((other) => other.call<{ done: boolean }>('commit', { n: 1, rev }));
      const outcomes = await Promise.all(rivals);
      expect(outcomes.filter((outcome) => outcome.done)).toHaveLength(1);
    }
    expect(stores.documents.head()).toBe(30);
  });

  test('may start at once on a directory that is not there', async () => {
    const fresh = join(dataDir, 'fresh');
    const starting = await Promise.all(Array.from({ length: 4 }, () => startStore(fresh)));
    const commits = starting.map((each, n) => each.call<{ done: boolean }>('commit', { n, rev: 1 }));
    expect((await Promise.all(commits)).every((outcome) => outcome.done)).toBe(true);
    expect(await Promise.all(starting.map((each) => each.call('head')))).toEqual([4, 4, 4, 4]);
    await Promise.all(starting.map((each) => each.end()));
  });

  test('make one secret', async () => {
    const secrets = await Promise.all([
      ...others.map((other) => other.call<string>('secret')),
      stores.documents.secret().then((secret) => Buffer.from(secret).toString('hex')),
    ]);
    expect(new Set(secrets).size).toBe(1);
  });

  test.each([10, 100, 1_000])('admit exactly %i of half as many again, repeats counting once (S-12)', async (quota) => {
    await stores.admissions.open({ sessionId: sessionId(1), rules: {}, now: NOW });
    const terms = guestTerms({ sessionRules: {}, quota: refusing(quota, quota) });
    const ids = Array.from({ length: quota * 1.5 }, (_, n) => `op${n}`);
    const request = { sessionId: sessionId(1), payloadHash: 'h', terms, now: NOW, lanes: 16 };

    const outcomes = await Promise.all([
      others[0]?.call<Outcome[]>('admitAll', { ...request, ids }),
      others[1]?.call<Outcome[]>('admitAll', { ...request, ids: ids.toReversed() }),
    ]);
    const answers = outcomes.flatMap((each) => each ?? []);
    const firsts = answers.filter((answer) => answer.kind === 'first');
    expect(firsts.map((first) => first.operationId).toSorted()).toEqual(ids.toSorted());
    expect(firsts.filter((first) => first.admitted)).toHaveLength(quota);

    const admitted = new Map(firsts.map((first) => [first.operationId, first.admitted]));
    const replays = answers.filter((answer) => answer.kind === 'replay');
    expect(replays).toHaveLength(ids.length);
    expect(replays.filter((replay) => replay.admitted !== admitted.get(replay.operationId))).toEqual([]);
    const after = stores.admissions.preflight({ sessionId: sessionId(1), terms, now: NOW });
    expect(after.quotas?.daily).toMatchObject({ used: quota, remaining: 0 });
  });
});

interface Outcome {
  readonly operationId: string;
  readonly kind: string;
  readonly admitted: boolean;
}
