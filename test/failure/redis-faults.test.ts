import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededOnce } from '../app.ts';
import type { ServeProcess } from '../e2e/serve-process.ts';
import { FETCH_TIMEOUT_MS } from '../services/fetch-once.ts';
import { serviceOrSkip } from '../services/service-or-skip.ts';
import { admittedIn, answerAll, exactly, operations, placesOf } from './careful-caller.ts';
import { driveLanes, startFleet, tally, type Fleet } from './fleet.ts';
import { COMMAND_TIMEOUT_MS, redisEnv, startRedisNode, type RedisNode } from './redis-node.ts';
import { startTcpRelay, type TcpRelay } from './tcp-relay.ts';

const SERVERS = 2;
const CONNECTIONS_EACH = 16;
const LANES = SERVERS * CONNECTIONS_EACH;
const SLOW_MS = 50;
const POLL_MS = 50;
/** The deadline of a command, and what a busy machine takes beside it. */
const ANSWER_MS_MAX = COMMAND_TIMEOUT_MS + 2_000;
/** Operations that a policy lets a server admit of one user while Redis is away. */
const ALLOWANCE = 10;

interface World {
  readonly node: RedisNode;
  readonly relay: TcpRelay;
  readonly fleet: Fleet;
  /** Another server on the same stores, with one connection to it. */
  another(): Promise<Fleet>;
}

let world: World | undefined;
const redisServer = async (): Promise<World | undefined> => world;
const undo: (() => unknown)[] = [];

