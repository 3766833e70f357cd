import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openLmdb, type LmdbStores } from '../../src/adapters/lmdb/open-lmdb.ts';
import type { UserId } from '../../src/domain/values.ts';
import { aKey, gathered, PARTNER } from '../contracts/fixtures.ts';
import { startWriter } from './spawn-store.ts';

const KILLS = 20;
const WRITES = 1_000;
const LANES = 8;
/** More than all of them together. */
const EVERYTHING = 2 * KILLS * WRITES;

const writtenUser = (n: number) => `w${String(n).padStart(6, '0')}` as UserId;

async function withStores(run: (stores: LmdbStores, dataDir: string) => Promise<void>): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'gatehouse.'));
  const stores = openLmdb({ dataDir });
  try {
    await run(stores, dataDir);
  } finally {
    await stores.close();
    rmSync(dataDir, { recursive: true });
  }
}

/** What was answered, by number of the user: the last rev of each. */
function answered(lines: readonly string[]): Map<number, number> {
  const revs = new Map<number, number>();
  for (const line of lines) {
    const [what, n, rev] = line.split(' ');
    if (what === 'done') revs.set(Number(n), Number(rev));
  }
  return revs;
}

/** Document, index, changes and audit log tell of the same commits. */
async function expectWhole({ documents, audit }: LmdbStores): Promise<void> {
  const users = await gathered(documents.all('user'));
  const commits = users.reduce((sum, user) => sum + user.rev, 0);
  const keys = (await gathered(documents.all('key'))).length;
  expect(documents.head()).toBe(commits + keys);

  const listed = await documents.usersOf(PARTNER, { limit: EVERYTHING });
  expect(listed.map((user) => user.userId).toSorted()).toEqual(users.map((user) => user.userId));
  const changes = documents.changesSince(0, EVERYTHING).filter((change) => change.kind === 'user');
  expect(changes.map((change) => change.id).toSorted()).toEqual(users.map((user) => user.userId));

  const { entries } = await audit.ofPartner(PARTNER, { limit: EVERYTHING });
  const audited = new Map<string, string[]>();
  for (const entry of entries)
    audited.set(entry.userId ?? '', [entry.event, ...(audited.get(entry.userId ?? '') ?? [])]);
  const expected = users.map((user): [string, string[]] => [
    user.userId,
    ['first1', 'second1', 'first2', 'second2'].slice(0, 2 * user.rev),
  ]);
  expect(audited).toEqual(new Map(expected));
}

describe('kill -9', () => {
  test(`in the middle of ${WRITES} writes, ${KILLS} times: what was answered is there, and nothing is half`, async () => {
    await withStores(async (stores, dataDir) => {
      let interrupted = 0;
      for (let round = 0; round < KILLS; round += 1) {
        const writer = startWriter(dataDir, { from: round * WRITES, count: WRITES / 2, lanes: LANES });
        await writer.reached(Math.round(((round + 0.5) / KILLS) * WRITES));
        writer.child.kill('SIGKILL');
        await writer.gone();

        const revs = answered(writer.lines);
        expect(revs.size).toBeGreaterThan(0);
        for (const [n, rev] of revs) {
          expect(stores.documents.get('user', writtenUser(n))?.rev).toBeGreaterThanOrEqual(rev);
        }
        if (!writer.lines.at(-1)?.startsWith('head')) interrupted += 1;
        const next = aKey({ keyId: `key${String(round).padStart(9, '0')}` });
        expect(await stores.documents.commit({ document: next, events: [] })).toMatchObject({ done: true });
      }
      expect(interrupted).toBeGreaterThan(KILLS / 2);
      await expectWhole(stores);
    });
  });
});

describe('a disk that takes no more', () => {
  test('refuses with UNAVAILABLE, keeps what was answered, and leaves nothing half', async () => {
    await withStores(async (stores, dataDir) => {
      const writer = startWriter(dataDir, { from: 0, count: WRITES / 2, lanes: LANES, fileBlocksMax: 600 });
      await writer.gone();
      const refusals = writer.lines.filter((line) => line.startsWith('UNAVAILABLE'));
      const revs = answered(writer.lines);
      expect(refusals.length).toBeGreaterThan(0);
      expect(revs.size).toBeGreaterThan(0);
      expect(writer.lines.at(-1)).toBe(`head ${stores.documents.head()}`);
      for (const [n, rev] of revs) expect(stores.documents.get('user', writtenUser(n))?.rev).toBe(rev);
      await expectWhole(stores);
    });
  });
});
