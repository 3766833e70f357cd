import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { FETCH_TIMEOUT_MS, fetchOnce } from './fetch-once.ts';
import { runToSuccess } from './run-command.ts';

const PYTHON = 'python3';
/** The versions are those that the snippet for newcomers pins. */
const REQUIREMENTS = fileURLToPath(new URL('../../docs/clients/python/requirements.txt', import.meta.url));
const ABI = 'import sysconfig; print(sysconfig.get_config_var("SOABI") or "none")';
const ABI_TIMEOUT_MS = 30_000;

/**
 * A directory for PYTHONPATH with grpcio, grpcio-tools and protobuf for the `python3` of this machine; `undefined` where it cannot
 * be had, and an error then under `CI=true`.
 */
export async function pythonGrpc(): Promise<string | undefined> {
  const abi = await runToSuccess(PYTHON, ['-c', ABI], { timeoutMs: ABI_TIMEOUT_MS }).catch(() => 'no-python');
  const pinned = /^grpcio==(\S+)$/m.exec(readFileSync(REQUIREMENTS, 'utf8'))?.[1];
  if (pinned === undefined) throw new Error(`${REQUIREMENTS} pins no grpcio`);
  return fetchOnce({
    name: 'python-grpc',
    version: `${pinned}-${abi.trim()}`,
    async install(into) {
      const args = [
        '-m',
        'pip',
        'install',
        '--quiet',
        '--disable-pip-version-check',
        '--target',
        into,
        '-r',
        REQUIREMENTS,
      ];
      await runToSuccess(PYTHON, args, { timeoutMs: FETCH_TIMEOUT_MS });
    },
  });
}
