import { error, pointer, present, type Finding } from './finding.ts';
import { guardsOf } from './guard-walk.ts';
import type { Draft, PolicySource } from './policy-source.ts';

type Spot = readonly [path: string, what: string];

/**
 * What a policy file can say and nothing acts on yet. Each is refused at load, never silently ignored: a row leaves the
 * table with the change that acts on it.
 */
const NOT_YET: readonly { readonly rule: string; spots(source: Draft<PolicySource>): readonly Spot[] }[] = [
  {
    rule: 'P-8',
    spots: ({ region }) =>
      region === undefined || region === 'default'
        ? []
        : [['/region', `a region other than \`default\` (\`${region}\`)`]],
  },
  {
    rule: 'P-4',
    spots: ({ authentication }) =>
      authentication?.jwt === undefined ? [] : [['/authentication/jwt', 'authentication of callers by JWT']],
  },
  {
    rule: 'R-7',
    spots: (source) =>
      guardsOf(source).flatMap(({ guard, path }): Spot[] => [
        ...(guard.activity === undefined ? [] : [[`${path}/activity`, 'the condition `activity`'] as const]),
        ...(guard.transaction_volume === undefined
          ? []
          : [[`${path}/transaction_volume`, 'the condition `transaction_volume`'] as const]),
      ]),
  },
  {
    rule: 'R-8',
    spots: ({ downgrades }) =>
      present(downgrades).map(([index]): Spot => [
        pointer('downgrades', index),
        'a downgrade condition of the partner',
      ]),
  },
];

/** Every place of a source that says what is not acted on yet. */
export function notYetFindings(source: Draft<PolicySource>): Finding[] {
  return NOT_YET.flatMap(({ rule, spots }) =>
    spots(source).map(([path, what]) => error(rule, path, `${what} is not acted on yet`)),
  );
}
