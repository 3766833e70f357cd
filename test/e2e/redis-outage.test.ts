import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { seededOnce, startApp, type TestApp } from '../app.ts';
import { httpClient, type EdgeClient, type Outcome } from '../edge/client.ts';
import { startRedis, type RedisSettings, type RunningRedis } from '../services/start-redis.ts';

/** MDIA admits basic and advanced users during an outage, 10 operations each; FINT admits nobody. */
const ALLOWANCE = 10;
const TIMEOUT_MS = 200;

let seeded: Awaited<ReturnType<typeof seededOnce>>;
beforeAll(async () => {
  seeded = await seededOnce(new Date().toISOString());
});
afterAll(() => seeded.remove());

const ended: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const end of ended.splice(0).reverse()) await end();
});

async function startServer(settings?: RedisSettings): Promise<RunningRedis> {
  const server = await startRedis(settings);
  if (!server) throw new Error('Redis was there before');
  ended.push(() => server.stop());
  return server;
}

async function startOn(url: string, from = seeded.copy()): Promise<TestApp & { readonly client: EdgeClient }> {
  const env = { GATEHOUSE_REDIS_URL: url, GATEHOUSE_REDIS_TIMEOUT_MS: String(TIMEOUT_MS) };
  const app = await startApp({ dataDir: from.dataDir, keys: from.keys, env });
  const client = httpClient(app.httpOrigin);
  ended.push(async () => {
    await app.stop();
    from.remove();
  });
  return { ...app, client };
}

beforeEach(async (context) => {
  const server = await startRedis();
  if (!server) context.skip('Redis cannot be had on this machine; standard error says why');
  await server?.stop();
});

const admissionsOf = async ({ app }: TestApp) => (await app.ready()).detail['admissions'] as Record<string, unknown>;

async function open({ client, keys }: Awaited<ReturnType<typeof startOn>>, partner: string, userId: string) {
  const opened = await client.call('SessionService', 'Open', { user_id: userId }, keys[partner]);
  if (!opened.ok) throw new Error(opened.message);
  return (opened.answer['session'] as { session_id: string }).session_id;
}

const admit = ({ client, keys }: Awaited<ReturnType<typeof startOn>>, partner: string, session: string, id: string) =>
  client.call('SessionService', 'Admit', { session_id: session, operation_id: id }, keys[partner]);

const answerOf = (outcome: Outcome): Record<string, unknown> => {
  if (!outcome.ok) throw new Error(`${outcome.code}: ${outcome.message}`);
  return outcome.answer;
};

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await holds()) return;
    await delay(50);
  }
  throw new Error('it does not come true');
}

describe('a service with its sessions and quotas in Redis', () => {
  it('says so at its start, and in its readiness', async () => {
    const app = await startOn((await startServer()).url);
    expect(app.log.lines).toContainEqual({
      message: 'sessions and quotas',
      fields: expect.objectContaining({ store: 'redis', state: 'up' }) as unknown,
    });
    expect(await admissionsOf(app)).toMatchObject({ state: 'up', circuit: 'closed', away: false, owed: 0 });
  });

  it('tells of settings that may lose what was counted', async () => {
    const server = await startServer({ conf: { maxmemory: '100mb', 'maxmemory-policy': 'allkeys-lru' } });
    const app = await startOn(server.url);
    expect(await admissionsOf(app)).toMatchObject({ state: 'degraded' });
    expect(JSON.stringify(app.log.lines)).toContain('maxmemory-policy');
    expect(await app.app.metrics?.()).toContain('gatehouse_admission_store{state="degraded"} 1');
  });

  it('starts without it, answers checks, and admits once it is there', async () => {
    const server = await startServer();
    server.freeze();
    const app = await startOn(server.url);
    expect(await app.app.ready()).toMatchObject({ ready: true, detail: { admissions: { state: 'down' } } });
    const request = { user_id: 'fbas001', permission: 'call_api' };
    expect(answerOf(await app.client.call('DecisionService', 'Check', request, app.keys['FINT']))).toMatchObject({
      allowed: true,
    });
    server.thaw();
    await until(
      async () => (await app.client.call('SessionService', 'Open', { user_id: 'fbas001' }, app.keys['FINT'])).ok,
    );
  });
});

describe('while Redis does not answer', () => {
  it('a partner without a word on outages is told unavailable, in bounded time, and nothing was counted for it', async () => {
    const server = await startServer();
    const app = await startOn(server.url);
    const session = await open(app, 'FINT', 'fbas001');
    server.freeze();
    const startedMs = performance.now();
    expect(await admit(app, 'FINT', session, 'a')).toMatchObject({ ok: false, http: 503, code: 'UNAVAILABLE' });
    expect(performance.now() - startedMs).toBeLessThan(10 * TIMEOUT_MS);
    expect(await app.app.metrics?.()).toContain('gatehouse_outages_total 1');
    server.thaw();
    await until(async () => (await admit(app, 'FINT', session, 'b')).ok);
  });

  it('a partner that admits the role has operations admitted as degraded, up to its number, and counted afterwards', async () => {
    const server = await startServer();
    const app = await startOn(server.url);
    const session = await open(app, 'MDIA', 'mbas001');
    expect(answerOf(await admit(app, 'MDIA', session, 'before'))).toMatchObject({ admitted: true, degraded: false });
    server.freeze();
    for (let n = 1; n <= ALLOWANCE; n += 1) {
      expect(answerOf(await admit(app, 'MDIA', session, `op${n}`))).toMatchObject({ admitted: true, degraded: true });
    }
    expect(await admit(app, 'MDIA', session, 'over')).toMatchObject({ ok: false, code: 'UNAVAILABLE' });
    expect(answerOf(await admit(app, 'MDIA', session, 'op1'))).toMatchObject({ replayed: true, degraded: true });
    expect(await admissionsOf(app)).toMatchObject({ away: true, owed: ALLOWANCE });
    expect(await app.app.metrics?.()).toContain(`gatehouse_degraded_admissions_total ${ALLOWANCE}`);

    server.thaw();
    await until(async () => (await admissionsOf(app))['owed'] === 0);
    expect(answerOf(await admit(app, 'MDIA', session, 'after'))).toMatchObject({
      admitted: true,
      degraded: false,
      quotas: { daily: { used: ALLOWANCE + 2 } },
    });
    expect(answerOf(await admit(app, 'MDIA', session, 'op3'))).toMatchObject({ replayed: true, degraded: true });
  });

  it('what was admitted survives the end of the process, and is counted by the next', async () => {
    const server = await startServer();
    const from = seeded.copy();
    const first = await startOn(server.url, { ...from, remove: () => {} });
    const session = await open(first, 'MDIA', 'mbas001');
    server.freeze();
    for (const id of ['a', 'b', 'c']) {
      expect(answerOf(await admit(first, 'MDIA', session, id))).toMatchObject({ degraded: true });
    }
    await ended.pop()?.();
    server.thaw();
    const next = await startOn(server.url, from);
    await until(async () => /^gatehouse_reconciled_admissions_total 3$/m.test((await next.app.metrics?.()) ?? ''));
    expect(answerOf(await admit(next, 'MDIA', session, 'd'))).toMatchObject({ quotas: { daily: { used: 4 } } });
    expect(answerOf(await admit(next, 'MDIA', session, 'a'))).toMatchObject({ replayed: true, degraded: true });
  });
});
