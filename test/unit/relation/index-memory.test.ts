import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { check } from '../../../src/domain/relation/check.ts';
import type { IndexSnapshot } from '../../../src/domain/relation/index-snapshot.ts';
import { TupleIndex } from '../../../src/domain/relation/tuple-index.ts';
import { formatKey } from '../../../src/domain/relation/tuple.ts';
import type { Tuple } from '../../../src/domain/relation/tuple.ts';
import { compiled, keyOf, modelOf, sorted } from './engine.ts';
import { keyText, normal, steps, type Step } from './index-steps.ts';

const model = compiled(
  modelOf(`
type user
type team
  relations
    define member: [user, user:*, team#member, user with until]
    define viewer: [user]
condition until(now: timestamp, at: timestamp) {
  now < at
}
`),
);

function apply(index: TupleIndex, naive: Map<string, Tuple>, step: Step): void {
  if ('write' in step) {
    index.write(step.write);
    naive.set(keyText(step.write), normal(step.write));
  } else {
    index.delete(step.remove);
    naive.delete(keyText(step.remove));
  }
}

/** That every query of the index answers as one that was built from these tuples alone. */
function expectSame(index: TupleIndex, tuples: Iterable<Tuple>, asked: readonly Step[]): void {
  const scratch = new TupleIndex(model);
  for (const one of tuples) scratch.write(one);
  expect(index.size).toBe(scratch.size);
  expect(sorted([...index.tuples()].map(normal))).toEqual(sorted([...scratch.tuples()].map(normal)));
  for (const step of asked) {
    const one = 'write' in step ? step.write : step.remove;
    expect(index.has(one)).toBe(scratch.has(one));
    expect(index.conditionOf(one)).toEqual(scratch.conditionOf(one));
    expect(sorted(index.tuplesOfUser(one.user))).toEqual(sorted(scratch.tuplesOfUser(one.user)));
    expect(sorted(index.tuplesOfObject(one.object))).toEqual(sorted(scratch.tuplesOfObject(one.object)));
    if (/^team:\w{1,200}#(member|viewer)@user:\w{1,200}$/.test(formatKey(one))) {
      const context = { context: { now: 1 } };
      expect(check(index, one, context)).toEqual(check(scratch, one, context));
    }
  }
}

/** A copy whose arrays nobody shares, as reading a file makes one. */
function copied({ records, words, arrays }: IndexSnapshot): IndexSnapshot {
  return { ...structuredClone({ records, words }), arrays: arrays.map((array) => array.slice()) };
}

const user = (at: number) => `user:u${at}`;

