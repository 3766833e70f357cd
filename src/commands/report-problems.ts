import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PolicyProblem } from '../domain/partner/policy.ts';
import { CommandError, EXIT, type ExitCode } from '../exit-codes.ts';
import type { Surroundings } from './surroundings.ts';

/** Checks files one by one and prints `file:line path rule message` for every problem; warnings alone pass. */
export function reportFiles(
  files: readonly string[],
  check: (text: string, file: string) => readonly PolicyProblem[],
  surroundings: Surroundings,
): ExitCode {
  let failed = false;
  for (const file of files) {
    const problems = check(readText(file), file);
    reportProblems(file, problems, surroundings);
    const errors = problems.filter(({ severity }) => severity === 'error').length;
    if (errors === 0) surroundings.print(`${file}: ok\n`);
    failed ||= errors > 0;
  }
  return failed ? EXIT.checkFailed : EXIT.ok;
}

export function reportProblems(file: string, problems: readonly PolicyProblem[], { print }: Surroundings): void {
  for (const { file: module, line, path, rule, message, severity } of problems) {
    const place = module === undefined ? file : join(dirname(file), module);
    print(
      `${place}:${line} ${path === '' ? '/' : path} ${rule} ${severity === 'warning' ? 'warning: ' : ''}${message}\n`,
    );
  }
}

export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CommandError(EXIT.checkFailed, `the file ${file} cannot be read`, error);
  }
}
