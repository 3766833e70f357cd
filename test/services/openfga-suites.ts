import { copyFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { FETCH_TIMEOUT_MS, fetchOnce } from './fetch-once.ts';
import { runToSuccess } from './run-command.ts';
import versions from './versions.json' with { type: 'json' };

const SUITES = 'assets/tests';

/**
 * A directory with OpenFGA's own conformance suites (`*.yaml`), out of its Go module; `undefined` where they cannot be had, and an error
 * then under `CI=true`.
 */
export function openfgaSuites(): Promise<string | undefined> {
  return fetchOnce({
    name: 'openfga-suites',
    version: versions.openfga,
    async install(into) {
      const wanted = `github.com/openfga/openfga@v${versions.openfga}`;
      const printed = await runToSuccess('go', ['mod', 'download', '-json', wanted], { timeoutMs: FETCH_TIMEOUT_MS });
      const { Dir } = JSON.parse(printed) as { Dir: string };
      for (const file of await readdir(join(Dir, SUITES))) {
        await copyFile(join(Dir, SUITES, file), join(into, file));
      }
    },
  });
}
