import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededOnce } from '../app.ts';
import { FETCH_TIMEOUT_MS } from '../services/fetch-once.ts';
import { serviceOrSkip } from '../services/service-or-skip.ts';
import { exactly, placesOf } from './careful-caller.ts';
import { driveLanes, startFleet, tally, type Fleet, type Told } from './fleet.ts';
import { redisEnv, startRedisNode } from './redis-node.ts';

const SERVERS = 3;
const CONNECTIONS_EACH = 64;
const OPERATIONS_EACH = 3;
const REPLAYED_IDS = 1_000;
const BASIC_DAILY = 20;

interface Backing {
  readonly env: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

/** Beside Redis, documents stay in the directory that the servers share. */
const STORES: readonly { readonly name: string; start(): Promise<Backing | undefined> }[] = [
  { name: 'on the embedded store', start: async () => ({ env: {}, remove: async () => {} }) },
  {
    name: 'on Redis',
    async start() {
      const node = await startRedisNode();
      return node && { env: redisEnv(node.port), remove: () => node.remove() };
    },
  },
];

let seeded: Awaited<ReturnType<typeof seededOnce>>;
beforeAll(async () => {
  seeded = await seededOnce(new Date().toISOString());
});
afterAll(() => seeded.remove());

describe.each(STORES)(
  `${CONNECTIONS_EACH} connections to each of ${SERVERS} servers $name, one user (S-12):`,
  ({ start }) => {
    let fleet: Fleet | undefined;
    const undo: (() => unknown)[] = [];
    const started = async (): Promise<Fleet | undefined> => fleet;

    beforeAll(async () => {
      const backing = await start();
      if (!backing) return;
      const copy = seeded.copy();
      undo.push(copy.remove, () => backing.remove());
      const request = { dataDir: copy.dataDir, key: copy.keys['FINT'] ?? '', env: backing.env };
      fleet = await startFleet({ ...request, servers: SERVERS, connectionsEach: CONNECTIONS_EACH });
      undo.push(() => fleet?.end());
      await fleet.changePolicy((policy) => {
        policy['quotas'] = { basic: { on_exceed: [{ action: 'cooldown', for: '1h' }] } };
      });
    }, FETCH_TIMEOUT_MS);
    afterAll(async () => {
      for (const step of undo.splice(0).reverse()) await step();
    });

    it('a guest has exactly 5 operations admitted, and is idle after (S-2, S-4)', async (ctx) => {
      const { lanes, newUser } = await serviceOrSkip(ctx, started);
      const sessionId = await newUser('guest01', 'guest');
      const told = await driveLanes(lanes, OPERATIONS_EACH, (lane, n) => lane.admit(sessionId, `op-${n}`));
      expectExactly(told, 5);
      const codes = tally(told);
      expect(codes['QUOTA_DAILY']).toBeGreaterThan(0);
      expect(Object.keys(codes).toSorted()).toEqual(['ADMITTED', 'QUOTA_DAILY', 'USER_IDLE']);
    });

    it(`a basic user whose partner refuses has exactly ${BASIC_DAILY} admitted (S-7, S-8)`, async (ctx) => {
      const { lanes, newUser } = await serviceOrSkip(ctx, started);
      const sessionId = await newUser('basic01', 'basic');
      const told = await driveLanes(lanes, OPERATIONS_EACH, (lane, n) => lane.admit(sessionId, `op-${n}`));
      expectExactly(told, BASIC_DAILY);
      expect(Object.keys(tally(told)).toSorted()).toEqual(['ADMITTED', 'QUOTA_DAILY']);
    });

    it(`${REPLAYED_IDS} operation ids, sent to every server at once and then again, count once each`, async (ctx) => {
      const { lanes, newUser, changePolicy } = await serviceOrSkip(ctx, started);
      await changePolicy((policy) => {
        policy['quotas'] = { basic: { on_exceed: [{ action: 'warn' }] } };
      });
      const sessionId = await newUser('basic02', 'basic');
      const send = async (id: number, shift: number): Promise<Told> => {
        const lane = lanes[(id * SERVERS + shift) % lanes.length];
        if (!lane) throw new RangeError('no lane');
        return lane.admit(sessionId, `op-${id}`);
      };
      const told = await sendAll(REPLAYED_IDS * SERVERS, (n) => send(Math.floor(n / SERVERS), n % SERVERS));
      const firsts = told.filter(({ replayed }) => !replayed);
      expect(new Set(firsts.map(({ operationId }) => operationId)).size).toBe(REPLAYED_IDS);
      expectExactly(firsts, REPLAYED_IDS);

      const again = await sendAll(REPLAYED_IDS, (id) => send(id, 1));
      expect(again.every(({ replayed, kind }) => replayed && kind === 'admitted')).toBe(true);
      const usedFirst = new Map(firsts.map(({ operationId, used }) => [operationId, used]));
      for (const { operationId, used } of again) expect(used).toBe(usedFirst.get(operationId));
      expect(await lanes[0]?.admit(sessionId, 'one-more')).toMatchObject({ used: REPLAYED_IDS + 1, replayed: false });
    });
  },
);

function expectExactly(told: readonly Told[], count: number): void {
  expect(tally(told.filter(({ kind }) => kind === 'failed'))).toEqual({});
  expect(placesOf(told)).toEqual(exactly(count));
}

const IN_FLIGHT = 192;

async function sendAll(count: number, send: (n: number) => Promise<Told>): Promise<Told[]> {
  const told: Told[] = [];
  let next = 0;
  const sender = async (): Promise<void> => {
    while (next < count) told.push(await send(next++));
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, sender));
  return told;
}
