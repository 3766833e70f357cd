import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const READY_TIMEOUT_MS = 30_000;
const POLL_MS = 50;
const ANSWER_TIMEOUT_MS = 2_000;
const STOP_TIMEOUT_MS = 10_000;

/**
 * Starts a server and waits until a URL of it answers well.
 * @param {string} binary
 * @param {string[]} args
 * @param {string} healthUrl
 * @returns {Promise<{ stop(): Promise<void> }>}
 */
export async function startBinary(binary, args, healthUrl) {
  const child = spawn(binary, args, { stdio: 'ignore' });
  const dieWithParent = () => child.kill('SIGKILL');
  process.once('exit', dieWithParent);
  const stop = async () => {
    process.off('exit', dieWithParent);
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(force);
  };
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const answer = await fetch(healthUrl, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) }).catch(() => undefined);
    if (answer?.ok) return { stop };
    await delay(POLL_MS);
  }
  await stop();
  throw new Error(`${binary} was not healthy within ${READY_TIMEOUT_MS} ms`);
}

/** A port of the loopback that was free a moment ago. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
