import { inspect } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import { OPEN_MS } from '../../src/adapters/redis/circuit-breaker.ts';
import { openRedis, type RedisSettings, type RedisStores } from '../../src/adapters/redis/open-redis.ts';
import type { AdmissionTerms } from '../../src/domain/session/state.ts';
import type { AdmissionStore } from '../../src/ports/admission-store.ts';
import { startTcpRelay } from '../failure/tcp-relay.ts';
import { serviceOrSkip } from '../services/service-or-skip.ts';
import { startRedis, type RunningRedis } from '../services/start-redis.ts';
import { DAY, ENDLESS, operation, reasonOf, refusing, sessionId } from './admission-fixtures.ts';

const ID = sessionId(1);
const TERMS = { ...ENDLESS, quota: refusing(1_000, 5_000) };
/** Long enough for a busy machine, where the deadline is not what the test is about. */
const PATIENT_MS = 5_000;

const admit = (store: AdmissionStore, id: string | number, session = ID, terms: AdmissionTerms = TERMS) =>
  store.admit({ sessionId: session, operationId: operation(id), payloadHash: 'h', terms, now: 0 });
const used = async (store: AdmissionStore) =>
  (await store.preflight({ sessionId: ID, terms: { ...TERMS, counted: false }, now: 0 })).quotas?.daily.used;
const gone = expect.objectContaining({
  code: 'UNAVAILABLE',
  message: 'the admission store does not answer; try again',
}) as unknown;

const running = startRedis();
const server = () => running;
afterAll(async () => (await running)?.stop());
beforeEach(async () => void (await (await running)?.client().flushall()));

/** Runs on the server with a session of user 1 open. */
async function withStores(
  ctx: TestContext,
  settings: Omit<RedisSettings, 'url'> & { url?: string },
  run: (stores: RedisStores, redis: RunningRedis) => Promise<void>,
): Promise<void> {
  const redis = await serviceOrSkip(ctx, server);
  const stores = await openRedis({ url: redis.url, commandTimeoutMs: PATIENT_MS, ...settings });
  try {
    await stores.admissions.open({ sessionId: ID, rules: {}, now: 0 });
    await run(stores, redis);
  } finally {
    await stores.close();
  }
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + 20_000;
  while (!(await holds())) {
    if (Date.now() > deadlineMs) throw new Error('what was awaited did not come');
    await delay(20);
  }
}

describe('a process that is held up', () => {
  it('takes the answer that came meanwhile, and does not say that the server is away', (ctx) =>
    withStores(ctx, { commandTimeoutMs: 100 }, async ({ admissions, circuit }) => {
      const asked = Array.from({ length: 8 }, (_, n) => admit(admissions, n));
      // What is asked leaves before the loop is held up.
      await new Promise(setImmediate);
      const heldUntilMs = performance.now() + 500;
      while (performance.now() < heldUntilMs);
      const outcomes = await Promise.all(asked);
      expect(outcomes.map(({ kind }) => kind)).toEqual(Array(8).fill('first'));
      expect(circuit()).toBe('closed');
    }));
});

