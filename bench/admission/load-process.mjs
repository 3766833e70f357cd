// One load of an admission store, or of something bare beside it, in a process of its own.
// Argument: {"load", "url" | "directory", "concurrency", "seconds", "users"} as JSON. Prints {"rate", "p50Ms", "p99Ms", "errors"}.
import { Redis } from 'ioredis';
import { RateLimiterRedis, RateLimiterUnion } from 'rate-limiter-flexible';
import { openLmdb } from '../../dist/adapters/lmdb/open-lmdb.js';
import { each, inFlight } from './in-flight.mjs';
import { openRedisAdmissions } from './redis-admissions.mjs';
import { admitRequest, openRequest, sessionIdOf } from './terms.mjs';

const { load, url, directory, concurrency, seconds, users = 1_000, opened = false } = JSON.parse(process.argv[2]);
const run = `${process.pid}-${Date.now().toString(36)}`;
const DAY_S = 86_400;

let state = 0x2545f491;
function random(below) {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % below;
}

const measure = (call) => inFlight({ concurrency, seconds, call });

async function admissions(store, close) {
  if (!opened) await each(users, concurrency, (user) => store.open(openRequest(user)));
  const figures = await measure(async (number) => {
    const outcome = await store.admit(admitRequest(random(users), `${run}-${number}`));
    if (!outcome.admission?.admitted) throw new Error(JSON.stringify(outcome));
  });
  await close();
  return figures;
}

const LOADS = {
  /** A script of one key and a few arguments that does nothing: what the client and the server can carry at all. */
  async evalsha() {
    const client = new Redis(url, { enableAutoPipelining: false });
    const sha = await client.script('LOAD', 'return 1');
    const argument = 'x'.repeat(64);
    const figures = await measure((number) =>
      client.evalsha(sha, 1, `{${sessionIdOf(random(users)).slice(0, 12)}}`, `${run}-${number}`, argument, '1'),
    );
    client.disconnect();
    return figures;
  },
  async redis() {
    const { store, close } = await openRedisAdmissions(url);
    return admissions(store, close);
  },
  /** The nearest that it has: two fixed windows, each a script of its own; it knows no sessions, no operation ids and no rolling window. */
  async flexible() {
    const storeClient = new Redis(url);
    const window = (name, duration) =>
      new RateLimiterRedis({ storeClient, keyPrefix: name, points: 1e9, duration, useRedisPackage: false });
    const limiter = new RateLimiterUnion(window('day', DAY_S), window('week', 7 * DAY_S));
    const figures = await measure(() => limiter.consume(sessionIdOf(random(users)).slice(0, 12)));
    storeClient.disconnect();
    return figures;
  },
  async lmdb() {
    const stores = openLmdb({ dataDir: directory });
    return admissions(stores.admissions, () => stores.close());
  },
};

console.log(JSON.stringify(await LOADS[load]()));
