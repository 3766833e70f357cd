import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { compilePolicy } from '../../domain/partner/compile-policy.ts';
import { inOrder } from '../../domain/partner/finding.ts';
import type { Policy, PolicyProblem } from '../../domain/partner/policy.ts';
import type { PolicyFormat } from '../../ports/policy-format.ts';

export interface PolicyFile {
  /** As found, folder included. */
  readonly file: string;
  /** The name of the file without `.yaml`: the partner that it must be of. */
  readonly providerId: string;
  readonly text: string;
}

export interface CheckedPolicy extends PolicyFile {
  /** Absent when a problem is an error. */
  readonly policy?: Policy;
  /** By line, then path. */
  readonly problems: readonly PolicyProblem[];
}

/** The policy files of a folder: every `*.yaml` but platform.yaml, by name. Throws when the folder cannot be read. */
export function loadPolicies(policiesDir: string): PolicyFile[] {
  return readdirSync(policiesDir, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.yaml') && entry.name !== 'platform.yaml')
    .map((entry) => entry.name)
    .sort()
    .map((name) => {
      const file = join(policiesDir, name);
      return { file, providerId: basename(name, '.yaml'), text: readFileSync(file, 'utf8') };
    });
}

/** One file compiled. A file that is not named after its partner is an error (P-3). */
export function checkPolicyFile(file: PolicyFile, format: PolicyFormat): CheckedPolicy {
  const { source, problems, lineOf } = format.parsePolicy(file.text);
  const compilation = source ? compilePolicy(source, format.platform(), lineOf) : { problems: [] };
  const named: PolicyProblem[] =
    source === undefined || source.provider_id === file.providerId
      ? []
      : [
          {
            severity: 'error',
            line: lineOf('/provider_id'),
            path: '/provider_id',
            rule: 'P-3',
            message: `the file is named ${file.providerId}.yaml and is of \`${source.provider_id}\``,
          },
        ];
  const all = inOrder([...problems, ...compilation.problems, ...named]);
  const usable = named.length === 0 && 'policy' in compilation && compilation.policy !== undefined;
  return { ...file, ...(usable ? { policy: compilation.policy } : {}), problems: all };
}
