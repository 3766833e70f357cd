import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRedis, type RedisSettings, type RedisStores } from '../../src/adapters/redis/open-redis.ts';
import type { AdmissionStore } from '../../src/ports/admission-store.ts';
import { serviceOrSkip } from '../services/service-or-skip.ts';
import { startRedisCluster } from '../services/start-redis-cluster.ts';
import { startRedis, startValkey, type RedisSettings as ServerSettings } from '../services/start-redis.ts';
import { tlsFiles } from '../services/tls-files.ts';
import { ENDLESS, operation, sessionId } from './admission-fixtures.ts';
import { admissionStoreContract } from './admission-store.ts';

/** The suite asks thousands of questions at once; how long an answer may take is not what it is about. */
const PATIENT = { commandTimeoutMs: 10_000 };

interface Server {
  readonly url: string;
  empty(): Promise<unknown>;
  stop(): Promise<void>;
}

async function oneRedis(): Promise<Server | undefined> {
  const server = await startRedis();
  return server && { url: server.url, empty: () => server.client().flushall(), stop: () => server.stop() };
}

async function oneValkey(): Promise<Server | undefined> {
  const server = await startValkey();
  return server && { url: server.url, empty: () => server.client().flushall(), stop: () => server.stop() };
}

async function threeRedis(): Promise<Server | undefined> {
  const cluster = await startRedisCluster();
  if (!cluster) return undefined;
  const { url, nodes } = cluster;
  return { url, empty: () => Promise.all(nodes.map((node) => node.client().flushall())), stop: () => cluster.stop() };
}

const SERVERS = [
  ['redis', await oneRedis()],
  ['valkey', await oneValkey()],
  ['a cluster of redis', await threeRedis()],
] as const;

afterAll(async () => {
  for (const [, server] of SERVERS) await server?.stop();
});

for (const [name, server] of SERVERS) {
  if (!server) {
    it(name, (ctx) => ctx.skip('it cannot be had on this machine; standard error says why'));
    continue;
  }
  let stores: RedisStores | undefined;
  let at = (): number => 0;
  beforeAll(async () => {
    stores = await openRedis({ url: server.url, ...PATIENT, clock: { now: () => at() } });
  });
  afterAll(() => stores?.close());
  admissionStoreContract(
    name,
    async (clock) => {
      at = () => clock.now();
      await server.empty();
      if (!stores) throw new RangeError('the connection is there while tests run');
      return { store: stores.admissions, close: async () => undefined };
    },
    { prunes: false },
  );
}

const ID = sessionId(1);

async function admitted(store: AdmissionStore): Promise<boolean> {
  await store.open({ sessionId: ID, rules: {}, now: 0 });
  const asked = { sessionId: ID, operationId: operation('a'), payloadHash: 'h', terms: ENDLESS, now: 0 };
  const outcome = await store.admit(asked);
  return outcome.kind === 'first' && outcome.admission.admitted;
}

describe('a way to Redis', () => {
  const admittedBy = async (settings: RedisSettings): Promise<boolean> => {
    const stores = await openRedis({ commandTimeoutMs: 2_000, ...settings });
    try {
      return await admitted(stores.admissions);
    } finally {
      await stores.close();
    }
  };
  const withServer = async (
    ctx: Parameters<typeof serviceOrSkip>[0],
    settings: ServerSettings,
    run: (server: NonNullable<Awaited<ReturnType<typeof startRedis>>>) => Promise<void>,
  ): Promise<void> => {
    const running = await serviceOrSkip(ctx, () => startRedis(settings));
    try {
      await run(running);
    } finally {
      await running.stop();
    }
  };

  it('by a password, and not without it or with another', (ctx) =>
    withServer(ctx, { password: 'p@ss:w/rd' }, async ({ url, port }) => {
      expect(await admittedBy({ url })).toBe(true);
      for (const wrong of [`redis://127.0.0.1:${port}`, `redis://:other@127.0.0.1:${port}`]) {
        await expect(admittedBy({ url: wrong })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      }
    }));

  it('by a user and its password', (ctx) =>
    withServer(ctx, {}, async ({ client, port }) => {
      await client().call('ACL', 'SETUSER', 'gate', 'on', '>secret', '~gh:*', '+@all');
      expect(await admittedBy({ url: `redis://gate:secret@127.0.0.1:${port}` })).toBe(true);
    }));

  it('to a database by its index, and to no other', (ctx) =>
    withServer(ctx, {}, async ({ client, url }) => {
      expect(await admittedBy({ url: `${url}/3` })).toBe(true);
      expect(await client().dbsize()).toBe(0);
      await client().select(3);
      expect(await client().dbsize()).toBe(2);
    }));

  it('by TLS, to a server whose certificate is trusted', async (ctx) => {
    const tls = await serviceOrSkip(ctx, tlsFiles);
    try {
      await withServer(ctx, { tls }, async ({ url, port }) => {
        expect(await admittedBy({ url, ca: tls.ca })).toBe(true);
        await expect(admittedBy({ url })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
        await expect(admittedBy({ url: `redis://127.0.0.1:${port}` })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      });
    } finally {
      await tls.remove();
    }
  });

  it('is refused at once where it is none', async () => {
    await expect(openRedis({ url: 'http://127.0.0.1' })).rejects.toThrow(/^not a URL of Redis: /);
  });
});
