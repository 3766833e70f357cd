import { describe, expect, test } from 'vitest';
import { BAD_POLICIES, NOT_YET, WARNED } from './bad-policies.ts';
import { compileText, format, marks } from './fixtures.ts';
import {
  PROBLEMS_MAX,
  YAML_BYTES_MAX,
  YAML_DEPTH_MAX,
  YAML_TOKENS_MAX,
} from '../../../src/adapters/files/read-yaml.ts';

describe('a policy with an error is refused, and every problem names line, path and rule (P-3)', () => {
  test.each([...BAD_POLICIES, ...NOT_YET])('$title', ({ text, marks: expected, says }) => {
    const { policy, problems } = compileText(text);
    expect(marks(text)).toEqual(expected);
    expect(problems[0]?.message).toContain(says);
    expect(policy).toBeUndefined();
  });

  test.each(WARNED)('a warning lets it pass: $title', ({ text, marks: expected, says }) => {
    const { policy, problems } = compileText(text);
    expect(marks(text)).toEqual(expected);
    expect(problems[0]?.message).toContain(says);
    expect(policy).toBeDefined();
  });

  test('all problems of a file come in one go, whatever finds them, by line', () => {
    const text = `provider_id: ABCD
name: Sample
name: Twice
model: nowhere
time_zone: Mars/Olympus
roles: { enabled: [guest, basic, admin] }
colour: red
features:
  export: { enabled: true, rollout: 101, plans: [gold, none] }
  report: { enabled: yes, roles: [company] }
permissions:
  overrides:
    fly: { admin: true }
sessions:
  guest: { open_max: 9 }
quotas:
  basic:
    on_exceed:
      - { action: review, for: 5m }
plans:
  - { id: gold, name: G, available_for: [basic], price: { amount_minor: 1, currency: EUR }, billing_cycle: weekly }
  - { id: gold, available_for: [basic], price: { amount_minor: 1, currency: EUR }, billing_cycle: monthly }
`;
    expect(marks(text)).toEqual([
      '3 /name schema',
      '4 /model P-3',
      '5 /time_zone S-11',
      '7 /colour schema',
      '9 /features/export/plans/1 F-1',
      '9 /features/export/rollout F-1',
      '10 /features/report/enabled F-1',
      '10 /features/report/roles/0 R-2',
      '13 /permissions/overrides/fly R-2',
      '15 /sessions/guest S-1',
      '19 /quotas/basic/on_exceed/0/for S-8',
      '21 /plans/0/billing_cycle B-6',
      '22 /plans/1 schema',
      '22 /plans/1/id B-9',
    ]);
  });
});

describe('the reading is bounded', () => {
  const head = 'provider_id: ABCD\nname: Sample\n';

  test('a text over the limit is refused before it is read', () => {
    const { problems } = compileText(`${head}#${'x'.repeat(YAML_BYTES_MAX)}`);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.message).toContain(`${YAML_BYTES_MAX} bytes`);
  });

  test.each([
    ['items', '- a\n'],
    ['brackets that close nothing', ']\n'],
    ['plans that say nothing', '- {}\n'],
  ])('a text of too many tokens is refused before it is read: %s', (_title, unit) => {
    const { problems } = compileText(unit.repeat(YAML_TOKENS_MAX / 2));
    expect(problems).toHaveLength(1);
    expect(problems[0]?.message).toContain(`${YAML_TOKENS_MAX} tokens`);
  });

  test('a policy with the longest list of early access is read', () => {
    const users = Array.from({ length: 10_000 }, (_, i) => `      - ${String(i).padStart(7, 'a')}\n`).join('');
    const { policy } = compileText(`${head}features:\n  a:\n    enabled: true\n    users:\n${users}`);
    expect(policy?.features.get('a')?.users).toHaveLength(10_000);
  });

  test.each([YAML_DEPTH_MAX + 1, 1_000, 5_000])('a text that is nested %i deep is refused', (depth) => {
    const { problems } = compileText(`${head}features: ${'['.repeat(depth)}${']'.repeat(depth)}`);
    expect(problems.map(({ message }) => message).join()).toMatch(/nested/);
    expect(problems).toHaveLength(1);
  });

  test('aliases that multiply are refused', () => {
    const levels = Array.from({ length: 9 }, (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i},`.repeat(9)}]`);
    const { problems } = compileText(`${head}l0: &l0 [x]\n${levels.join('\n')}\n`);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.message).toContain('aliases');
  });

  test('a few aliases are read', () => {
    const { policy } = compileText(`${head}features:\n  a: &on { enabled: true, roles: [basic] }\n  b: *on\n`);
    expect(policy?.features.get('b')?.roles).toEqual(['basic']);
  });

  test('the list of problems is bounded, and says how many are left out', () => {
    const { problems } = compileText(head + Array.from({ length: PROBLEMS_MAX + 7 }, (_, i) => `x${i}: 1\n`).join(''));
    expect(problems).toHaveLength(PROBLEMS_MAX + 1);
    expect(problems.at(-1)?.message).toBe('and 7 problems more');
  });
});

test.each([
  ['/features/a/enabled', 4],
  ['/features/a/roles/1', 7],
  ['/features/a/rollout', 3],
  ['/features/b~1c', 8],
  ['/plans/3/id', 1],
  ['', 1],
])('the line of %s is that of the path or its nearest ancestor', (path, line) => {
  const text = 'name: x\nfeatures:\n  a:\n    enabled: true\n    roles:\n      - guest\n      - basic\n  b/c: 1\n';
  expect(format.parsePolicy(text).lineOf(path)).toBe(line);
});
