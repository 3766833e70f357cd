import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePort } from './free-port.ts';
import { redis } from './redis.ts';
import type { TlsFiles } from './tls-files.ts';
import { valkey } from './valkey.ts';

export interface RedisSettings {
  readonly password?: string;
  /** Clients connect by TLS only. */
  readonly tls?: TlsFiles;
  /** Of redis.conf, by name; beside them: nothing is written to disk, and nothing is evicted. */
  readonly conf?: Readonly<Record<string, string>>;
}

export interface RunningRedis {
  readonly port: number;
  /** Of database 0, the password in it. */
  readonly url: string;
  /** A connection for the test itself, made on first use. */
  client(): Redis;
  /** Stops it in the middle of whatever it does: connections stay, and nothing is answered. */
  freeze(): void;
  thaw(): void;
  /** Ends the process and waits for its end, and removes its directory; again is fine. */
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 20_000;
const POLL_MS = 20;
/** A free port may be taken by another program before the server has it. */
const ATTEMPTS_MAX = 3;

/** A Redis server on a free loopback port, answering; `undefined` where it cannot be had (an error then under `CI=true`). */
export const startRedis = (settings: RedisSettings = {}) => startServer(redis, settings);

/** As `startRedis`. */
export const startValkey = (settings: RedisSettings = {}) => startServer(valkey, settings);

async function startServer(
  fetcher: () => Promise<string | undefined>,
  settings: RedisSettings,
): Promise<RunningRedis | undefined> {
  const binary = await fetcher();
  if (binary === undefined) return undefined;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start(binary, settings);
    } catch (error) {
      if (attempt === ATTEMPTS_MAX) throw error;
    }
  }
}

async function start(binary: string, { password, tls, conf }: RedisSettings): Promise<RunningRedis> {
  const port = await freePort();
  const directory = await mkdtemp(join(tmpdir(), 'gatehouse-redis-'));
  const listening = tls
    ? {
        port: '0',
        'tls-port': String(port),
        'tls-cert-file': tls.cert,
        'tls-key-file': tls.key,
        'tls-auth-clients': 'no',
      }
    : { port: String(port) };
  const all = {
    ...listening,
    bind: '127.0.0.1',
    dir: directory,
    save: '',
    ...(password !== undefined && { requirepass: password }),
    ...conf,
  };
  const flags = Object.entries(all).flatMap(([name, value]) => [`--${name}`, value]);
  const child = spawn(binary, flags, { stdio: 'ignore' });
  const dieWithParent = (): void => void child.kill('SIGKILL');
  process.once('exit', dieWithParent);
  const secret = password === undefined ? '' : `:${encodeURIComponent(password)}@`;
  const url = `${tls ? 'rediss' : 'redis'}://${secret}127.0.0.1:${port}`;
  const trust = tls ? { tls: { ca: tls.ca } } : {};
  let client: Redis | undefined;
  const running: RunningRedis = {
    port,
    url,
    client: () => (client ??= new Redis(url, trust)),
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    async stop() {
      client?.disconnect();
      await end(child);
      process.off('exit', dieWithParent);
      await rm(directory, { recursive: true, force: true });
    },
  };
  try {
    await answering(url, trust, child);
  } catch (error) {
    await running.stop();
    throw error;
  }
  return running;
}

async function answering(url: string, trust: { tls?: { ca: string } }, child: ChildProcess): Promise<void> {
  const deadlineMs = Date.now() + READY_TIMEOUT_MS;
  let failure: unknown;
  child.once('error', (error) => (failure = error));
  while (Date.now() < deadlineMs) {
    if (failure !== undefined) throw new Error('the server cannot be started', { cause: failure });
    if (hasEnded(child))
      throw new Error(`the server ended with ${child.exitCode ?? child.signalCode} before it answered`);
    const probe = new Redis(url, { ...trust, lazyConnect: true, retryStrategy: () => null });
    probe.on('error', () => undefined);
    const answered = await probe.connect().then(
      () => true,
      () => false,
    );
    probe.disconnect();
    if (answered) return;
    await delay(POLL_MS);
  }
  throw new Error(`the server did not answer within ${READY_TIMEOUT_MS} ms`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || hasEnded(child)) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;
