import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const VERSIONS = JSON.parse(readFileSync(new URL('../../test/services/versions.json', import.meta.url), 'utf8'));
const PACKAGES = { ghz: 'github.com/bojand/ghz/cmd/ghz', openfga: 'github.com/openfga/openfga/cmd/openfga' };

/**
 * A Go program that the tests use, from the tests' cache; compiled into it on first use.
 * @param {keyof typeof PACKAGES} name
 * @returns {string} path of the binary
 * @throws {Error} where it cannot be had
 */
export function goBinary(name) {
  const version = VERSIONS[name];
  const userCache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const cacheDir = process.env.GATEHOUSE_TEST_CACHE || join(userCache, 'gatehouse-test');
  const directory = join(cacheDir, `${name}-${version}`);
  if (!existsSync(directory)) {
    process.stderr.write(`fetching ${name} ${version}; this first time may take some minutes\n`);
    mkdirSync(cacheDir, { recursive: true });
    const part = mkdtempSync(`${directory}.part-`);
    const go = spawnSync('go', ['install', `${PACKAGES[name]}@v${version}`], {
      env: { ...process.env, GOBIN: part },
      encoding: 'utf8',
    });
    if (go.status !== 0) throw new Error(`${name} ${version} cannot be had: ${go.error?.message ?? go.stderr}`);
    renameSync(part, directory);
  }
  return join(directory, name);
}
