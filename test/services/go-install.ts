import { join } from 'node:path';
import { FETCH_TIMEOUT_MS, fetchOnce } from './fetch-once.ts';
import { runToSuccess } from './run-command.ts';

/** The binary of a Go command, compiled on first use; `undefined` where it cannot be had. Throws then under `CI=true`. */
export async function goInstall(name: string, packagePath: string, version: string): Promise<string | undefined> {
  const directory = await fetchOnce({
    name,
    version,
    async install(into) {
      await runToSuccess('go', ['install', `${packagePath}@v${version}`], {
        env: { GOBIN: into },
        timeoutMs: FETCH_TIMEOUT_MS,
      });
    },
  });
  return directory === undefined ? undefined : join(directory, name);
}
