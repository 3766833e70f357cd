import fc from 'fast-check';
import { afterAll, describe, it } from 'vitest';
import { connect } from '../../src/adapters/redis/connection.ts';
import { parseRedisUrl } from '../../src/adapters/redis/redis-url.ts';
import { serviceOrSkip } from '../services/service-or-skip.ts';
import { startRedis } from '../services/start-redis.ts';
import { aLedLife, Twins } from './redis-twins.ts';

/** Lives that are led at once: their commands share the connection and its round trips. */
const LIVES = 8;
const RUNS = 30;

describe('Redis decides as the domain does', () => {
  const running = startRedis();
  const server = () => running;
  afterAll(async () => (await running)?.stop());

  it('over random ladders, schedules, roles, sessions, zones, repeats, batches, late counts and clocks set back', async (ctx) => {
    const { url } = await serviceOrSkip(ctx, server);
    const address = parseRedisUrl(url);
    if (!address) throw new RangeError(url);
    const connection = await connect(address, { commandTimeoutMs: 10_000 });
    let user = 0;
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(aLedLife, { minLength: LIVES, maxLength: LIVES }), async (lives) => {
          await Promise.all(lives.map((each) => new Twins(connection, (user += 1), each).lead()));
        }),
        { numRuns: RUNS, endOnFailure: true },
      );
    } finally {
      await connection.close();
    }
  });
});
