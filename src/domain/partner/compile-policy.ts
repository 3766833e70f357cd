import { buildPolicy } from './build-policy.ts';
import { inOrder } from './finding.ts';
import { notYetFindings } from './not-yet.ts';
import { crossFindings } from './policy-checks.ts';
import type { Policy, PolicyProblem } from './policy.ts';
import type { Draft, PlatformSource, PolicySource } from './policy-source.ts';
import { subjectOf } from './policy-subject.ts';

export interface PolicyCompilation {
  /** Absent when a problem is an error. */
  readonly policy?: Policy;
  /** Every problem of the source, warnings included, by line, then path. */
  readonly problems: readonly PolicyProblem[];
}

/**
 * A validated source laid over the platform's defaults. Never throws for a source that has passed the schema.
 * `lineOf` gives the line of a JSON Pointer, 0 where there is none.
 */
export function compilePolicy(
  source: PolicySource,
  platform: PlatformSource,
  lineOf: (path: string) => number = () => 0,
): PolicyCompilation {
  const problems = policyProblems(source, platform, lineOf);
  return problems.some((problem) => problem.severity === 'error')
    ? { problems }
    : { policy: buildPolicy(source, platform), problems };
}

/** The problems that `compilePolicy` would find, of a source of which broken parts may be missing. */
export function policyProblems(
  source: Draft<PolicySource>,
  platform: PlatformSource,
  lineOf: (path: string) => number,
): readonly PolicyProblem[] {
  const findings = [...crossFindings(subjectOf(source, platform)), ...notYetFindings(source)];
  return inOrder(findings.map((finding) => ({ ...finding, line: lineOf(finding.path) })));
}
