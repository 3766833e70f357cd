import type { PolicyProblem } from '../../domain/partner/policy.ts';

/** One line: `file:line: severity at path: message (rule)`. The line is left out where none is known. */
export function formatProblem(file: string, problem: PolicyProblem): string {
  const place = problem.line > 0 ? `${file}:${problem.line}` : file;
  const at = problem.path === '' ? '' : ` at ${problem.path}`;
  return `${place}: ${problem.severity}${at}: ${problem.message} (${problem.rule})`;
}
