import { fileURLToPath } from 'node:url';
import { compilePolicy, type PolicyCompilation } from '../../../src/domain/partner/compile-policy.ts';
import { createPolicyFormat } from '../../../src/adapters/files/policy-format.ts';

export const policiesDir = fileURLToPath(new URL('../../../policies', import.meta.url));
export const modelsDir = fileURLToPath(new URL('../../../models', import.meta.url));
export const format = createPolicyFormat({ policiesDir, modelsDir });

/** What a caller makes of a text: the parser's problems, and those of the compiler when there is a source. */
export function compileText(text: string): PolicyCompilation {
  const { source, problems, lineOf } = format.parsePolicy(text);
  return source ? compilePolicy(source, format.platform(), lineOf) : { problems };
}

/** `line path rule` of each problem, warnings marked. */
export function marks(text: string): string[] {
  return compileText(text).problems.map(
    ({ line, path, rule, severity }) => `${line} ${path} ${rule}${severity === 'warning' ? ' warning' : ''}`,
  );
}
