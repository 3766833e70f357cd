import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const { ghz: VERSION } = JSON.parse(
  readFileSync(new URL('../../test/services/versions.json', import.meta.url), 'utf8'),
);

/**
 * The ghz that the tests use, from the tests' cache; compiled into it on first use.
 * @returns {string} path of the binary
 * @throws {Error} where it cannot be had
 */
export function ghzBinary() {
  const userCache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const cacheDir = process.env.GATEHOUSE_TEST_CACHE || join(userCache, 'gatehouse-test');
  const directory = join(cacheDir, `ghz-${VERSION}`);
  if (!existsSync(directory)) {
    process.stderr.write(`fetching ghz ${VERSION}; this first time may take some minutes\n`);
    mkdirSync(cacheDir, { recursive: true });
    const part = mkdtempSync(`${directory}.part-`);
    const go = spawnSync('go', ['install', `github.com/bojand/ghz/cmd/ghz@v${VERSION}`], {
      env: { ...process.env, GOBIN: part },
      encoding: 'utf8',
    });
    if (go.status !== 0) throw new Error(`ghz ${VERSION} cannot be had: ${go.error?.message ?? go.stderr}`);
    renameSync(part, directory);
  }
  return join(directory, 'ghz');
}
