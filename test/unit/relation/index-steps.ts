import fc from 'fast-check';
import type { Tuple } from '../../../src/domain/relation/tuple.ts';
import { anyTuple } from './worlds.ts';

const word = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom('1', '2', 'abcd', 'abcde', 'ß', '日本', '😀', 'a'.repeat(300)) },
  fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }).map((text) => text.replaceAll(/[:#@*\s]/g, '_')),
);
const name = fc.tuple(fc.constantFrom('user', 'team', 'stranger'), word).map((parts) => parts.join(':'));
const context = fc.oneof(
  fc.constant(undefined),
  fc.constant({}),
  fc.record(
    {
      at: fc.constantFrom(
        '2026-01-01T00:00:00Z',
        '2026-01-01T00:00:00.500Z',
        '2026-01-01T00:00:00.5Z',
        'never',
        17,
        -0.5,
      ),
      flag: fc.boolean(),
      ids: fc.array(fc.string()),
      deep: fc.constant({ a: [null, { b: 'ü' }] }),
    },
    { requiredKeys: [] },
  ),
);
export const tuple: fc.Arbitrary<Tuple> = fc.oneof(
  anyTuple,
  fc
    .record({
      object: name,
      relation: fc.constantFrom('member', 'viewer', 'unknown'),
      user: name,
      context,
      extra: fc.nat(4),
    })
    .map(({ object, relation, user, context: stored, extra }): Tuple => {
      const key = { object, relation, user: extra === 0 ? `${user}#member` : user };
      if (extra > 2) return key;
      return { ...key, condition: stored === undefined ? { name: 'until' } : { name: 'until', context: stored } };
    }),
);

/** A write or a delete. */
export type Step = { readonly write: Tuple } | { readonly remove: Tuple };
export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: tuple.map((write): Step => ({ write })) },
    { weight: 2, arbitrary: tuple.map((remove): Step => ({ remove })) },
  ),
  { maxLength: 120 },
);

export const keyText = ({ object, relation, user }: Tuple) => JSON.stringify([object, relation, user]);
/** As the index gives it back: an empty context left out, keys sorted. */
export function normal(one: Tuple): Tuple {
  const key = { object: one.object, relation: one.relation, user: one.user };
  const entries = Object.entries(one.condition?.context ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  if (one.condition === undefined) return key;
  const { name: condition } = one.condition;
  return {
    ...key,
    condition: entries.length === 0 ? { name: condition } : { name: condition, context: Object.fromEntries(entries) },
  };
}
