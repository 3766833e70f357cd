import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../services/free-port.ts';
import { redis } from '../services/redis.ts';

/** As docs/sessions-and-quotas.md asks for it: an answer was on the disk first, and nothing is ever evicted. */
export const KEPT = ['--appendonly', 'yes', '--appendfsync', 'always', '--maxmemory-policy', 'noeviction'] as const;

/** A command may take so long here: many processes share the machine with these tests, and none of them is to look like an outage. */
export const COMMAND_TIMEOUT_MS = 1_000;

/** What a server that keeps its sessions and quotas there is started with. */
export const redisEnv = (port: number): Readonly<Record<string, string>> => ({
  GATEHOUSE_REDIS_URL: `redis://127.0.0.1:${port}`,
  GATEHOUSE_REDIS_TIMEOUT_MS: String(COMMAND_TIMEOUT_MS),
});

const READY_TIMEOUT_MS = 20_000;
const POLL_MS = 10;

/** One Redis server that keeps its port and its folder over its deaths. */
export interface RedisNode {
  readonly port: number;
  /** Sends it SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
  /** Starts it again on what its folder holds; resolves when it answers. */
  start(): Promise<void>;
  /** Stops its clock in the middle of whatever it does (SIGSTOP): connections stay, and nothing is answered. */
  freeze(): void;
  thaw(): void;
  /** Ends it and removes its folder. */
  remove(): Promise<void>;
}

/** `undefined` where no server can be had. */
export async function startRedisNode(settings: readonly string[] = KEPT): Promise<RedisNode | undefined> {
  const binary = await redis();
  if (binary === undefined) return undefined;
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-redis-'));
  let child: ChildProcess | undefined;
  const node: RedisNode = {
    port,
    async kill() {
      const dying = child;
      child = undefined;
      if (!dying || dying.exitCode !== null || dying.signalCode !== null) return;
      const ended = once(dying, 'exit');
      dying.kill('SIGKILL');
      await ended;
    },
    async start() {
      const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''];
      const started = spawn(binary, [...place, '--logfile', '', ...settings], { stdio: 'ignore' });
      child = started;
      const dieWithParent = (): void => void started.kill('SIGKILL');
      process.once('exit', dieWithParent);
      started.once('exit', () => process.off('exit', dieWithParent));
      const deadlineMs = Date.now() + READY_TIMEOUT_MS;
      while ((await ping(port)) !== '+PONG') {
        if (started.exitCode !== null || Date.now() > deadlineMs)
          throw new Error(`Redis does not start on port ${port}`);
        await delay(POLL_MS);
      }
    },
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    async remove() {
      await node.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await node.start();
  return node;
}

/** The first line that it answers; `-LOADING …` while it reads its files, undefined where nobody listens. */
async function ping(port: number): Promise<string | undefined> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    socket.write('PING\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    return answer.toString().split('\r\n')[0];
  } catch {
    return undefined;
  } finally {
    socket.destroy();
  }
}
