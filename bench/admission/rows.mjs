import { execFile } from 'node:child_process';
import { mkdtempSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openLmdb } from '../../dist/adapters/lmdb/open-lmdb.js';
import { startGatehouse } from '../gatehouse.mjs';
import { runGhz } from '../load/run-ghz.mjs';
import { startProcess } from '../load/start-process.mjs';
import { measureInTurn } from '../rounds.mjs';
import { loadRow } from '../table.mjs';
import { each } from './in-flight.mjs';
import { openRedisAdmissions } from './redis-admissions.mjs';
import { ALWAYS, EVERY_SECOND, startRedis } from './redis-server.mjs';
import { copyUser, usedBytes } from './seed.mjs';
import { admitRequest, openRequest } from './terms.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const run = promisify(execFile);
const SIZES = [100, 10_000, 1_000_000];
const LMDB_SIZES = [100, 10_000, 100_000];
/** Of a guest's day, and of a basic user's week. */
const OPERATIONS = [5, 50];
const BYTES_USERS = { Redis: 10_000, LMDB: 1_000 };
/** Of a load and of what it needs first: it is stuck. */
const LOAD_TIMEOUT_MS = 120_000;
const SEED_CONCURRENCY = 4_096;
/** Above all that are measured, so that it stays as it was seeded. */
const PATTERN_USER = 1_999_999;

/**
 * What a group of lines needs.
 * @typedef {object} Bench
 * @property {string} directory on the disk that is measured
 * @property {number} concurrency
 * @property {{ rounds: number, seconds: number, warmUpSeconds: number }} settings
 */

/** Each group of lines by its name; it starts and stops what it measures. @type {Record<string, (bench: Bench) => Promise<import('../table.mjs').Row[]>>} */
export const ADMISSION_GROUPS = {
  'admit-redis-grpc': grpcOnRedis,
  'admit-redis': adapterOnRedis,
  'admit-redis-always': durableAdapterOnRedis,
  'admit-lmdb': adapterOnLmdb,
  'users-redis': usersOfRedis,
  'users-lmdb': usersOfLmdb,
  'bytes-of-a-user': bytesOfUsers,
};

const load = async (argument) => {
  const args = [here('load-process.mjs'), JSON.stringify(argument)];
  const { stdout } = await run(process.execPath, args, { timeout: LOAD_TIMEOUT_MS });
  return JSON.parse(stdout);
};

async function grpcOnRedis({ directory, concurrency, settings }) {
  const redis = await startRedis(directory, EVERY_SECOND);
  const gatehouse = await startGatehouse(mkdtempSync(join(directory, 'grpc-')), {
    env: { GATEHOUSE_REDIS_URL: redis.url, GATEHOUSE_REDIS_TIMEOUT_MS: '5000' },
    counted: true,
  });
  const echo = await startProcess([here('../load/grpc-echo.mjs'), 'counted'], ['grpc']);
  try {
    let runs = 0;
    const loadOf = (address) => (seconds) => {
      runs += 1;
      const operation_id = `bench-${runs}-{{ .RequestNumber }}`;
      return runGhz({
        address,
        protoFile: 'gatehouse/v1/session.proto',
        protoDir: here('../../proto'),
        call: 'gatehouse.v1.SessionService/Admit',
        data: gatehouse.sessionIds.map((session_id) => ({ session_id, operation_id, permission: 'call_api' })),
        metadata: { authorization: gatehouse.authorization },
        concurrency,
        seconds,
      });
    };
    const loads = { echo: loadOf(echo.addresses.grpc), admit: loadOf(gatehouse.grpcAddress) };
    const measured = await measureInTurn(loads, settings);
    const trips = await tripsOf(redis.client, () => loads.admit(1));
    return [
      loadRow('gRPC: bare echo of Admit with quotas', measured.echo, {
        why: 'A bare @grpc/grpc-js server of the same messages, the windows of a basic user in its answer.',
      }),
      loadRow('gRPC: Admit on Redis', measured.admit, {
        ceiling: measured.echo,
        aim: '≥ 75 %',
        why: `Session, quota and permission of basic users decided and counted; the ratio is to the echo. ${trips} commands of Redis an admission.`,
      }),
    ];
  } finally {
    await gatehouse.stop();
    await echo.stop();
    await redis.stop();
  }
}

/** Commands that clients sent to Redis for each answer of a load; those that scripts call are not among them. */
async function tripsOf(client, loadOnce) {
  const sent = async () => {
    const stats = await client.info('commandstats');
    const calls = (name) => Number(new RegExp(`^cmdstat_${name}:calls=(\\d+)`, 'm').exec(stats)?.[1] ?? 0);
    return calls('evalsha') + calls('eval') + calls('fcall') + calls('script\\|load');
  };
  const before = await sent();
  const { rate } = await loadOnce();
  const trips = (await sent()) - before;
  return (trips / rate).toFixed(2);
}

function adapterOnRedis(bench) {
  return redisLines(bench, EVERY_SECOND, '', { aim: '≥ 60 %', flexible: true });
}

function durableAdapterOnRedis(bench) {
  return redisLines(bench, ALWAYS, ', on the disk first', { flexible: false });
}