beforeAll(async () => {
  const node = await startRedisNode();
  if (!node) return;
  undo.push(() => node.remove());
  const relay = await startTcpRelay(node.port);
  undo.push(() => relay.close());
  const seeded = await seededOnce(new Date().toISOString());
  const { dataDir, keys, remove } = seeded.copy();
  seeded.remove();
  undo.push(remove);
  const env = redisEnv(relay.port);
  const request = { dataDir, key: keys['FINT'] ?? '', env };
  const fleet = await startFleet({ ...request, servers: SERVERS, connectionsEach: CONNECTIONS_EACH });
  undo.push(() => fleet.end());
  world = { node, relay, fleet, another: () => startFleet({ ...request, servers: 1, connectionsEach: 1 }) };
}, FETCH_TIMEOUT_MS);
afterAll(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

describe('while Redis is well, ill set up, slow, silent, gone, emptied of scripts or another (S-12)', () => {
  it('near and well: an admission is one round trip', async (ctx) => {
    const { node, fleet } = await serviceOrSkip(ctx, redisServer);
    const basic = await fleet.newUser('near001', 'basic');
    const client = new Redis(node.port, '127.0.0.1');
    // The servers know the script after the first call of each; scripts themselves run no scripts.
    await driveLanes(fleet.lanes, 1, (lane, n) => lane.admit(basic, `first-${n}`));
    const before = await scriptsRun(client);
    const told = await driveLanes(fleet.lanes, 10, (lane, n) => lane.admit(basic, `op-${n}`));
    expect((await scriptsRun(client)) - before).toBe(told.length);
    expect(tally(told)).toEqual({ ADMITTED: told.length });
    client.disconnect();
  });

  it('set up to evict: health says what may be lost', async (ctx) => {
    const { node, fleet } = await serviceOrSkip(ctx, redisServer);
    const [served] = fleet.servers;
    if (!served) throw new RangeError('no server');
    const client = new Redis(node.port, '127.0.0.1');
    await client.config('SET', 'maxmemory-policy', 'allkeys-lru');
    const { ready, admissions, metric } = await seenByOperators(served);
    expect({ ready, ...admissions }).toMatchObject({ ready: true, state: 'degraded' });
    expect(admissions['detail']).toContain('maxmemory-policy noeviction');
    expect(metric('gatehouse_admission_store{state="degraded"}')).toBe(1);
    await client.config('SET', 'maxmemory-policy', 'noeviction');
    expect((await seenByOperators(served)).admissions).toMatchObject({ state: 'up' });
    client.disconnect();
  });

  it(`${SLOW_MS} ms away: all is answered, and exactly the quota is admitted`, async (ctx) => {
    const { relay, fleet } = await serviceOrSkip(ctx, redisServer);
    const guest = await fleet.newUser('slow001', 'guest');
    relay.delayMs = SLOW_MS;
    const told = await driveLanes(fleet.lanes, 3, (lane, n) => lane.admit(guest, `op-${n}`));
    relay.delayMs = 0;
    expect(tally(told)['UNAVAILABLE']).toBeUndefined();
    expect(told.filter(({ kind }) => kind === 'admitted')).toHaveLength(5);
    const tookMs = told.map((each) => each.tookMs);
    expect(Math.min(...tookMs)).toBeGreaterThanOrEqual(SLOW_MS - 1);
    expect(Math.max(...tookMs)).toBeLessThan(ANSWER_MS_MAX);
  });

  it('silent: each call ends in time, most at once, and what was sent meanwhile counts once', async (ctx) => {
    const { node, fleet } = await serviceOrSkip(ctx, redisServer);
    const basic = await fleet.newUser('mute001', 'basic');
    node.freeze();
    const ask = () => driveLanes(fleet.lanes, 2, (lane, n) => lane.admit(basic, `op-${n}`));
    const [waited, refused] = [await ask(), await ask()];
    node.thaw();
    for (const told of [waited, refused]) {
      expect(tally(told)).toEqual({ UNAVAILABLE: LANES * 2 });
      expect(Math.max(...told.map(({ tookMs }) => tookMs))).toBeLessThan(ANSWER_MS_MAX);
    }
    // The way is known to be cut: nobody waits for it any more, but for one that tries.
    expect(refused.filter(({ tookMs }) => tookMs < COMMAND_TIMEOUT_MS / 2).length).toBeGreaterThan(LANES);
    const answered = await answerAll(fleet.lanes, operations(basic, LANES * 4, 'op'));
    expect(admittedIn(answered, basic)).toEqual(exactly(LANES * 4));
  });

  it('gone and back: nothing is admitted meanwhile, health and metrics say so, and it mends by itself', async (ctx) => {
    const { node, fleet } = await serviceOrSkip(ctx, redisServer);
    const basic = await fleet.newUser('gone001', 'basic');
    await node.kill();
    const told = await driveLanes(fleet.lanes, 4, (lane, n) => lane.admit(basic, `op-${n}`));
    expect(tally(told)).toEqual({ UNAVAILABLE: LANES * 4 });
    for (const served of fleet.servers) {
      const { ready, admissions, metric } = await seenByOperators(served);
      // Checks are answered as before: the replica stays in service.
      expect({ ready, ...admissions }).toMatchObject({ ready: true, state: 'down', away: true });
      expect(metric('gatehouse_admission_store{state="down"}')).toBe(1);
    }
    await node.start();
    const answered = await answerAll(fleet.lanes, operations(basic, LANES * 4, 'op'));
    expect(admittedIn(answered, basic)).toEqual(exactly(LANES * 4));
    for (const served of fleet.servers) {
      const { admissions, metric } = await seenByOperators(served);
      expect(admissions).toMatchObject({ state: 'up', away: false, owed: 0 });
      expect(metric('gatehouse_admission_store{state="up"}')).toBe(1);
      expect(metric('gatehouse_outages_total')).toBeGreaterThan(0);
    }
  });

  it('scripts flushed again and again: nobody notices', async (ctx) => {
    const { node, fleet } = await serviceOrSkip(ctx, redisServer);
    const basic = await fleet.newUser('flush01', 'basic');
    const client = new Redis(node.port, '127.0.0.1');
    let flushes = 0;
    const flushing = setInterval(() => {
      flushes += 1;
      client.script('FLUSH').catch(() => undefined);
    }, 1);
    const told = await driveLanes(fleet.lanes, 20, (lane, n) => lane.admit(basic, `op-${n}`));
    clearInterval(flushing);
    expect(flushes).toBeGreaterThan(20);
    client.disconnect();
    expect(placesOf(told)).toEqual(exactly(LANES * 20));
  });

  it('on_outage: a role of the policy is admitted within bounds, marked, and counted when Redis is back', async (ctx) => {
    const { node, fleet, another } = await serviceOrSkip(ctx, redisServer);
    await fleet.changePolicy((policy) => {
      policy['quotas'] = {
        basic: { on_exceed: [{ action: 'cooldown', for: '1h' }] },
        on_outage: { admit: ['basic'], operations: ALLOWANCE },
      };
    });
    const doomed = await another();
    undo.push(() => doomed.end());
    const [basic, guest] = [await fleet.newUser('outage1', 'basic'), await fleet.newUser('outage2', 'guest')];
    // Each server has seen the sessions, and so knows them to be open.
    const seeing = [...fleet.lanes.slice(0, SERVERS), ...doomed.lanes];
    for (const session of [basic, guest]) await driveLanes(seeing, 1, (lane, n) => lane.admit(session, `before-${n}`));
    await node.kill();

    const told = await driveLanes(fleet.lanes, 3, (lane, n) => lane.admit(basic, `op-${n}`));
    const lost = await driveLanes(doomed.lanes, ALLOWANCE, (lane, n) => lane.admit(basic, `lost-${n}`));
    await doomed.end();
    const admitted = [...told, ...lost].filter(({ kind }) => kind === 'admitted');
    // The allowance is that of a server, less what others on the same journal owe already.
    expect(admitted.length).toBeGreaterThanOrEqual(ALLOWANCE);
    expect(admitted.length).toBeLessThanOrEqual((SERVERS + 1) * ALLOWANCE);
    expect(admitted.every(({ degraded }) => degraded)).toBe(true);
    const refusals = tally([...told, ...lost].filter(({ kind }) => kind !== 'admitted'));
    expect(refusals).toEqual({ UNAVAILABLE: told.length + lost.length - admitted.length });
    const guests = await driveLanes(fleet.lanes, 1, (lane, n) => lane.admit(guest, `op-${n}`));
    expect(tally(guests)).toEqual({ UNAVAILABLE: LANES });

    await node.start();
    const counted = seeing.length + admitted.length;
    while ((await usedBy(fleet, 'outage1', basic)) < counted) await delay(POLL_MS);
    const again = await answerAll(
      fleet.lanes,
      admitted.map(({ operationId }) => ({ sessionId: basic, operationId })),
    );
    expect(again.every(({ told: { kind, replayed } }) => kind === 'admitted' && replayed)).toBe(true);
    expect(await usedBy(fleet, 'outage1', basic)).toBe(counted);
    // Each server also counts what it has read of the others, which changes nothing any more.
    for (const served of fleet.servers) {
      while ((await seenByOperators(served)).metric('gatehouse_owed_admissions') > 0) await delay(POLL_MS);
    }
    expect(await usedBy(fleet, 'outage1', basic)).toBe(counted);
  });

  it('handed over to its replica: what was answered is known there, and nothing counts twice', async (ctx) => {
    const { node, relay, fleet } = await serviceOrSkip(ctx, redisServer);
    await fleet.changePolicy((policy) => {
      policy['quotas'] = { basic: { on_exceed: [{ action: 'warn' }] } };
    });
    const replica = await startRedisNode();
    if (!replica) throw new RangeError('one server could be had, another not');
    undo.push(() => replica.remove());
    const [old, next] = [node, replica].map(({ port }) => new Redis(port, '127.0.0.1'));
    if (!old || !next) throw new RangeError('two clients');
    await old.config('SET', 'repl-diskless-sync-delay', '0');
    await next.replicaof('127.0.0.1', node.port);
    while (!(await next.info('replication')).includes('master_link_status:up')) await delay(10);

    const basic = await fleet.newUser('over001', 'basic');
    const queue = operations(basic, LANES * 20, 'op');
    let failingOver: Promise<void> | undefined;
    const failOver = async (): Promise<void> => {
      await old.call('FAILOVER', 'TO', '127.0.0.1', replica.port);
      while (!(await next.info('replication')).includes('role:master')) await delay(1);
      relay.target = replica.port;
      relay.cut();
    };
    const answered = await answerAll(fleet.lanes, queue, (count) => {
      if (count >= queue.length / 2) failingOver ??= failOver();
    });
    await failingOver;
    old.disconnect();
    next.disconnect();
    expect(admittedIn(answered, basic)).toEqual(exactly(queue.length));
    const again = await answerAll(fleet.lanes, queue);
    expect(again.every(({ told }) => told.replayed)).toBe(true);
  });
});

/** Commands that run a script, which is all that the servers send beside INFO. */
async function scriptsRun(client: Redis): Promise<number> {
  const stats = await client.info('commandstats');
  const counts = stats.matchAll(/^cmdstat_(?:eval|evalsha|fcall):calls=(\d+)/gm);
  return [...counts].reduce((sum, [, calls]) => sum + Number(calls), 0);
}

/** Operations in the day of a user, by a check that counts nothing; -1 while Redis is away. */
async function usedBy({ call }: Fleet, userId: string, sessionId: string): Promise<number> {
  const check = { user_id: userId, permission: 'call_api', session_id: sessionId };
  const { admission } = (await call('DecisionService', 'Check', check).catch(() => ({}))) as {
    admission?: { quotas?: { daily: { used: number } } };
  };
  return admission?.quotas?.daily.used ?? -1;
}

interface Seen {
  readonly ready: boolean;
  readonly admissions: Record<string, unknown>;
  /** A line of /metrics, by its name and labels. */
  metric(line: string): number;
}

async function seenByOperators({ adminOrigin }: ServeProcess): Promise<Seen> {
  const readiness = await fetch(`${adminOrigin}/readyz`);
  const { admissions } = (await readiness.json()) as { admissions: Record<string, unknown> };
  const metrics = (await (await fetch(`${adminOrigin}/metrics`)).text()).split('\n');
  const metric = (line: string) =>
    Number(
      metrics
        .find((each) => each.startsWith(`${line} `))
        ?.split(' ')
        .at(-1),
    );
  return { ready: readiness.ok, admissions, metric };
}
