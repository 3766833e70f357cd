import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { DataDirError } from '../../src/adapters/lmdb/data-dir-error.ts';
import { MAP_SIZE_BYTES_DEFAULT, openEnvironment, WRITES_WAITING_MAX } from '../../src/adapters/lmdb/environment.ts';
import { openLmdb, type LmdbOptions, type LmdbStores } from '../../src/adapters/lmdb/open-lmdb.ts';
import type { StoredAnswer } from '../../src/adapters/lmdb/databases.ts';
import { DAY, ENDLESS, operation, sessionId, T0 } from './admission-fixtures.ts';
import { admissionStoreContract } from './admission-store.ts';
import { auditLogContract } from './audit-log.ts';
import { authorizationStoreContract } from './authorization-store.ts';
import { documentStoreContract } from './document-store.ts';
import { anEvent, aUser, eachWithStore, PARTNER, userId, type Made } from './fixtures.ts';
import { outageJournalContract } from './outage-journal.ts';
import { relationshipStoreContract } from './relationship-store.ts';

async function made(options: Partial<LmdbOptions> = {}): Promise<Made<LmdbStores>> {
  const dataDir = mkdtempSync(join(tmpdir(), 'gatehouse.'));
  const store = openLmdb({ dataDir, ...options });
  return {
    store,
    async close() {
      await store.close();
      rmSync(dataDir, { recursive: true });
    },
  };
}

const part = async <K extends keyof LmdbStores>(key: K): Promise<Made<LmdbStores[K]>> => {
  const { store, close } = await made();
  return { store: store[key], close };
};

documentStoreContract('lmdb', () => part('documents'));
auditLogContract('lmdb', made);
authorizationStoreContract('lmdb', made);
admissionStoreContract('lmdb', async (clock) => {
  const { store, close } = await made({ clock });
  return { store: store.admissions, close };
});
relationshipStoreContract('lmdb', made);
outageJournalContract('lmdb', () => part('outages'));
relationshipStoreContract('lmdb with few batches kept', () => made({ batchesKept: 5 }));

describe('lmdb removes what a deleted store of OpenFGA’s API held', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'gatehouse.'));
  afterAll(() => rmSync(dataDir, { recursive: true }));

  /** Rows of tuples that are there when nobody else has the directory open. */
  async function rowsLeft(): Promise<number> {
    const { databases, read, close } = openEnvironment(dataDir, MAP_SIZE_BYTES_DEFAULT);
    const rows = read(() => databases.authorizationTuples.getCount() + databases.authorizationTuplesByUser.getCount());
    await close();
    return rows;
  }

  test('after its answer, and after the next start where the process ends before', async () => {
    const id = '01KAVD3VEBMMS8YXNX7Z6W8T8A';
    const tuples = Array.from({ length: 2_000 }, (_, n) => ({
      user: 'user:a',
      relation: 'viewer',
      object: `doc:${n}`,
    }));
    const first = openLmdb({ dataDir });
    await first.authorization.createStore({ id, name: 'a store', ownerId: undefined, createdAt: 1 }, []);
    const batch = { deletes: [], writes: tuples, onDuplicate: 'error', onMissing: 'error', at: 1 } as const;
    await first.authorization.write(id, batch, []);
    expect(await first.authorization.deleteStore(id, [])).toBe(true);
    await first.close();
    expect(await rowsLeft()).toBeGreaterThan(2_000);
    const second = openLmdb({ dataDir });
    // A turn of the store for each, as many as the removal needs at the most.
    for (let turn = 0; turn < 30; turn += 1) await second.authorization.deleteStore(id, []);
    await second.close();
    expect(await rowsLeft()).toBe(0);
  });
});

describe('lmdb bounds what it keeps of relationship changes', () => {
  const kept = eachWithStore(() => made({ batchesKept: 10 }));

  test('batches and feed entries stay within the bound, and the reload mark of each partner remains', async () => {
    const { documents, relationships } = kept.store;
    const sequences: number[] = [];
    for (let n = 0; n < 50; n += 1) {
      const tuple = { user: `user:${n}`, relation: 'viewer', object: 'document:1' };
      sequences.push((await relationships.write(PARTNER, { writes: [tuple], deletes: [] }, [])).sequence);
    }
    expect(sequences.filter((sequence) => relationships.batchAt(sequence) !== undefined)).toEqual(sequences.slice(-10));
    expect(documents.changesSince(0, 100).map((change) => change.sequence)).toEqual(sequences.slice(-11));
  });
});

describe('lmdb bounds what waits for the disk', () => {
  const waiting = eachWithStore(made);

  test('writes beyond the bound are refused at once, and the others are done', async () => {
    const { documents } = waiting.store;
    const commits = Array.from({ length: WRITES_WAITING_MAX + 3 }, (_, n) =>
      documents.commit({ document: aUser({ userId: userId(n) }), events: [] }),
    );
    const outcomes = await Promise.allSettled(commits);
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
    expect(refused).toEqual(Array(3).fill(expect.objectContaining({ code: 'UNAVAILABLE' })));
    expect(documents.head()).toBe(WRITES_WAITING_MAX);
  });
});

