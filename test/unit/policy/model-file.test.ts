import { describe, expect, test } from 'vitest';
import { MODEL_BYTES_MAX } from '../../../src/adapters/files/parse-model.ts';
import { format } from './fixtures.ts';

const head = 'model\n  schema 1.1\ntype user\ntype team\n  relations\n';

test('the model that ships is valid, and has the relations that decisions ask for', () => {
  const { model, problems } = format.parseModel(format.modelText('gatehouse') ?? '');
  expect(problems).toEqual([]);
  const relations = (type: string) =>
    Object.keys(model?.type_definitions.find((definition) => definition.type === type)?.relations ?? {});
  expect(relations('partner')).toEqual(
    expect.arrayContaining(['in_service', 'operational', 'inactive', 'idle', 'stopped', 'signing']),
  );
  expect(relations('permission')).toEqual(expect.arrayContaining(['granted', 'gate', 'withheld', 'allowed']));
  expect(relations('feature')).toEqual(
    expect.arrayContaining(['enabled', 'role', 'rollout', 'plan', 'early_access', 'gate', 'on']),
  );
  expect(relations('plan_version')).toEqual(['holder', 'suspended']);
  expect(Object.keys(model?.conditions ?? {})).toEqual(['until', 'in_rollout']);
});

test.each(['nowhere', '../models/gatehouse', 'gatehouse.fga', ''])('there is no model by the name %j', (name) => {
  expect(format.modelText(name)).toBeUndefined();
});

describe('a broken model is reported by line and rule, all of it', () => {
  test.each([
    [
      'two unknown types',
      `${head}    define a: [group]\n    define b: [crew]\n`,
      [
        [6, '/team/a', 'invalid-type'],
        [7, '/team/b', 'invalid-type'],
      ],
    ],
    ['an unknown relation', `${head}    define a: b\n`, [[6, '/team/a', 'missing-definition']]],
    ['an unknown condition', `${head}    define a: [user with never]\n`, [[6, '/team/a', 'condition-not-defined']]],
    ['an unfinished line', `${head}    define a: [user] or\n`, [[6, '', 'invalid-syntax']]],
    ['nothing', '', [[1, '', 'invalid-syntax']]],
  ])('%s', (_title, text, expected) => {
    const { model, problems } = format.parseModel(text);
    expect(model).toBeUndefined();
    expect(problems.map(({ line, path, rule }) => [line, path, rule])).toEqual(expected);
  });

  test('a model over the limit is refused before it is read', () => {
    const { problems } = format.parseModel(`${head}    define a: [user]\n#${'x'.repeat(MODEL_BYTES_MAX)}`);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.message).toContain(`${MODEL_BYTES_MAX} bytes`);
  });
});
