// A process of its own on a data directory: `node store-process.mjs <dist> <data dir> serve | write <from> <count> <lanes>`.
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [dist, dataDir, mode, ...rest] = process.argv.slice(2);
const { openLmdb } = await import(pathToFileURL(join(dist, 'adapters/lmdb/open-lmdb.js')).href);
const stores = openLmdb({ dataDir });

const PROVIDER = 'P001';

/** Two audit entries a commit, so that a half of one could be seen. */
function commitOf(n, rev) {
  const userId = `w${String(n).padStart(6, '0')}`;
  const event = (name) => ({
    at: n,
    providerId: PROVIDER,
    userId,
    event: `${name}${rev}`,
    actor: { kind: 'system', id: 'test' },
    cause: 'test',
    detail: { filler: 'x'.repeat(200) },
  });
  const document = {
    kind: 'user',
    userId,
    providerId: PROVIDER,
    rev,
    createdAtNs: BigInt(n),
    zone: 'de',
    role: 'guest',
    verifications: [],
    subBaseline: 'absent',
    planChanges: [],
  };
  return { document, events: [event('first'), event('second')] };
}

/** Each number is created and then changed once; one line on stdout for each answer, after it was given. */
async function write(from, count, lanes) {
  let next = from;
  const lane = async () => {
    while (next < from + count) {
      const n = next;
      next += 1;
      for (const rev of [1, 2]) {
        try {
          const outcome = await stores.documents.commit(commitOf(n, rev));
          writeSync(1, `${outcome.done ? 'done' : 'lost'} ${n} ${rev}\n`);
        } catch (error) {
          writeSync(1, `${error.code} ${n} ${rev}\n`);
          break;
        }
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  writeSync(1, `head ${stores.documents.head()}\n`);
}

/** Admits every id of the request, over `lanes` calls in flight. */
async function admitAll({ ids, lanes, ...request }) {
  const queue = ids.values();
  const outcomes = [];
  const lane = async () => {
    for (const operationId of queue) {
      const outcome = await stores.admissions.admit({ ...request, operationId });
      outcomes.push({ operationId, kind: outcome.kind, admitted: outcome.admission?.admitted });
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return outcomes;
}

function serve() {
  const calls = {
    commit: ({ n, rev }) => stores.documents.commit(commitOf(n, rev)),
    rev: ({ userId }) => stores.documents.get('user', userId)?.rev,
    head: () => stores.documents.head(),
    secret: async () => Buffer.from(await stores.documents.secret()).toString('hex'),
    admitAll,
  };
  process.on('message', async ({ call, argument }) => process.send({ answer: await calls[call](argument) }));
  process.on('disconnect', async () => {
    await stores.close();
    process.exit(0);
  });
  process.send({ answer: 'ready' });
}

if (mode === 'serve') serve();
else {
  await write(...rest.map(Number));
  await stores.close();
}