describe('one admission', () => {
  it('is one command and one round trip, a batch too', (ctx) =>
    withStores(ctx, {}, async ({ admissions }, redis) => {
      await admit(admissions, 'a');
      await redis.client().config('RESETSTAT');
      for (let n = 0; n < 100; n += 1) await admit(admissions, n);
      const batch = [1, 2, 3].map((n) => ({
        sessionId: ID,
        operationId: operation(`b${n}`),
        payloadHash: 'h',
        terms: TERMS,
        now: 0,
      }));
      await admissions.admitAll(batch);
      const stats = await redis.client().info('commandstats');
      expect(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1]).toBe('101');
      expect(stats).not.toMatch(/cmdstat_(eval|script|script\|load):/);
      expect(await used(admissions)).toBe(104);
    }));

  it("is decided at the moment of the server's clock, whatever the caller's says (S-15)", (ctx) =>
    withStores(ctx, {}, async ({ admissions }, redis) => {
      const before = await redis.client().time();
      const outcome = await admissions.admit({
        sessionId: ID,
        operationId: operation('a'),
        payloadHash: 'h',
        terms: TERMS,
        now: Date.now() - 40 * DAY,
      });
      const now = admissions.now();
      const after = await redis.client().time();
      const at = outcome.kind === 'first' ? outcome.admission.at : 0;
      expect(at).toBeGreaterThanOrEqual(Math.floor(Number(before[0]) * 1_000 + Number(before[1]) / 1_000) - 1);
      expect(at).toBeLessThanOrEqual(Number(after[0]) * 1_000 + Number(after[1]) / 1_000);
      expect(Math.abs(now - at)).toBeLessThan(PATIENT_MS);
    }));

  it('leaves nothing without an end', (ctx) =>
    withStores(ctx, {}, async ({ admissions }, redis) => {
      const [bounded, refused] = [sessionId(2, 2), sessionId(3, 3)];
      const rules = { lifetimeMs: 60_000 };
      await admissions.open({ sessionId: bounded, rules, now: 0 });
      await admit(admissions, 'a', bounded, { ...TERMS, sessionRules: rules });
      await admit(admissions, 'a', refused);
      await admit(admissions, 'a');
      const keys = await redis.client().keys('*');
      const days = await Promise.all(
        keys.toSorted().map(async (key) => Math.round((await redis.client().pttl(key)) / DAY)),
      );
      expect(Object.fromEntries(keys.toSorted().map((key, n) => [key, days[n]]))).toEqual({
        // An open session without an end.
        'gh:{P001:u000001}:s': 401,
        'gh:{P001:u000001}:u': 401,
        'gh:{P001:u000002}:s': 9,
        'gh:{P001:u000002}:u': 9,
        'gh:{P001:u000003}:u': 9,
      });
    }));
});

