import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { check } from '../../../src/domain/relation/check.ts';
import { COUNTED_ABOVE, LISTED_BELOW } from '../../../src/domain/relation/set-users.ts';
import { TupleIndex } from '../../../src/domain/relation/tuple-index.ts';
import type { Tuple } from '../../../src/domain/relation/tuple.ts';
import { compiled, indexOf, keyOf, modelOf, sorted, withCondition } from './engine.ts';
import { keyText, normal, steps, tuple } from './index-steps.ts';

const DSL = `
type user
type team
  relations
    define member: [user, user:*, team#member, user with until]
    define viewer: [user]
condition until(now: timestamp, at: timestamp) {
  now < at
}
`;
const model = compiled(modelOf(DSL));
const fresh = (tuples: Iterable<Tuple> = []) => {
  const index = new TupleIndex(model);
  for (const tuple of tuples) index.write(tuple);
  return index;
};

describe('TupleIndex', () => {
  it('holds exactly what was written and not deleted, in both directions, and says what changed', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const index = fresh();
        const naive = new Map<string, Tuple>();
        for (const step of all) {
          if ('write' in step) {
            const before = naive.get(keyText(step.write));
            const after = normal(step.write);
            const changes =
              before === undefined || JSON.stringify(before.condition) !== JSON.stringify(after.condition);
            expect(index.write(step.write)).toBe(changes);
            naive.set(keyText(step.write), after);
          } else {
            expect(index.delete(step.remove)).toBe(naive.delete(keyText(step.remove)));
          }
        }
        const kept = [...naive.values()];
        expect(index.size).toBe(kept.length);
        expect(sorted([...index.tuples()].map(normal))).toEqual(sorted(kept));
        for (const one of all.map((step) => ('write' in step ? step.write : step.remove))) {
          expect(index.has(one)).toBe(naive.has(keyText(one)));
          const { user, object, relation } = one;
          expect(sorted(index.tuplesOfUser(user).map(normal))).toEqual(sorted(kept.filter((t) => t.user === user)));
          expect(sorted(index.tuplesOfObject(object).map(normal))).toEqual(
            sorted(kept.filter((t) => t.object === object)),
          );
          expect(sorted(index.tuplesOfObject(object, relation).map(normal))).toEqual(
            sorted(kept.filter((t) => t.object === object && t.relation === relation)),
          );
        }
      }),
      { numRuns: 120 },
    );
  });

  it('leaves no trace of deleted tuples: what they held is used again', () => {
    fc.assert(
      fc.property(fc.array(tuple, { maxLength: 60 }), (tuples) => {
        const index = fresh(tuples);
        for (const one of tuples) index.delete(one);
        const { bytes } = index;
        expect([...index.tuples()]).toEqual([]);
        expect(index.size).toBe(0);
        for (let round = 0; round < 3; round++) {
          for (const one of tuples) index.write(one);
          for (const one of tuples) index.delete(one);
        }
        expect(index.bytes).toBeLessThanOrEqual(bytes);
        expect([...index.tuples()]).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('keeps sets of many users, of users in many sets, and lists again what became few', () => {
    const count = COUNTED_ABOVE + 500;
    const index = fresh();
    const users = Array.from({ length: count }, (_, at) => `user:u${at}`);
    for (const user of users) index.write({ object: 'team:wide', relation: 'member', user });
    index.write(withCondition('team:wide#member@user:u7', 'until', { at: 5 }));
    index.write(keyOf('team:wide#member@team:x#member'));
    for (let at = 0; at < 10_000; at++) index.write({ object: `team:t${at}`, relation: 'member', user: 'user:busy' });
    expect(index.size).toBe(count + 1 + 10_000);
    expect(index.tuplesOfObject('team:wide')).toHaveLength(count + 1);
    expect(index.tuplesOfUser('user:busy')).toHaveLength(10_000);
    expect(index.has(keyOf('team:t9999#member@user:busy'))).toBe(true);
    expect(index.has(keyOf('team:t10000#member@user:busy'))).toBe(false);
    expect(check(index, keyOf('team:wide#member@user:u4500'))).toEqual({ allowed: true });
    expect(check(index, keyOf('team:wide#member@user:u4600'))).toEqual({ allowed: false });
    expect(check(index, keyOf('team:wide#member@user:u7'), { context: { now: 5 } })).toEqual({ allowed: false });
    for (const user of users.slice(10)) index.delete({ object: 'team:wide', relation: 'member', user });
    for (let at = 0; at < 10_000; at++) index.delete({ object: `team:t${at}`, relation: 'member', user: 'user:busy' });
    expect(sorted(index.tuples())).toEqual(
      sorted([...users.slice(0, 10).map((user) => normalOf(user)), keyOf('team:wide#member@team:x#member')]),
    );
    expect(count - 10).toBeGreaterThan(LISTED_BELOW);
  });

  function normalOf(user: string): Tuple {
    const key = { object: 'team:wide', relation: 'member', user };
    return user === 'user:u7' ? { ...key, condition: { name: 'until', context: { at: 5 } } } : key;
  }

  it('finds the wildcard of a type while some tuple has it', () => {
    const index = fresh();
    const ask = () => check(index, keyOf('team:a#member@user:x')).allowed;
    expect(ask()).toBe(false);
    for (let round = 0; round < 2; round++) {
      index.write(keyOf('team:a#member@user:*'));
      index.write(keyOf('team:b#member@user:*'));
      index.write(keyOf('team:a#member@team:*'));
      index.delete(keyOf('team:b#member@user:*'));
      expect(ask()).toBe(true);
      index.delete(keyOf('team:a#member@user:*'));
      expect(ask()).toBe(false);
    }
  });

  it('starts small and stays below 40 bytes a tuple', () => {
    expect(fresh().bytes).toBeLessThan(4_096);
    const index = fresh();
    for (let at = 0; at < 50_000; at++) {
      index.write({ object: 'team:all', relation: 'member', user: `user:${at.toString(36).padStart(7, '0')}` });
    }
    expect(index.bytes / index.size).toBeLessThan(40);
  });

  it('keeps names apart that share bytes, types that share ids, and ids of any script', () => {
    const tuples = [
      'team:a#member@user:ab',
      'team:ab#member@user:a',
      'team:user#member@team:user#member',
      'team:é#member@user:日本😀',
    ];
    const index = indexOf(DSL, tuples);
    for (const text of tuples) expect(index.has(keyOf(text)), text).toBe(true);
    for (const text of [
      'team:a#member@user:a',
      'team:ab#member@user:ab',
      'team:user#member@user:user',
      'team:é#member@user:日本',
    ]) {
      expect(index.has(keyOf(text)), text).toBe(false);
    }
    expect(index.delete(keyOf('team:user#member@team:user#member'))).toBe(true);
    expect(index.tuplesOfObject('team:user')).toEqual([]);
  });

  it.each([
    ['no type', { object: 'team', relation: 'member', user: 'user:a' }],
    ['no id', { object: 'team:', relation: 'member', user: 'user:a' }],
    ['no relation', { object: 'team:a', relation: '', user: 'user:a' }],
    ['an object with a relation', { object: 'team:a#member', relation: 'member', user: 'user:a' }],
    ['an empty userset', { object: 'team:a', relation: 'member', user: 'team:a#' }],
    ['an id over 512 bytes', { object: 'team:a', relation: 'member', user: `user:${'x'.repeat(513)}` }],
    [
      'an id over 512 bytes in another script',
      { object: 'team:a', relation: 'member', user: `user:${'ß'.repeat(257)}` },
    ],
  ])('refuses a malformed tuple and keeps nothing of it: %s', (_, malformed) => {
    const index = fresh();
    const { bytes } = index;
    expect(() => index.write(malformed)).toThrow(expect.objectContaining({ code: 'INVALID_TUPLE' }));
    expect({ size: index.size, bytes: index.bytes, tuples: [...index.tuples()] }).toEqual({
      size: 0,
      bytes,
      tuples: [],
    });
    expect(index.delete(malformed)).toBe(false);
  });

  it('answers by another model over the same tuples, and skips what that does not allow', () => {
    const index = indexOf(DSL, [
      'team:a#member@user:x',
      'team:a#viewer@user:x',
      'team:a#member@team:b#member',
      'team:b#member@user:y',
    ]);
    const narrower = compiled(
      modelOf(
        'type other\ntype user\ntype team\n  relations\n    define seen: viewer\n    define viewer: [user]\n    define member: [user]',
      ),
    );
    expect(check(index, keyOf('team:a#member@user:y'))).toEqual({ allowed: true });
    index.useModel(narrower);
    expect(check(index, keyOf('team:a#member@user:y'))).toEqual({ allowed: false });
    expect(check(index, keyOf('team:a#member@user:x'))).toEqual({ allowed: true });
    expect(check(index, keyOf('team:a#seen@user:x'))).toEqual({ allowed: true });
    index.useModel(model);
    expect(check(index, keyOf('team:a#member@user:y'))).toEqual({ allowed: true });
    expect(() => check(index, keyOf('team:a#seen@user:x'))).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_RELATION' }),
    );
  });
});
