import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { goBinary } from './go-binary.mjs';

/**
 * What a load came to.
 * @typedef {object} LoadFigures
 * @property {number} rate answers a second, errors not counted
 * @property {number} p50Ms
 * @property {number} p99Ms
 * @property {number} errors calls that ended with anything but OK
 */

/**
 * @typedef {object} GhzLoad
 * @property {string} address `host:port`, plaintext
 * @property {string} [protoFile] path below `protoDir`; without one the server is asked by reflection
 * @property {string} [protoDir]
 * @property {string} call `package.Service/Method`
 * @property {object | object[]} data the request, or several that are sent in turn; texts may be templates of ghz
 * @property {Record<string, string>} [metadata]
 * @property {number} [concurrency] calls in flight, default 64, on one connection
 * @property {number} [seconds] length of the load; else `requests`
 * @property {number} [requests]
 */

const OUTPUT_BYTES_MAX = 512 * 1024 * 1024;
const QUOTED_CHARACTERS_MAX = 500;
const NS_PER_MS = 1e6;
const NS_PER_S = 1e9;

/**
 * Loads a gRPC method with ghz. Calls that are cut off by the end of `seconds` count neither as answers nor as errors.
 * @param {GhzLoad} load
 * @returns {Promise<LoadFigures>}
 */
export async function runGhz({
  address,
  protoFile,
  protoDir,
  call,
  data,
  metadata = {},
  concurrency = 64,
  seconds,
  requests,
}) {
  const length = seconds === undefined ? { total: requests } : { duration: `${seconds}s`, 'duration-stop': 'ignore' };
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-ghz-'));
  // A file, since many requests are more than an argument may be long.
  const dataFile = join(folder, 'data.json');
  writeFileSync(dataFile, JSON.stringify(data));
  const flags = {
    ...(protoFile && { proto: protoFile, 'import-paths': protoDir }),
    call,
    'data-file': dataFile,
    metadata: JSON.stringify(metadata),
    concurrency,
    connections: 1,
    format: 'json',
    ...length,
  };
  const args = ['--insecure', ...Object.entries(flags).map(([name, value]) => `--${name}=${value}`), address];
  const { stdout } = await promisify(execFile)(goBinary('ghz'), args, { maxBuffer: OUTPUT_BYTES_MAX, cwd: protoDir })
    .catch((error) => {
      throw new Error(`ghz failed on ${call}: ${String(error.stderr).slice(0, QUOTED_CHARACTERS_MAX)}`);
    })
    .finally(() => rmSync(folder, { recursive: true, force: true }));
  const { count, total, statusCodeDistribution = {}, latencyDistribution } = JSON.parse(stdout);
  const answers = statusCodeDistribution.OK ?? 0;
  const latencyMs = (share) =>
    (latencyDistribution?.find(({ percentage }) => percentage === share)?.latency ?? NaN) / NS_PER_MS;
  return { rate: answers / (total / NS_PER_S), p50Ms: latencyMs(50), p99Ms: latencyMs(99), errors: count - answers };
}