async function redisLines({ directory, concurrency, settings }, redisSettings, suffix, { aim, flexible }) {
  const redis = await startRedis(directory, redisSettings);
  try {
    const loadOf = (name) => (seconds) => load({ load: name, url: redis.url, concurrency, seconds });
    const measured = await measureInTurn(
      {
        evalsha: loadOf('evalsha'),
        admit: loadOf('redis'),
        ...(flexible && { flexible: loadOf('flexible') }),
      },
      settings,
    );
    return [
      loadRow(`Redis: bare EVALSHA${suffix}`, measured.evalsha, {
        why: 'A script that does nothing, from the same client: what client and server can carry at all.',
      }),
      loadRow(`Redis: admit by the adapter${suffix}`, measured.admit, {
        ceiling: measured.evalsha,
        ...(aim && { aim }),
        why: 'Session, operation id, both windows and the standing of a user in one script; the ratio is to the bare EVALSHA.',
      }),
      ...(flexible
        ? [
            loadRow('Redis: rate-limiter-flexible, two windows', measured.flexible, {
              ceiling: measured.evalsha,
              why: 'A union of two fixed windows, two scripts a call; no session, no operation id, nothing rolling.',
            }),
          ]
        : []),
    ];
  } finally {
    await redis.stop();
  }
}

async function adapterOnLmdb({ directory, concurrency, settings }) {
  const folder = (name) => mkdtempSync(join(directory, name));
  const [put, admit] = [folder('put-'), folder('admit-')];
  const bare = async (seconds) => {
    const { stdout } = await run(process.execPath, [
      here('../load/lmdb-put.mjs'),
      JSON.stringify({ directory: put, concurrency, seconds }),
    ]);
    return JSON.parse(stdout);
  };
  const measured = await measureInTurn(
    { put: bare, admit: (seconds) => load({ load: 'lmdb', directory: admit, concurrency, seconds }) },
    settings,
  );
  return [
    loadRow('LMDB: bare durable put', measured.put, {
      why: 'One small record a put, each awaited until it is on the disk; many share one flush.',
    }),
    loadRow('LMDB: admit by the adapter', measured.admit, {
      ceiling: measured.put,
      why: 'Decided, counted, kept and on the disk before the answer: five records; the ratio is to the bare put.',
    }),
  ];
}

/** Cost by the number of users, each with a session and a guest's day in the log. */
async function usersOfRedis({ directory, concurrency, settings }) {
  const redis = await startRedis(directory, { appendonly: 'no' });
  const { store, close } = await openRedisAdmissions(redis.url);
  try {
    await seedUser(store, PATTERN_USER, OPERATIONS[0]);
    const figures = [];
    let seeded = 0;
    for (const users of SIZES) {
      await copyUser(redis.client, PATTERN_USER, seeded, users);
      seeded = users;
      const rounds = [];
      for (let round = 0; round <= settings.rounds; round += 1) {
        const figure = await load({ load: 'redis', url: redis.url, concurrency, seconds: 2, users, opened: true });
        if (round > 0) rounds.push(figure);
      }
      figures.push({ users, rounds });
    }
    return userRows('Redis', figures);
  } finally {
    await close();
    await redis.stop();
  }
}

async function usersOfLmdb({ directory, concurrency, settings }) {
  const folder = mkdtempSync(join(directory, 'users-'));
  const figures = [];
  let seeded = 0;
  for (const users of LMDB_SIZES) {
    const { admissions, close } = openLmdb({ dataDir: folder });
    await each(users - seeded, SEED_CONCURRENCY, (n) => admissions.open(openRequest(seeded + n)));
    await close();
    seeded = users;
    const rounds = [];
    for (let round = 0; round <= settings.rounds; round += 1) {
      const figure = await load({ load: 'lmdb', directory: folder, concurrency, seconds: 2, users, opened: true });
      if (round > 0) rounds.push(figure);
    }
    figures.push({ users, rounds });
  }
  return userRows('LMDB', figures);
}

function userRows(store, figures) {
  const [fewest] = figures;
  return figures.map(({ users, rounds }) =>
    loadRow(`${store}: admit, ${users.toLocaleString('en')} users`, rounds, {
      ...(rounds !== fewest.rounds && { ceiling: fewest.rounds, aim: 'flat' }),
      why: 'Users taken at random; the ratio is to the fewest users.',
    }),
  );
}

async function bytesOfUsers({ directory }) {
  const rows = [];
  for (const operations of OPERATIONS) {
    rows.push(bytesRow('Redis', operations, await bytesInRedis(directory, operations)));
    rows.push(bytesRow('LMDB', operations, await bytesInLmdb(directory, operations)));
  }
  return rows;
}

async function bytesInRedis(directory, operations) {
  const redis = await startRedis(directory, { appendonly: 'no' });
  const { store, close } = await openRedisAdmissions(redis.url);
  try {
    await seedUser(store, PATTERN_USER, operations);
    const before = await usedBytes(redis.client);
    await copyUser(redis.client, PATTERN_USER, 0, BYTES_USERS.Redis);
    return ((await usedBytes(redis.client)) - before) / BYTES_USERS.Redis;
  } finally {
    await close();
    await redis.stop();
  }
}

async function bytesInLmdb(directory, operations) {
  const folder = mkdtempSync(join(directory, 'bytes-'));
  const { admissions, close } = openLmdb({ dataDir: folder });
  await each(BYTES_USERS.LMDB, SEED_CONCURRENCY, (user) => seedUser(admissions, user, operations));
  await close();
  return statSync(join(folder, 'data.mdb')).size / BYTES_USERS.LMDB;
}

async function seedUser(store, user, operations) {
  await store.open(openRequest(user));
  for (let n = 0; n < operations; n += 1) {
    await store.admit(admitRequest(user, `0191e2c0-8d5b-7000-8000-${String(n).padStart(12, '0')}`));
  }
}

function bytesRow(store, operations, bytes) {
  return {
    line: `${store}: bytes of a user, ${operations} operations`,
    figure: `${Math.round(bytes).toLocaleString('en')} bytes`,
    why: 'One session, and operations with ids of 36 characters whose answers are remembered.',
  };
}
