import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './free-port.ts';
import { openfga } from './openfga.ts';

export interface RunningOpenFga {
  readonly httpOrigin: string;
  /** `host:port` of gRPC. */
  readonly grpcAddress: string;
  /** Ends the process and waits for its end; again is fine. */
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 30_000;
const POLL_MS = 50;
const STOP_TIMEOUT_MS = 5_000;
/** A free port may be taken by another program before the server has it. */
const ATTEMPTS_MAX = 3;

/**
 * OpenFGA in memory on free loopback ports, healthy. `undefined` where the binary cannot be had (an error then under `CI=true`); throws
 * where it does not become healthy.
 */
export async function startOpenFga(): Promise<RunningOpenFga | undefined> {
  const binary = await openfga();
  if (binary === undefined) return undefined;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start(binary);
    } catch (error) {
      if (attempt === ATTEMPTS_MAX) throw error;
    }
  }
}

async function start(binary: string): Promise<RunningOpenFga> {
  const httpAddress = `127.0.0.1:${await freePort()}`;
  const grpcAddress = `127.0.0.1:${await freePort()}`;
  const flags = ['--datastore-engine', 'memory', '--http-addr', httpAddress, '--grpc-addr', grpcAddress];
  const quiet = ['--playground-enabled=false', '--metrics-enabled=false', '--log-level', 'error'];
  const child = spawn(binary, ['run', ...flags, ...quiet], { stdio: ['ignore', 'ignore', 'inherit'] });
  const dieWithParent = (): void => void child.kill('SIGKILL');
  process.once('exit', dieWithParent);
  const stop = async (): Promise<void> => {
    await end(child);
    process.off('exit', dieWithParent);
  };
  const httpOrigin = `http://${httpAddress}`;
  try {
    await healthy(httpOrigin, child);
  } catch (error) {
    await stop();
    throw error;
  }
  return { httpOrigin, grpcAddress, stop };
}

async function healthy(origin: string, child: ChildProcess): Promise<void> {
  let spawnError: Error | undefined;
  child.once('error', (error) => (spawnError = error));
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (Date.now() < deadline) {
    if (spawnError) throw spawnError;
    if (hasEnded(child))
      throw new Error(`OpenFGA ended with ${child.exitCode ?? child.signalCode} before it was healthy`);
    const answer = await fetch(`${origin}/healthz`, { signal: AbortSignal.timeout(READY_TIMEOUT_MS) }).catch(
      () => undefined,
    );
    if (answer?.ok) return;
    await delay(POLL_MS);
  }
  throw new Error(`OpenFGA was not healthy within ${READY_TIMEOUT_MS} ms`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || hasEnded(child)) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(force);
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;
