// The whole check of the repository: static checks, then every test. The last line counts both; the exit code is 1 when any failed.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** @type {readonly (readonly [name: string, command: string, args: readonly string[]])[]} */
const STATIC_CHECKS = [
  ['format', 'prettier', ['--check', '--log-level=warn', '.']],
  ['lint', 'npm', ['run', '--silent', 'lint']],
  ['types', 'tsc', ['-p', 'tsconfig.json', '--noEmit']],
  ['dead code', 'knip', []],
  ['protos', 'buf', ['lint']],
];

const counts = { passed: 0, failed: 0, skipped: 0 };

for (const [name, command, args] of STATIC_CHECKS) {
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  counts[status === 0 ? 'passed' : 'failed']++;
  console.log(`${status === 0 ? 'ok' : 'FAILED'}: ${name}`);
}

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-test-'));
const report = join(folder, 'report.json');
const run = spawnSync(
  'vitest',
  ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...process.argv.slice(2)],
  {
    stdio: 'inherit',
  },
);
try {
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(readFileSync(report, 'utf8'));
  counts.passed += numPassedTests;
  counts.failed += numFailedTests;
  counts.skipped += numPendingTests + numTodoTests;
  // A file that could not be loaded has no test to fail.
  if (run.status !== 0 && numFailedTests === 0) counts.failed++;
} catch {
  counts.failed++;
} finally {
  rmSync(folder, { recursive: true });
}

console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed === 0 ? 0 : 1;
