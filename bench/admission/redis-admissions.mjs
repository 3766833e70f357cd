import { openRedis } from '../../dist/adapters/redis/open-redis.js';

/** The adapter as the service opens it, but for the deadline: a load that is slow is measured, not refused. */
export async function openRedisAdmissions(url) {
  const { admissions, close } = await openRedis({ url, commandTimeoutMs: 10_000 });
  return { store: admissions, close };
}
