import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const beside = (name) => fileURLToPath(new URL(name, import.meta.url));
/** As ghz allows a call. */
const TIMEOUT_S = 20;
const US_PER_MS = 1e3;
const US_PER_S = 1e6;

/** The generator of this machine: `wrk` where it is on PATH, else a Node process. One run uses one for all its loads. */
export const httpGenerator = spawnSync('wrk', ['--version']).error === undefined ? 'wrk' : 'node';

/**
 * Posts `body` as JSON from `concurrency` kept connections for `seconds`.
 * @param {{ url: string, body: object, authorization?: string, concurrency?: number, seconds: number }} load
 * @returns {Promise<import('./run-ghz.mjs').LoadFigures>}
 */
export async function runHttpLoad({ url, body, authorization, concurrency = 64, seconds }) {
  const text = JSON.stringify(body);
  const flags = {
    threads: 1,
    connections: concurrency,
    duration: `${seconds}s`,
    timeout: `${TIMEOUT_S}s`,
    script: beside('post.lua'),
  };
  const wrk = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  const { stdout } =
    httpGenerator === 'wrk'
      ? await run('wrk', [...wrk, url, '--', text, authorization ?? '-'])
      : await run(process.execPath, [
          beside('node-http-load.mjs'),
          JSON.stringify({ url, body: text, authorization, concurrency, seconds }),
        ]);
  const { requests, us, p50Us, p99Us, badStatus, broken } = JSON.parse(stdout.trim().split('\n').at(-1));
  const rate = (requests - badStatus) / (us / US_PER_S);
  return { rate, p50Ms: p50Us / US_PER_MS, p99Ms: p99Us / US_PER_MS, errors: badStatus + broken };
}
