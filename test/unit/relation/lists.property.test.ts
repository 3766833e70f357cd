import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listObjects } from '../../../src/domain/relation/list-objects.ts';
import { listUsers } from '../../../src/domain/relation/list-users.ts';
import type { ListCallOptions } from '../../../src/domain/relation/listing.ts';
import type { Tuple } from '../../../src/domain/relation/tuple.ts';
import { validateTuple } from '../../../src/domain/relation/validate-tuple.ts';
import { bruteForce, overlaid } from './brute-force.ts';
import type { Answer, World } from './brute-force.ts';
import { loaded, made as complete } from './engine.ts';
import { anyTuple, anyWorld, CONDITIONS, EVERY_OBJECT, EVERY_USER, EVERY_USERSET } from './worlds.ts';

/** `ENGINE_RUNS=5000` for a long search. */
const ROUNDS = { numRuns: Number(process.env['ENGINE_RUNS'] ?? 60) };
/** Limits that no random world comes near. */
const AMPLE = { depthMax: 100, breadthMax: 1_000 };
const UNDECIDED: readonly Answer[] = ['missing-context', 'breadth', 'depth'];

interface Drawn {
  readonly world: World;
  readonly asked: { readonly type: string; readonly relation: string; readonly user: string; readonly object: string };
  readonly options: ListCallOptions;
  readonly index: ReturnType<typeof loaded>;
}

const drawn = anyWorld.chain(({ made, tuples, contextual, questions, context, limits }) =>
  fc.record({ tight: fc.boolean(), question: fc.constantFrom(...questions) }).map(({ tight, question }): Drawn => {
    const valid = contextual.filter((tuple) => validateTuple(made.model, tuple) === undefined);
    const bounds = tight ? limits : AMPLE;
    const all = overlaid(overlaid(tuples, []), valid);
    return {
      world: { model: made.source, tuples: all, context, ...bounds, conditions: CONDITIONS },
      asked: { ...question, type: question.object.split(':')[0]! },
      options: { context, limits: bounds, contextualTuples: valid },
      index: loaded(made.model, tuples),
    };
  }),
);
const isAmple = ({ world }: Drawn) => world.depthMax === AMPLE.depthMax;

describe('listObjects', () => {
  it('is every object that a check allows, and doubts what a check doubts', () => {
    fc.assert(
      fc.property(drawn, (one) => {
        const { world, asked, options, index } = one;
        const { objects, complete: isComplete, unknown } = complete(listObjects(index, asked, options));
        const answers = EVERY_OBJECT.filter((object) => object.startsWith(`${asked.type}:`)).map(
          (object): [string, Answer] => [object, bruteForce(world, { ...asked, object })],
        );
        const allowed = answers.filter(([, answer]) => answer === 'allowed').map(([object]) => object);
        const doubtful = answers.filter(([, answer]) => UNDECIDED.includes(answer));
        expect(isComplete).toBe(true);
        if (isAmple(one)) {
          expect(objects).toEqual(allowed);
          expect(unknown).toBe(doubtful.length > 0 ? 'missing-context' : undefined);
        } else {
          // From the user's side less is looked at: what a check could not decide for its limits may be certain here.
          const short = doubtful.filter(([, answer]) => answer !== 'missing-context').map(([object]) => object);
          expect(objects.filter((object) => !short.includes(object))).toEqual(allowed);
          if (short.length < doubtful.length) expect(unknown).toBeDefined();
        }
      }),
      ROUNDS,
    );
  });

  it('is what a check without limits allows, whatever its own limits, or says that something is unknown', () => {
    fc.assert(
      fc.property(drawn, ({ world, asked, options, index }) => {
        const { objects, unknown } = complete(listObjects(index, asked, options));
        const free = EVERY_OBJECT.filter(
          (object) =>
            object.startsWith(`${asked.type}:`) &&
            bruteForce({ ...world, ...AMPLE }, { ...asked, object }) === 'allowed',
        );
        expect(free).toEqual(expect.arrayContaining([...objects]));
        if (unknown === undefined) expect(objects).toEqual(free);
      }),
      ROUNDS,
    );
  });
});

describe('listUsers', () => {
  it('is every user and userset that a check allows, as far as tuples name it; a wildcard stands for the others', () => {
    fc.assert(
      fc.property(drawn, (one) => {
        const { world, asked, options, index } = one;
        const filters = [
          { type: 'user' },
          ...['doc', 'team'].flatMap((type) => ['a', 'b', 'c', 'd'].map((relation) => ({ type, relation }))),
        ];
        const { users, unknown } = complete(listUsers(index, { ...asked, filters }, options));
        const answerOf = (user: string) => bruteForce(world, { ...asked, user });
        const everybody = answerOf('user:*') === 'allowed';
        const listed = new Set(users);
        expect([...users].sort()).toEqual(users);
        for (const user of users) {
          const answer = answerOf(user);
          if (isAmple(one) || !UNDECIDED.includes(answer)) expect([user, answer]).toEqual([user, 'allowed']);
        }
        for (const user of [...EVERY_USER, ...EVERY_USERSET]) {
          const answer = answerOf(user);
          const isCovered = everybody && !user.includes('#') && user !== 'user:*';
          if (answer === 'allowed' && !isCovered) expect([user, listed.has(user)]).toEqual([user, true]);
          if (answer === 'missing-context') expect([user, unknown !== undefined]).toEqual([user, true]);
        }
        expect(listed.has('user:z')).toBe(false);
      }),
      ROUNDS,
    );
  });
});

describe('lists', () => {
  const both = ({ index, asked, options }: Drawn, page: ListCallOptions = {}) => {
    const filters = [{ type: 'user' }, { type: 'team', relation: 'a' }, { type: 'doc', relation: 'b' }];
    return [
      complete(listObjects(index, asked, { ...options, ...page })),
      complete(listUsers(index, { ...asked, filters }, { ...options, ...page })),
    ] as const;
  };
  const entriesOf = (list: ReturnType<typeof both>[number]) => ('objects' in list ? list.objects : list.users);

  it('are the same for shuffled and repeated writes, and after tuples that came and went', () => {
    fc.assert(
      fc.property(drawn, fc.array(anyTuple, { maxLength: 10 }), fc.infiniteStream(fc.nat()), (one, extra, numbers) => {
        const stored = [...one.index.tuples()];
        const shuffled = [...stored, ...stored]
          .map((tuple) => ({ tuple, at: numbers.next().value as number }))
          .sort((a, b) => a.at - b.at)
          .map(({ tuple }) => tuple);
        const other = loaded(one.index.model, shuffled);
        const isNew = (tuple: Tuple) => !one.index.has(tuple);
        for (const tuple of extra.filter(isNew)) other.write(tuple);
        for (const tuple of extra.filter(isNew)) other.delete(tuple);
        expect(both({ ...one, index: other })).toEqual(both(one));
      }),
      ROUNDS,
    );
  });

  it('are the sum of their pages', () => {
    fc.assert(
      fc.property(drawn, fc.integer({ min: 1, max: 3 }), (one, limit) => {
        for (const at of [0, 1] as const) {
          const whole = both(one)[at];
          const entries: string[] = [];
          let page = both(one, { limit })[at];
          for (;;) {
            expect(entriesOf(page).length).toBeLessThanOrEqual(limit);
            entries.push(...entriesOf(page));
            if (page.complete) break;
            expect(page.next).toBe(entriesOf(page).at(-1));
            page = both(one, { limit, after: page.next! })[at];
          }
          expect(entries).toEqual(entriesOf(whole));
        }
      }),
      ROUNDS,
    );
  });
});
