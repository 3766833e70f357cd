import { performance } from 'node:perf_hooks';
import { Cluster, Redis, type ClusterOptions } from 'ioredis';
import { Fault } from '../../domain/errors.ts';
import type { Log } from '../../ports/log.ts';
import { CircuitBreaker, type CircuitState } from './circuit-breaker.ts';
import type { RedisAddress } from './redis-url.ts';
import type { Script } from './script.ts';

/** How long an answer may take: long enough for a server 50 ms away, short enough for a caller to wait. */
export const COMMAND_TIMEOUT_MS_DEFAULT = 100;
/** How long the first connection may take before the service starts without it. */
const CONNECT_TIMEOUT_MS = 2_000;
/** A connection from which nothing comes for so long, and for two deadlines, though something is awaited, is made anew. */
const SILENCE_MS_MIN = 1_000;
const RECONNECT_MS_MAX = 1_000;
const RECONNECT_MS_MIN = 50;
/** Moves of a slot that one command follows. */
const REDIRECTIONS_MAX = 3;

export interface ConnectionSettings {
  /** Default 100 ms. */
  readonly commandTimeoutMs?: number | undefined;
  /** Certificates to trust beside those of the system, PEM. */
  readonly ca?: string | undefined;
  readonly log?: Log | undefined;
}

/**
 * A way to the server or the cluster. Every call rejects with Fault UNAVAILABLE where no answer came within the deadline;
 * whether the command was done is not known then. Nothing is queued while there is no connection, and nothing is sent twice.
 */
export interface Connection {
  /** Runs a script on the keys of one user, in one round trip, or two where the server does not know it yet. Texts in the reply are bytes. */
  run(script: Script, keys: readonly [string, string], args: readonly string[]): Promise<unknown>;
  /** The reply to INFO of each server that holds keys. */
  info(): Promise<readonly string[]>;
  circuit(): CircuitState;
  close(): Promise<void>;
}

/** Waits for the first connection, a while; afterwards it is made and made again by itself. */
export async function connect(address: RedisAddress, settings: ConnectionSettings): Promise<Connection> {
  const { log } = settings;
  const client = clientOf(address, settings);
  let isTold = false;
  client.on('ready', () => {
    isTold = false;
    log?.info('the connection to Redis is there');
  });
  client.on('close', () => {
    if (!isTold) log?.warn('the connection to Redis is gone');
    isTold = true;
  });
  client.on('error', (error: unknown) => log?.debug('Redis', { error: bare(error) }));
  await Promise.race([
    client.connect().catch((error: unknown) => log?.warn('Redis cannot be reached yet', { error: bare(error) })),
    new Promise((resolve) => setTimeout(resolve, CONNECT_TIMEOUT_MS).unref()),
  ]);
  return new ClientConnection(client, settings.commandTimeoutMs ?? COMMAND_TIMEOUT_MS_DEFAULT);
}

function clientOf(address: RedisAddress, settings: ConnectionSettings): Redis | Cluster {
  const { commandTimeoutMs = COMMAND_TIMEOUT_MS_DEFAULT, ca } = settings;
  const { nodes, username, password, db, tls } = address;
  const retryStrategy = (times: number): number => Math.min(RECONNECT_MS_MIN * 2 ** (times - 1), RECONNECT_MS_MAX);
  const options = {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls && { tls: ca === undefined ? {} : { ca } }),
    connectTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: Math.max(SILENCE_MS_MIN, 2 * commandTimeoutMs),
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // A server that was a master and is none any more: the new one is found by connecting anew.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
  } satisfies ClusterOptions['redisOptions'];
  const [first = { host: 'localhost', port: 6379 }] = nodes;
  const begin = { lazyConnect: true, enableOfflineQueue: false };
  if (!address.cluster) return new Redis({ ...options, ...begin, ...first, db, retryStrategy });
  return new Cluster([...nodes], {
    ...begin,
    redisOptions: options,
    clusterRetryStrategy: retryStrategy,
    maxRedirections: REDIRECTIONS_MAX,
    retryDelayOnFailover: RECONNECT_MS_MIN,
    retryDelayOnClusterDown: RECONNECT_MS_MIN,
    slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
    // Certificates name what the cluster calls its nodes.
    ...(tls && { dnsLookup: (host, found) => found(null, host) }),
  });
}

