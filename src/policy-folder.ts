import { loadPolicies, type PolicyFile } from './adapters/files/load-policies.ts';
import type { PolicyCompilation } from './domain/partner/compile-policy.ts';
import { error, inOrder } from './domain/partner/finding.ts';
import { CommandError, EXIT } from './exit-codes.ts';
import type { Log } from './ports/log.ts';
import type { PolicyFormat } from './ports/policy-format.ts';
import { readPolicy } from './services/compile-partner.ts';
import type { PolicyService } from './services/policy.ts';

const BECAUSE = { actor: { kind: 'system', id: 'policy-folder' }, cause: 'start' } as const;

/**
 * Brings the partners to what their files say: a partner that is not registered is (P-1); a file that was never applied is
 * applied. A file that was applied before and has been replaced since, by a call, stays replaced. Throws CommandError for a
 * file with errors, before anything of any file is in force.
 */
export async function loadPolicyFolder(
  policiesDir: string,
  policy: PolicyService,
  format: PolicyFormat,
  log: Log,
): Promise<void> {
  const files = loadPolicies(policiesDir);
  for (const file of files) checkFile(file, format, log);
  for (const { file, text } of files) {
    const { providerId, created } = await policy.registerPartner(text, undefined, BECAUSE);
    if (created) log.info('partner registered', { providerId, file });
    else if (providerId !== undefined) await applyNewFile(file, text, providerId, policy, log);
  }
}

async function applyNewFile(
  file: string,
  text: string,
  providerId: string,
  policy: PolicyService,
  log: Log,
): Promise<void> {
  const { outcome, policyVersion } = await policy.applyFile(text, BECAUSE);
  if (outcome === 'applied') log.info('policy applied', { providerId, file, policyVersion });
  if (outcome === 'superseded') {
    log.warn('the file is older than the policy in force and was left alone', { providerId, file, policyVersion });
  }
}

/** One file compiled, its model too. A file that is not named after its partner is an error (P-3). */
export function checkPolicyFile({ providerId: named, text }: PolicyFile, format: PolicyFormat): PolicyCompilation {
  const { providerId, compilation, lineOf } = readPolicy(format, text);
  if (providerId === undefined || providerId === named) return compilation;
  const misnamed = error('P-3', '/provider_id', `the file is named ${named}.yaml and is of \`${providerId}\``);
  return { problems: inOrder([...compilation.problems, { ...misnamed, line: lineOf(misnamed.path) }]) };
}

function checkFile(file: PolicyFile, format: PolicyFormat, log: Log): void {
  const { problems } = checkPolicyFile(file, format);
  for (const { severity, line, path, rule, message } of problems) {
    if (severity === 'warning') log.warn(message, { file: file.file, line, path, rule });
  }
  const errors = problems.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  if (!first) return;
  const count = errors.length === 1 ? '1 problem' : `${errors.length} problems`;
  throw new CommandError(
    EXIT.brokenPolicy,
    `the policy ${file.file} has ${count}, first line ${first.line} ${first.path} (${first.rule}): ${first.message}; ` +
      `\`gatehouse policy check ${file.file}\` shows all`,
  );
}
