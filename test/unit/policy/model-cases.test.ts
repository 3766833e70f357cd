import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { check } from '../../../src/domain/relation/check.ts';
import { compileModel } from '../../../src/domain/relation/compile-model.ts';
import type { Tuple } from '../../../src/domain/relation/tuple.ts';
import { TupleIndex } from '../../../src/domain/relation/tuple-index.ts';
import { validateTuple } from '../../../src/domain/relation/validate-tuple.ts';
import { format, modelsDir } from './fixtures.ts';

interface Case {
  readonly user: string;
  readonly object: string;
  readonly context: Readonly<Record<string, string | number>>;
  readonly assertions: Readonly<Record<string, boolean>>;
}

const store = parse(readFileSync(join(modelsDir, 'gatehouse.fga.yaml'), 'utf8')) as {
  readonly tuples: readonly Tuple[];
  readonly tests: readonly { readonly name: string; readonly check: readonly Case[] }[];
};

function compiled() {
  const parsed = format.parseModel(format.modelText('gatehouse') ?? '');
  const { model } = compileModel(parsed.model ?? { schema_version: '1.1', type_definitions: [] });
  if (!model) throw new Error('the model does not compile');
  return model;
}

const model = compiled();
const index = new TupleIndex(model);
for (const tuple of store.tuples) index.write(tuple);

test('every tuple of gatehouse.fga.yaml is one that the model admits', () => {
  expect(store.tuples.flatMap((tuple) => validateTuple(model, tuple) ?? [])).toEqual([]);
  expect(index.size).toBe(store.tuples.length);
});

const cases = store.tests.flatMap(({ name, check: checks }) =>
  checks.flatMap(({ assertions, ...asked }) =>
    Object.entries(assertions).map(([relation, allowed]) => ({ name, relation, allowed, ...asked })),
  ),
);

test.each(cases)(
  '$name: $object#$relation@$user at $context: $allowed',
  ({ user, relation, object, context, allowed }) => {
    const verdict = check(index, { user, relation, object }, { context: { bucket: 0, ...context } });
    expect(verdict).toEqual({ allowed });
  },
);
