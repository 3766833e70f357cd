import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';

/** Builds `dist` once, for the tests that start the service as a process of its own. */
export default function setup(): void {
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: resolve(import.meta.dirname, '..'), stdio: 'inherit' });
}
