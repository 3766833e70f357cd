import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededOnce } from '../app.ts';
import { FETCH_TIMEOUT_MS } from '../services/fetch-once.ts';
import { serviceOrSkip } from '../services/service-or-skip.ts';
import { admittedIn, answerAll, exactly, operations } from './careful-caller.ts';
import { startFleet, type Fleet } from './fleet.ts';
import { redisEnv, startRedisNode, type RedisNode } from './redis-node.ts';

const KILLS = 20;
const SERVERS = 3;
const CONNECTIONS_EACH = 64;
const QUOTA = 1_000;
const GUEST_DAILY = 5;
/** Of one attempt, with all these connections on one small machine: nothing hangs. */
const ATTEMPT_MS_MAX = 15_000;

let seeded: Awaited<ReturnType<typeof seededOnce>>;
let node: RedisNode | undefined;
let fleet: Fleet | undefined;
const undo: (() => unknown)[] = [];
beforeAll(async () => {
  seeded = await seededOnce(new Date().toISOString());
  undo.push(() => seeded.remove());
  node = await startRedisNode();
  if (!node) return;
  undo.push(() => node?.remove());
  const { dataDir, keys, remove } = seeded.copy();
  undo.push(remove);
  const env = redisEnv(node.port);
  const request = { dataDir, key: keys['FINT'] ?? '', env };
  fleet = await startFleet({ ...request, servers: SERVERS, connectionsEach: CONNECTIONS_EACH });
  undo.push(() => fleet?.end());
}, FETCH_TIMEOUT_MS);
afterAll(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function redisServer(): Promise<{ node: RedisNode; fleet: Fleet } | undefined> {
  return node && fleet && { node, fleet };
}

describe(`Redis is killed ${KILLS} times while ${SERVERS * CONNECTIONS_EACH} connections admit (S-12)`, () => {
  it('exactly the quota is admitted, and all that was answered is in the log', { timeout: 240_000 }, async (ctx) => {
    const { node: redis, fleet } = await serviceOrSkip(ctx, redisServer);
    const { lanes, newUser, call, changePolicy } = fleet;
    await changePolicy((policy) => {
      policy['quotas'] = { basic: { on_exceed: [{ action: 'cooldown', for: '1h' }] } };
      const [plus] = policy['plans'] as unknown as { entitlements: object }[];
      if (plus) plus.entitlements = { quotas: { daily: QUOTA, weekly: QUOTA } };
    });
    const basic = await newUser('basic01', 'basic');
    await subscribe(call, 'basic01');
    const guests: string[] = [];
    for (let n = 0; n < KILLS; n += 1) guests.push(await newUser(`gst${1000 + n}`, 'guest'));
    const queue = guests.flatMap((guest, round) => [
      ...operations(basic, (QUOTA * 1.2) / KILLS, `basic-${round}`),
      ...operations(guest, GUEST_DAILY * 2, 'guest'),
    ]);

    let kills = 0;
    let killing: Promise<void> | undefined;
    const answered = await answerAll(lanes, queue, (count) => {
      if (killing || kills === KILLS || count < ((kills + 0.5) / KILLS) * queue.length) return;
      killing = (async () => {
        await redis.kill();
        await redis.start();
        kills += 1;
        killing = undefined;
      })();
    });
    await killing;
    expect(kills).toBe(KILLS);
    expect(answered.filter(({ attempts }) => attempts > 1).length).toBeGreaterThan(KILLS);
    expect(Math.max(...answered.map(({ slowestMs }) => slowestMs))).toBeLessThan(ATTEMPT_MS_MAX);

    expect(admittedIn(answered, basic)).toEqual(exactly(QUOTA));
    for (const guest of guests) expect(admittedIn(answered, guest)).toEqual(exactly(GUEST_DAILY));

    const again = await answerAll(lanes, queue);
    const answers = new Map(again.map((each) => [`${each.sessionId} ${each.operationId}`, each.told]));
    for (const { sessionId, operationId, told } of answered) {
      const { kind, code, used } = told;
      expect(answers.get(`${sessionId} ${operationId}`)).toMatchObject({ kind, code, used, replayed: true });
    }
  });
});

async function subscribe(call: Fleet['call'], userId: string): Promise<void> {
  const change = { user_id: userId, plan_id: 'plus' };
  const started = await call('PlanService', 'PlanChange', { ...change, action: 'subscribe', idempotency_key: 'k1' });
  const confirm = { ...change, action: 'confirm', confirmation_code: started['confirmation_code'] };
  const confirmed = await call('PlanService', 'PlanChange', { ...confirm, idempotency_key: 'k2' });
  if (confirmed['done'] !== true) throw new Error(`not subscribed: ${JSON.stringify(confirmed)}`);
}