/** Replies of a server that is there and cannot do its work. */
const UNWELL = /^(LOADING|CLUSTERDOWN|MASTERDOWN|READONLY|TRYAGAIN|OOM|MISCONF|NOAUTH|NOREPLICAS|BUSY)\b/;
const isReply = (error: unknown): error is Error => error instanceof Error && error.name === 'ReplyError';

class ClientConnection implements Connection {
  readonly #client: Redis | Cluster;
  readonly #timeoutMs: number;
  readonly #breaker = new CircuitBreaker();
  #isCorked = false;

  constructor(client: Redis | Cluster, timeoutMs: number) {
    this.#client = client;
    this.#timeoutMs = timeoutMs;
  }

  async run(script: Script, keys: readonly [string, string], args: readonly string[]): Promise<unknown> {
    if (!this.#breaker.passes(performance.now())) throw unavailable();
    try {
      this.#cork();
      const reply = await this.#inTime(this.#client.callBuffer('evalsha', script.sha, 2, ...keys, ...args));
      this.#breaker.succeeded();
      return reply;
    } catch (error) {
      if (!isReply(error) || !error.message.startsWith('NOSCRIPT')) throw this.#failed(error);
    }
    // The server does not know the script: it has done nothing, and learns it by this.
    try {
      const reply = await this.#inTime(this.#client.callBuffer('eval', script.source, 2, ...keys, ...args));
      this.#breaker.succeeded();
      return reply;
    } catch (error) {
      throw this.#failed(error);
    }
  }

  async info(): Promise<readonly string[]> {
    try {
      return await this.#inTime(Promise.all(this.#masters().map((node) => node.info())));
    } catch (error) {
      throw unavailable(error);
    }
  }

  circuit(): CircuitState {
    return this.#breaker.state(performance.now());
  }

  async close(): Promise<void> {
    await this.#client.quit().catch(() => undefined);
    this.#client.disconnect();
  }

  #masters(): readonly Redis[] {
    return this.#client instanceof Cluster ? this.#client.nodes('master') : [this.#client];
  }

  /** Rejects past the deadline, once what has come meanwhile is read: a process that was held up does not blame the server. */
  async #inTime<T>(answer: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      const giveUp = () => setImmediate(() => reject(new Error('no answer within the deadline')));
      timer = setTimeout(giveUp, this.#timeoutMs);
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** What is sent in one turn of the event loop goes out in one write. */
  #cork(): void {
    if (this.#isCorked) return;
    this.#isCorked = true;
    // Absent before the first connection.
    const streams = this.#masters().flatMap(({ stream }: { stream?: Redis['stream'] }) => stream ?? []);
    for (const stream of streams) stream.cork();
    setImmediate(() => {
      this.#isCorked = false;
      for (const stream of streams) stream.uncork();
    });
  }

  /** An error of the script or of its data is of that one user, and says nothing of the server. */
  #failed(error: unknown): Fault {
    if (isReply(error) && !UNWELL.test(error.message)) this.#breaker.succeeded();
    else this.#breaker.failed(performance.now());
    return unavailable(error);
  }
}

function unavailable(cause?: unknown): Fault {
  return new Fault('UNAVAILABLE', 'the admission store does not answer; try again', {
    ...(cause !== undefined && { cause: bare(cause) }),
  });
}

/** Without what the driver hangs on its errors: the command with its arguments, passwords and session ids among them (C-7). */
function bare(error: unknown): Error {
  return new Error(error instanceof Error ? `${error.name}: ${error.message}` : 'no error of the driver');
}
