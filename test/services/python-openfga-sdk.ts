import { FETCH_TIMEOUT_MS, fetchOnce } from './fetch-once.ts';
import { runToSuccess } from './run-command.ts';
import versions from './versions.json' with { type: 'json' };

const PYTHON = 'python3';
const ABI = 'import sysconfig; print(sysconfig.get_config_var("SOABI") or "none")';
const ABI_TIMEOUT_MS = 30_000;

/**
 * A directory for PYTHONPATH with OpenFGA's SDK for the `python3` of this machine; `undefined` where it cannot be had, and an error
 * then under `CI=true`.
 */
export async function pythonOpenFgaSdk(): Promise<string | undefined> {
  const abi = await runToSuccess(PYTHON, ['-c', ABI], { timeoutMs: ABI_TIMEOUT_MS }).catch(() => 'no-python');
  return fetchOnce({
    name: 'python-openfga-sdk',
    version: `${versions['openfga-sdk-python']}-${abi.trim()}`,
    async install(into) {
      const quiet = ['--quiet', '--disable-pip-version-check'];
      const wanted = `openfga-sdk==${versions['openfga-sdk-python']}`;
      await runToSuccess(PYTHON, ['-m', 'pip', 'install', ...quiet, '--target', into, wanted], {
        timeoutMs: FETCH_TIMEOUT_MS,
      });
    },
  });
}
