import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { FETCH_TIMEOUT_MS, fetchOnce } from './fetch-once.ts';
import { runToSuccess } from './run-command.ts';

/** The versions are those that the snippet for newcomers pins. */
const GENERATE = fileURLToPath(new URL('../../docs/clients/go/generate.sh', import.meta.url));

/**
 * A directory for PATH with protoc-gen-go and protoc-gen-go-grpc; `undefined` where they cannot be had (no Go, say), and an error
 * then under `CI=true`.
 */
export function protocGenGo(): Promise<string | undefined> {
  const pinned = [...readFileSync(GENERATE, 'utf8').matchAll(/go install (\S+)@v(\S+)/g)];
  return fetchOnce({
    name: 'protoc-gen-go',
    version: pinned.map(([, , version]) => version).join('-'),
    async install(into) {
      for (const [, packagePath, version] of pinned) {
        await runToSuccess('go', ['install', `${packagePath}@v${version}`], {
          env: { GOBIN: into },
          timeoutMs: FETCH_TIMEOUT_MS,
        });
      }
    },
  });
}
