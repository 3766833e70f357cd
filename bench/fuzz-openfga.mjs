// node bench/fuzz-openfga.mjs: random models, tuples and questions put to Gatehouse and to a live OpenFGA, for as long as wanted.
// Options: --minutes 60, --seed N (default: of the clock). Prints each difference that is no listed divergence as a smallest case; the
// exit code is 1 when there was one.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '60' }, seed: { type: 'string' } },
});
const test = ['run', '--project', 'whole', '--disableConsoleIntercept=true', 'test/openfga/differential.test.ts'];
const { status } = spawnSync('npx', ['vitest', ...test, '-t', 'random questions'], {
  cwd: fileURLToPath(new URL('..', import.meta.url)),
  stdio: 'inherit',
  env: {
    ...process.env,
    GATEHOUSE_FUZZ_MINUTES: values.minutes,
    ...(values.seed !== undefined && { GATEHOUSE_FUZZ_SEED: values.seed }),
  },
});
process.exitCode = status ?? 1;
