import { afterAll, beforeAll, beforeEach } from 'vitest';
import { startRedis, type RunningRedis } from '../services/start-redis.ts';
import { replayCases } from './replay-cases.ts';

let server: RunningRedis | undefined;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server?.stop());
beforeEach((context) => {
  if (!server) context.skip('Redis cannot be had on this machine; standard error says why');
});

/** What sessions and quotas decide is decided alike where they live in Redis. */
replayCases('grpc', {
  files: /^(sessions-|enforcement|precedence)/,
  async fresh() {
    await server?.client().flushall();
    // A busy machine must not look like an outage.
    return { GATEHOUSE_REDIS_URL: server?.url ?? '', GATEHOUSE_REDIS_TIMEOUT_MS: '5000' };
  },
});
