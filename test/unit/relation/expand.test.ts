import { describe, expect, it } from 'vitest';
import { expand } from '../../../src/domain/relation/expand.ts';
import type { UsersetNode } from '../../../src/domain/relation/expand.ts';
import type { CheckOptions } from '../../../src/domain/relation/check.ts';
import { STEPS_A_TURN } from '../../../src/domain/relation/list-run.ts';
import { indexOf, keyOf, made, withCondition } from './engine.ts';

const DSL = `
type user
type team
  relations
    define member: [user, user:*, team#member]
type doc
  relations
    define parent: [team, doc]
    define owner: [user, user with within]
    define banned: [user]
    define editor: [user, team#member] or owner
    define both: owner and editor
    define reader: (editor or member from parent) but not banned
condition within(now: int, max: int) {
  now < max
}
`;

const TUPLES = [
  'doc:1#owner@user:b',
  withCondition('doc:1#owner@user:a', 'within', { max: 5 }),
  withCondition('doc:1#owner@user:c', 'without'),
  'doc:1#editor@team:a#member',
  'doc:1#editor@user:x',
  'doc:1#editor@user:*',
  'doc:1#parent@team:b',
  'doc:1#parent@doc:2',
  'team:a#member@user:*',
  'team:a#member@team:b#member',
];

interface Case {
  readonly asked: string;
  readonly root: UsersetNode;
  readonly options?: CheckOptions;
}

const leaf = (of: string, ...users: string[]): UsersetNode => ({ name: of, leaf: { users } });
const computed = (of: string, relation: string): UsersetNode => ({ name: of, leaf: { computed: relation } });

const CASES: readonly Case[] = [
  { asked: 'doc:1#owner', root: leaf('doc:1#owner', 'user:a', 'user:b') },
  { asked: 'doc:9#owner', root: leaf('doc:9#owner') },
  { asked: 'team:a#member', root: leaf('team:a#member', 'team:b#member', 'user:*') },
  {
    asked: 'doc:1#editor',
    root: {
      name: 'doc:1#editor',
      union: [leaf('doc:1#editor', 'team:a#member', 'user:x'), computed('doc:1#editor', 'doc:1#owner')],
    },
  },
  {
    asked: 'doc:1#both',
    root: {
      name: 'doc:1#both',
      intersection: [computed('doc:1#both', 'doc:1#owner'), computed('doc:1#both', 'doc:1#editor')],
    },
  },
  {
    asked: 'doc:1#reader',
    root: {
      name: 'doc:1#reader',
      difference: {
        base: {
          name: 'doc:1#reader',
          union: [
            computed('doc:1#reader', 'doc:1#editor'),
            {
              name: 'doc:1#reader',
              leaf: { tupleToUserset: { tupleset: 'doc:1#parent', computed: ['doc:2#member', 'team:b#member'] } },
            },
          ],
        },
        subtract: computed('doc:1#reader', 'doc:1#banned'),
      },
    },
  },
  {
    asked: 'doc:1#owner',
    options: { contextualTuples: [keyOf('doc:1#owner@user:d'), keyOf('doc:1#owner@user:a')] },
    root: leaf('doc:1#owner', 'user:a', 'user:b', 'user:d'),
  },
];

describe('expand', () => {
  it.each(CASES)('$asked, as it is written', ({ asked, root, options }) => {
    const [object, relation] = asked.split('#') as [string, string];
    const tree = made(expand(indexOf(DSL, TUPLES), { object, relation }, options));
    expect(tree).toEqual({ root });
  });

  it('gives way in a wide set, starts again when tuples are removed, and says when it is cut', () => {
    const members = (count: number) => Array.from({ length: count }, (_, at) => `team:w#member@user:${10_000 + at}`);
    const index = indexOf(DSL, members(2 * STEPS_A_TURN));
    const expansion = expand(index, { object: 'team:w', relation: 'member' });
    expect(expansion.next()).toEqual({ done: false, value: [] });
    for (const tuple of members(10)) index.delete(keyOf(tuple));
    const tree = made(expansion);
    const users = members(2 * STEPS_A_TURN).map((tuple) => tuple.split('@')[1]!);
    expect(tree).toEqual({ root: leaf('team:w#member', ...users.slice(10)) });
    const cut = made(expand(index, { object: 'team:w', relation: 'member' }, { limits: { stepsMax: 100 } }));
    expect(cut.cutBy).toBe('breadth');
    expect(made(expand(index, { object: 'team:w', relation: 'member' }, { expired: () => true })).cutBy).toBe(
      'deadline',
    );
  });

  it.each([
    ['an unknown type', 'ghost:1', 'owner', 'UNKNOWN_TYPE'],
    ['an unknown relation', 'doc:1', 'ghost', 'UNKNOWN_RELATION'],
    ['a malformed object', 'doc', 'owner', 'INVALID_ARGUMENT'],
  ])('is refused for %s', (_, object, relation, code) => {
    expect(() => made(expand(indexOf(DSL, []), { object, relation }))).toThrow(expect.objectContaining({ code }));
  });
});
