import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from '../load/start-binary.mjs';

/** A benchmark that goes wrong fails, and does not take the machine with it. */
const MEMORY_MAX = '4gb';
/** On PATH. */
const BINARY = 'redis-server';
const READY_TIMEOUT_MS = 20_000;
/** Durable before the answer, as docs/sessions-and-quotas.md asks for it. */
export const ALWAYS = { appendonly: 'yes', appendfsync: 'always' };
/** On the disk within a second of the answer. */
export const EVERY_SECOND = { appendonly: 'yes', appendfsync: 'everysec' };

/**
 * `redis-server` from PATH on a free port, in a folder of its own.
 * @param {string} directory
 * @param {Record<string, string>} settings of redis.conf, by name
 * @returns {Promise<{ url: string, client: Redis, stop(): Promise<void> }>}
 */
export async function startRedis(directory, settings) {
  const port = await freePort();
  const dir = mkdtempSync(join(directory, 'redis-'));
  const all = {
    port,
    bind: '127.0.0.1',
    dir,
    save: '',
    maxmemory: MEMORY_MAX,
    'maxmemory-policy': 'noeviction',
    ...settings,
  };
  const child = spawn(
    BINARY,
    Object.entries(all).flatMap(([name, value]) => [`--${name}`, String(value)]),
    { stdio: 'ignore' },
  );
  const dieWithParent = () => child.kill('SIGKILL');
  process.once('exit', dieWithParent);
  // A signal ends the process without that event.
  const end = () => process.exit(1);
  process.once('SIGINT', end).once('SIGTERM', end);
  const failed = once(child, 'error').then(([error]) => {
    throw new Error('redis-server cannot be started: it must be on PATH', { cause: error });
  });
  const url = `redis://127.0.0.1:${port}`;
  const client = new Redis(url, { retryStrategy: () => 20 });
  client.on('error', () => undefined);
  const late = new Promise((_, reject) => {
    setTimeout(() => reject(new Error('redis-server was not ready in time')), READY_TIMEOUT_MS).unref();
  });
  await Promise.race([client.ping(), failed, late]);
  return {
    url,
    client,
    async stop() {
      client.disconnect();
      process.off('exit', dieWithParent).off('SIGINT', end).off('SIGTERM', end);
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}
