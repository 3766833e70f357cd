import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { policiesDir } from './fixtures.ts';

type Schema = Readonly<Record<string, unknown>>;
const SCHEMAS = ['schema.json', 'platform.schema.json', 'samples.schema.json'] as const;
const FILES = ['platform.yaml', 'FINT.yaml', 'MDIA.yaml', 'BTOB.yaml'];

const read = (name: string) => JSON.parse(readFileSync(join(policiesDir, name), 'utf8')) as Schema;

/** Every schema below one, with its path; `field` where it is that of a field of a file. */
function* walk(
  schema: Schema,
  path: string,
  field: boolean,
): Generator<{ schema: Schema; path: string; field: boolean }> {
  yield { schema, path, field };
  for (const keyword of ['properties', 'patternProperties', '$defs']) {
    for (const [name, child] of Object.entries((schema[keyword] ?? {}) as Record<string, Schema>)) {
      yield* walk(child, `${path}/${keyword}/${name}`, true);
    }
  }
  if (schema['items']) yield* walk(schema['items'] as Schema, `${path}/items`, false);
}

const all = SCHEMAS.flatMap((name) => [...walk(read(name), name, true)]);

test('the schemas have fields to look at', () => {
  expect(all.filter(({ field }) => field).length).toBeGreaterThan(150);
});

test('every field has a title and a description, for editors', () => {
  const bare = all.filter(
    ({ schema, field }) =>
      field && !['title', 'description'].every((key) => typeof schema[key] === 'string' && schema[key].length >= 3),
  );
  expect(bare.map(({ path }) => path)).toEqual([]);
});

test('every object says which fields it has, so that a slip is an error', () => {
  const open = all.filter(({ schema }) => schema['type'] === 'object' && schema['additionalProperties'] !== false);
  expect(open.map(({ path }) => path)).toEqual([]);
});

test('every list has at least one item and an end (domain §9)', () => {
  const lists = all.filter(({ schema }) => schema['type'] === 'array');
  expect(
    lists.filter(({ schema }) => schema['minItems'] !== 1 || schema['maxItems'] === undefined).map(({ path }) => path),
  ).toEqual([]);
});

test('lists without duplicates have scalar items, so that the comparison stays linear', () => {
  const unique = all.filter(({ schema }) => schema['uniqueItems'] === true);
  expect(unique.length).toBeGreaterThan(10);
  expect(
    unique.filter(({ schema }) => (schema['items'] as Schema)['type'] !== 'string').map(({ path }) => path),
  ).toEqual([]);
});

test('every rule that a schema names has the form of a rule id', () => {
  const rules = all.flatMap(({ schema }) => (typeof schema['x-rule'] === 'string' ? schema['x-rule'] : []));
  expect(rules.length).toBeGreaterThan(50);
  expect(rules.filter((rule) => !/^[A-Z]-[1-9][0-9]?$/.test(rule))).toEqual([]);
});

describe('each file names its schema in its first line', () => {
  test.each(FILES)('%s', (file) => {
    const schema = file === 'platform.yaml' ? 'platform.schema.json' : 'schema.json';
    expect(readFileSync(join(policiesDir, file), 'utf8').split('\n')[0]).toBe(
      `# yaml-language-server: $schema=./${schema}`,
    );
  });

  test.each(['FINT', 'MDIA', 'BTOB'])('samples/%s.yaml', (partner) => {
    expect(readFileSync(join(policiesDir, 'samples', `${partner}.yaml`), 'utf8').split('\n')[0]).toBe(
      '# yaml-language-server: $schema=../samples.schema.json',
    );
  });
});