describe('when Redis fails', () => {
  it('a flushed script is learned again, and nothing counts twice', (ctx) =>
    withStores(ctx, {}, async ({ admissions }, redis) => {
      await admit(admissions, 'a');
      await redis.client().script('FLUSH');
      const outcomes = await Promise.all(['b', 'b', 'c', 'a'].map((id) => admit(admissions, id)));
      expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual(['first', 'first', 'replay', 'replay']);
      expect(await used(admissions)).toBe(3);
    }));

  it('an answer that comes too late is unavailable, and its repeat tells what was counted', async (ctx) => {
    const redis = await serviceOrSkip(ctx, server);
    const relay = await startTcpRelay(redis.port);
    try {
      await withStores(
        ctx,
        { url: `redis://127.0.0.1:${relay.port}`, commandTimeoutMs: 500 },
        async ({ admissions }) => {
          await admit(admissions, 'a');
          relay.delayMs = 50;
          expect((await admit(admissions, 'slow')).kind).toBe('first');
          relay.delayMs = 900;
          await expect(admit(admissions, 'late')).rejects.toEqual(gone);
          relay.delayMs = 0;
          await delay(900);
          expect((await admit(admissions, 'late')).kind).toBe('replay');
          expect(await used(admissions)).toBe(3);
        },
      );
    } finally {
      await relay.close();
    }
  });

  it('calls fail within the deadline, soon at once, and work again when it is back', (ctx) =>
    withStores(ctx, { commandTimeoutMs: 200 }, async ({ admissions, circuit }, redis) => {
      await admit(admissions, 'a');
      redis.freeze();
      try {
        const refusals = await Promise.allSettled(Array.from({ length: 20 }, (_, n) => admit(admissions, `x${n}`)));
        expect(refusals).toEqual(refusals.map(() => ({ status: 'rejected', reason: gone })));
        expect(circuit()).not.toBe('closed');
        const at = await Promise.race([
          admit(admissions, 'y')
            .catch(() => admit(admissions, 'y'))
            .catch(() => 'refused'),
          delay(PATIENT_MS),
        ]);
        expect(at).toBe('refused');
        expect((await admissions.health()).state).toBe('down');
      } finally {
        redis.thaw();
      }
      await until(() =>
        admit(admissions, 'z').then(
          () => true,
          () => delay(OPEN_MS, false),
        ),
      );
      expect(circuit()).toBe('closed');
      for (let n = 0; n < 20; n += 1) expect(['first', 'replay']).toContain((await admit(admissions, `x${n}`)).kind);
      expect((await admit(admissions, 'x0')).kind).toBe('replay');
    }));

  it('a connection that breaks fails what is on its way, and is made again', async (ctx) => {
    const redis = await serviceOrSkip(ctx, server);
    const relay = await startTcpRelay(redis.port);
    try {
      await withStores(ctx, { url: `redis://127.0.0.1:${relay.port}` }, async ({ admissions }) => {
        await admit(admissions, 'a');
        relay.delayMs = 500;
        const broken = admit(admissions, 'b');
        await Promise.all([expect(broken).rejects.toEqual(gone), delay(100).then(() => relay.cut())]);
        relay.delayMs = 0;
        await until(() =>
          admit(admissions, 'b').then(
            () => true,
            () => false,
          ),
        );
        expect(await used(admissions)).toBe(2);
      });
    } finally {
      await relay.close();
    }
  });

  it('what is damaged of one user keeps no other from being admitted (P-5)', (ctx) =>
    withStores(ctx, {}, async ({ admissions, circuit }, redis) => {
      const damaged = sessionId(1, 2);
      await admissions.open({ sessionId: damaged, rules: {}, now: 0 });
      await redis.client().hset('gh:{P001:u000002}:u', ' ', 'damaged');
      for (let n = 0; n < 20; n += 1) await expect(admit(admissions, n, damaged)).rejects.toEqual(gone);
      expect(circuit()).toBe('closed');
      expect(reasonOf(await admit(admissions, 'a'))).toBe('ADMITTED');
    }));

  it('nothing that is logged of a failure tells of sessions, operations or passwords (C-7)', async (ctx) => {
    const redis = await serviceOrSkip(ctx, () => startRedis({ password: 'secret-word' }));
    const lines: string[] = [];
    const line = (message: string, fields?: unknown): void => void lines.push(inspect([message, fields], { depth: 9 }));
    const log = { debug: line, info: line, warn: line, error: line, writes: () => true };
    const stores = await openRedis({ url: redis.url, commandTimeoutMs: PATIENT_MS, log });
    const refused = await openRedis({ url: redis.url.replace('secret-word', 'wrong-word'), log });
    try {
      await stores.admissions.open({ sessionId: ID, rules: {}, now: 0 });
      await redis.client().hset('gh:{P001:u000001}:u', ' ', 'damaged');
      for (const { admissions } of [stores, refused]) {
        line('fault', await admit(admissions, 'operation-1').catch((error: unknown) => error));
      }
      const told = lines.join('\n');
      expect(told).toContain('user_script');
      expect(told).not.toMatch(/secret-word|wrong-word|operation-1|xxxxxxxx1|redis\.call/);
    } finally {
      await stores.close();
      await refused.close();
      await redis.stop();
    }
  });

  it('a server that is not there is told by health, and not waited for at a start', async () => {
    const stores = await openRedis({ url: 'redis://127.0.0.1:1' });
    try {
      expect(await stores.admissions.health()).toEqual({ state: 'down', detail: 'Redis does not answer' });
      await expect(admit(stores.admissions, 'a')).rejects.toEqual(gone);
    } finally {
      await stores.close();
    }
  });
});

describe('settings that lose what was counted', () => {
  it.each([
    ['allkeys-lru', 'no', 'degraded', /set maxmemory-policy noeviction; appendonly is no, .*: set appendonly yes$/],
    ['noeviction', 'no', 'up', /^Redis answers; appendonly is no, .*: set appendonly yes$/],
    ['noeviction', 'yes', 'up', /^Redis answers$/],
  ])('maxmemory-policy %s and appendonly %s: %s', async (policy, appendonly, state, detail) => {
    const redis = await startRedis({ conf: { 'maxmemory-policy': policy, appendonly } });
    if (!redis) return;
    const stores = await openRedis({ url: redis.url, commandTimeoutMs: PATIENT_MS });
    try {
      expect(await stores.admissions.health()).toEqual({ state, detail: expect.stringMatching(detail) });
    } finally {
      await stores.close();
      await redis.stop();
    }
  });
});