describe('the memory of a tuple index', () => {
  it('is compacted step by step between any writes and deletes, and answers as one built from scratch', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 9 }), (all, tuplesMax) => {
        const index = new TupleIndex(model);
        const naive = new Map<string, Tuple>();
        for (const step of all) {
          apply(index, naive, step);
          index.compact(tuplesMax, 0);
        }
        expectSame(index, naive.values(), all);
        while (index.compact(tuplesMax, 0));
        expectSame(index, naive.values(), all);
      }),
      { numRuns: 60 },
    );
  });

  it('is restored from a snapshot, and goes on from there', () => {
    fc.assert(
      fc.property(steps, steps, (before, after) => {
        const index = new TupleIndex(model, { seed: 7 });
        const naive = new Map<string, Tuple>();
        for (const step of before) apply(index, naive, step);
        const restored = TupleIndex.restored(model, copied(index.snapshot()));
        expectSame(restored, naive.values(), before);
        expect(restored.bytes).toBe(index.bytes);
        for (const step of after) apply(restored, naive, step);
        expectSame(restored, naive.values(), [...before, ...after]);
      }),
      { numRuns: 40 },
    );
  });

  it('is given back by deletes: 100,000 tuples come and go', () => {
    const index = new TupleIndex(model);
    index.write(keyOf('team:kept#member@user:kept'));
    const { bytes } = index;
    for (const [round, count] of [100_000, 10_000].entries()) {
      for (let at = 0; at < count; at++) {
        index.write({ object: `team:t${at % 1_000}`, relation: 'member', user: user(at + round) });
      }
      expect(index.bytes).toBeGreaterThan(bytes * 20);
      for (let at = 0; at < count; at++) {
        index.delete({ object: `team:t${at % 1_000}`, relation: 'member', user: user(at + round) });
      }
      while (index.compact(2_000, 1));
      expect(index.bytes).toBeLessThan(bytes + 4_096);
    }
    expect([...index.tuples()]).toEqual([keyOf('team:kept#member@user:kept')]);
  });

  it('is given back by compaction where one tuple in a hundred is left, also of a user of many sets', () => {
    const index = new TupleIndex(model);
    for (let at = 0; at < 30_000; at++) {
      index.write({ object: `team:t${at}`, relation: 'member', user: at % 2 === 0 ? 'user:*' : user(at) });
    }
    const { bytes } = index;
    const kept: Tuple[] = [];
    for (let at = 0; at < 30_000; at++) {
      const key = { object: `team:t${at}`, relation: 'member', user: at % 2 === 0 ? 'user:*' : user(at) };
      if (at % 100 > 1) index.delete(key);
      else kept.push(key);
    }
    let stepsTaken = 0;
    while (index.compact(100)) stepsTaken++;
    expect(stepsTaken).toBeGreaterThan(3);
    expect(index.bytes).toBeLessThan(bytes / 20);
    expect(sorted(index.tuples())).toEqual(sorted(kept));
    expect(index.compact()).toBe(false);
  });

  it('takes writes and deletes of a user of many sets while that user is being copied', () => {
    const index = new TupleIndex(model);
    const key = (at: number) => ({ object: `team:t${at}`, relation: 'viewer', user: 'user:busy' });
    for (let at = 0; at < 20_000; at++) index.write(key(at));
    const gone = new Set<number>();
    let at = 0;
    while (index.compact(500, 0)) {
      for (const end = Math.min(at + 400, 12_000); at < end; at++) {
        if (at % 3 === 0 && index.delete(key(at))) gone.add(at);
        index.write(key(50_000 + at));
        if (at % 2 === 0) index.delete(key(50_000 + at));
      }
    }
    expect(at).toBeGreaterThan(4_000);
    for (let one = 0; one < 20_000; one += 7) expect(index.has(key(one))).toBe(!gone.has(one));
    for (let one = 0; one < at; one += 7) expect(index.has(key(50_000 + one))).toBe(one % 2 !== 0);
    expect(index.size).toBe(20_000 - gone.size + at / 2);
    expect(index.tuplesOfUser('user:busy')).toHaveLength(index.size);
  });

  it('lists the users of a set of many again when few are left: by compaction, in no single delete', () => {
    const index = new TupleIndex(model);
    const key = (at: number) => ({ object: 'team:wide', relation: 'viewer', user: user(at) });
    for (let at = 0; at < 5_000; at++) index.write(key(at));
    const isCounted = () => index.users.isCounted(index.plainOf(index.findSetOf('team:wide', 'viewer')));
    for (let at = 0; at < 4_990; at++) index.delete(key(at));
    expect(isCounted()).toBe(true);
    expect(index.tuplesOfObject('team:wide')).toHaveLength(10);
    let stepsTaken = 0;
    while (index.compact(5)) stepsTaken++;
    expect(stepsTaken).toBeGreaterThan(0);
    expect(isCounted()).toBe(false);
    expect(sorted(index.tuplesOfObject('team:wide'))).toEqual(
      sorted(Array.from({ length: 10 }, (_, at) => key(4_990 + at))),
    );
    expect(index.compact(5)).toBe(false);
    for (let at = 4_990; at < 5_000; at++) index.delete(key(at));
    expect([index.size, index.findSetOf('team:wide', 'viewer')]).toEqual([0, 0]);
  });

  it('forgets a counted set with its last user', () => {
    const index = new TupleIndex(model);
    const key = (at: number) => ({ object: 'team:wide', relation: 'viewer', user: user(at) });
    for (let at = 0; at < 5_000; at++) index.write(key(at));
    for (let at = 0; at < 5_000; at++) index.delete(key(at));
    expect([index.size, index.findSetOf('team:wide', 'viewer')]).toEqual([0, 0]);
  });

  it('grows by segments: no array of it is copied whole, however large it becomes', () => {
    const index = new TupleIndex(model);
    for (let at = 0; at < 50_000; at++) index.write({ object: `team:t${at}`, relation: 'viewer', user: 'user:busy' });
    const { arrays } = index.snapshot();
    expect(Math.max(...arrays.map(({ length }) => length))).toBeLessThanOrEqual(65_536);
    const before = new Set(arrays);
    index.write({ object: 'team:one-more', relation: 'viewer', user: 'user:busy' });
    expect(index.snapshot().arrays.filter((array) => !before.has(array)).length).toBeLessThanOrEqual(4);
  });

  it('tells by its revision that what was read of addresses may be out of date', () => {
    const index = new TupleIndex(model);
    const key = keyOf('team:a#member@user:a');
    const seen = [index.revision];
    for (const change of [() => index.write(key), () => index.delete(key), () => !index.compact(10, 0)]) {
      expect(change()).toBe(true);
      seen.push(index.revision);
    }
    expect(new Set(seen).size).toBe(seen.length);
    index.delete(key);
    expect(index.revision).toBe(seen.at(-1));
  });

  it('keeps the numbers of words in a snapshot, whatever model comes next', () => {
    const index = new TupleIndex(model);
    index.write(keyOf('stranger:a#odd@user:x'));
    index.write(keyOf('team:a#member@user:x'));
    const other = compiled(modelOf('type other\ntype user\ntype team\n  relations\n    define member: [user]'));
    const restored = TupleIndex.restored(other, copied(index.snapshot()));
    expect(restored.has(keyOf('stranger:a#odd@user:x'))).toBe(true);
    expect(check(restored, keyOf('team:a#member@user:x'))).toEqual({ allowed: true });
    restored.write(keyOf('other:a#member@user:x'));
    expect(restored.tuplesOfUser('user:x')).toHaveLength(3);
  });
});