describe('lmdb reads what releases before the ladder wrote', () => {
  test('an answer that made a guest idle, and a user without a standing', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'gatehouse.'));
    const environment = openEnvironment(dataDir, MAP_SIZE_BYTES_DEFAULT);
    const id = sessionId(1);
    const head = { total: 5, forgotten: 5, latestAt: T0, opened: 1 };
    const admission = { admitted: false, reason: 'QUOTA_DAILY', causes: [], warnings: [], retryAfterMs: 1, at: T0 };
    await environment.write(() => {
      const { admissionHeads, answers } = environment.databases;
      admissionHeads.putSync(id.slice(0, 12), head);
      const old = { payloadHash: 'h', admission: { ...admission, makesIdleUntil: T0 + DAY } };
      answers.putSync(`${id.slice(0, 12)}/a`, old as unknown as StoredAnswer);
    });
    await environment.close();

    const store = openLmdb({ dataDir });
    const asked = { sessionId: id, payloadHash: 'h', now: T0 + 1 };
    const effect = { kind: 'idle', role: 'guest', at: T0, until: T0 + DAY };
    expect(await store.admissions.recall({ ...asked, operationId: operation('a') })).toEqual({
      kind: 'replay',
      admission: { ...admission, lifts: [], effect },
    });
    await store.admissions.open({ sessionId: id, rules: {}, now: T0 + 1 });
    const next = await store.admissions.admit({ ...asked, operationId: operation('b'), terms: ENDLESS });
    expect(next).toMatchObject({ kind: 'first', admission: { admitted: true } });
    await store.close();
    rmSync(dataDir, { recursive: true });
  });
});

test('lmdb gives the clock that it was given as its own (S-15)', async () => {
  const { store, close } = await made({ clock: { now: () => T0 } });
  expect(store.admissions.now()).toBe(T0);
  await close();
});

describe('lmdb opens a data directory', () => {
  const inTemporary = async (run: (parent: string) => void | Promise<void>) => {
    const parent = mkdtempSync(join(tmpdir(), 'gatehouse.'));
    try {
      await run(parent);
    } finally {
      rmSync(parent, { recursive: true });
    }
  };

  test('that is missing, a dot in its name, and finds it as it was left', () =>
    inTemporary(async (parent) => {
      const dataDir = join(parent, 'deep', 'data.d');
      const first = openLmdb({ dataDir });
      await first.documents.commit({ document: aUser(), events: [anEvent()] });
      const secret = await first.documents.secret();
      await first.close();
      expect(readdirSync(dataDir).toSorted()).toEqual(['data.mdb', 'lock.mdb']);

      const second = openLmdb({ dataDir });
      expect(second.documents.get('user', userId(1))).toEqual(aUser());
      expect(second.documents.head()).toBe(1);
      expect((await second.audit.ofPartner(PARTNER, { limit: 10 })).entries).toEqual([anEvent()]);
      expect(await second.documents.secret()).toEqual(secret);
      await second.close();
    }));

  test.each<[string, (dataDir: string) => void, RegExp]>([
    ['a file in its place', (dataDir) => writeFileSync(dataDir, ''), /is not a directory$/],
    [
      'a store that is no store',
      (dataDir) => {
        mkdirSync(dataDir);
        writeFileSync(join(dataDir, 'data.mdb'), 'not a store '.repeat(2_000));
      },
      /the store is damaged$/,
    ],
    [
      'a store that was cut short',
      (dataDir) => {
        mkdirSync(dataDir);
        writeFileSync(join(dataDir, 'data.mdb'), Buffer.alloc(100));
      },
      /the store is damaged$/,
    ],
    [
      'a directory in place of the store',
      (dataDir) => mkdirSync(join(dataDir, 'data.mdb'), { recursive: true }),
      /the store is damaged$/,
    ],
  ])('%s is told in one sentence', (_, prepare, message) =>
    inTemporary((parent) => {
      const dataDir = join(parent, 'data');
      prepare(dataDir);
      expect(() => openLmdb({ dataDir })).toThrow(DataDirError);
      expect(() => openLmdb({ dataDir })).toThrow(message);
    }),
  );

  test('one of another release is told in one sentence, and left alone', () =>
    inTemporary(async (dataDir) => {
      const environment = openEnvironment(dataDir, MAP_SIZE_BYTES_DEFAULT);
      await environment.write(() => environment.databases.meta.putSync('layout', 99));
      await environment.close();
      expect(() => openLmdb({ dataDir })).toThrow(/ holds layout 99, and this release reads layout \d+$/);
    }));

  test('one that cannot be made is told in one sentence', () => {
    expect(() => openLmdb({ dataDir: '/proc/nowhere/data' })).toThrow(
      /^the data directory \/proc\/nowhere\/data cannot be made$/,
    );
  });
});
