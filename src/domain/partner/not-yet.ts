import { error, pointer, present, type Finding } from './finding.ts';
import { guardsOf } from './guard-walk.ts';
import type { Draft, PolicySource, RungSource } from './policy-source.ts';

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
    rule: 'S-8',
    spots: ({ quotas }) =>
      present(quotas?.basic?.on_exceed).flatMap(([index, rung]) =>
        rungSpots(rung, index).map((what): Spot => [pointer('quotas', 'basic', 'on_exceed', index), what]),
      ),
  },
  {
    rule: 'C-3',
    spots: ({ quotas }) =>
      quotas?.on_outage === undefined || quotas.on_outage === 'deny'
        ? []
        : [['/quotas/on_outage', `\`on_outage: ${quotas.on_outage}\``]],
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
  {
    rule: 'S-8',
    spots: ({ plans }) =>
      present(plans).flatMap(([index, plan]) =>
        plan.entitlements?.quotas?.grace === undefined
          ? []
          : [[pointer('plans', index, 'entitlements', 'quotas', 'grace'), 'a grace of operations'] as const],
      ),
  },
];

/** A ladder of the one rung `{action: warn}` is the default and acted on; every other is not. */
function rungSpots(rung: Draft<RungSource>, index: number): string[] {
  if (rung.action !== undefined && rung.action !== 'warn') return [`enforcement action \`${rung.action}\``];
  const thresholds = (['over', 'times', 'within'] as const).filter((field) => rung[field] !== undefined);
  if (thresholds.length > 0) return [`\`${thresholds.join('`, `')}\` of a rung`];
  return index > 0 ? ['a ladder of several rungs'] : [];
}

/** Every place of a source that says what is not acted on yet. */
export function notYetFindings(source: Draft<PolicySource>): Finding[] {
  return NOT_YET.flatMap(({ rule, spots }) =>
    spots(source).map(([path, what]) => error(rule, path, `${what} is not acted on yet`)),
  );
}
