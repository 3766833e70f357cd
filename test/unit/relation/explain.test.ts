import { describe, expect, it } from 'vitest';
import { explain } from '../../../src/domain/relation/explain.ts';
import { formatTree, relationshipsMet } from '../../../src/domain/relation/format-tree.ts';
import { fixture, indexOf, keyOf, withCondition } from './engine.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const tuples = [
  'permission:transfer#granted@partner:p1#basic',
  'permission:transfer#gate@partner:p1#operational',
  'permission:transfer#withheld@partner:p1#signing',
  'partner:p1#basic@user:x',
  withCondition('partner:p1#idle@user:x', 'until', { at: '2026-03-01T13:00:00Z' }),
];

describe('explain', () => {
  it('C-4: says which branches failed and which tuples were met', () => {
    const index = indexOf(fixture('reference-model.fga'), tuples);
    const { verdict, tree } = explain(index, keyOf('permission:transfer#allowed@user:x'), { context: { now: NOW } });
    expect(verdict).toEqual({ allowed: false });
    expect(JSON.parse(JSON.stringify(tree))).toEqual(tree);
    expect(relationshipsMet(tree)).toEqual([
      'permission:transfer#granted@partner:p1#basic',
      'partner:p1#basic@user:x',
      'partner:p1#idle@user:x with until',
    ]);
    expect(formatTree(tree)).toBe(fixture('explained.txt').trimEnd());
  });

  it('names doubt and cycles', () => {
    const index = indexOf(
      'type user\ntype team\n  relations\n    define member: [user, team#member, user with on]\ncondition on(now: int) {\n  now < 5\n}',
      ['team:a#member@team:b#member', 'team:b#member@team:a#member', withCondition('team:b#member@user:x', 'on')],
    );
    const { verdict, tree } = explain(index, keyOf('team:a#member@user:x'));
    expect(verdict).toEqual({ allowed: false, unknown: 'missing-context' });
    const text = formatTree(tree);
    expect(text).toContain('unknown (missing-context): tuple team:b#member@user:x with on');
    expect(text).toContain('denied (cycle): team:a#member');
    expect(relationshipsMet(tree)).toEqual([]);
  });

  it('keeps the tree within bounds and the verdict right', () => {
    const many = Array.from({ length: 900 }, (_, at) => [
      `team:z#member@team:${at}#member`,
      ...[0, 1, 2, 3, 4, 5, 6].map((of) => `team:${at}#member@team:${at}-${of}#member`),
    ]).flat();
    const index = indexOf('type user\ntype team\n  relations\n    define member: [user, team#member]', [
      ...many,
      'team:899-3#member@user:x',
    ]);
    const { verdict, tree } = explain(index, keyOf('team:z#member@user:x'));
    expect(verdict).toEqual({ allowed: true });
    expect(JSON.stringify(tree).match(/"kind"/g)!.length).toBeLessThanOrEqual(10_001);
    expect(formatTree(tree)).toMatch(/… \d+ more/);
  });
});
