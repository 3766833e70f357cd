import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { check } from '../../../src/domain/relation/check.ts';
import { explain } from '../../../src/domain/relation/explain.ts';
import type { Verdict } from '../../../src/domain/relation/outcome.ts';
import type { TupleKey } from '../../../src/domain/relation/tuple.ts';
import { validateTuple } from '../../../src/domain/relation/validate-tuple.ts';
import { bruteForce, overlaid } from './brute-force.ts';
import type { Answer, World } from './brute-force.ts';
import { loaded } from './engine.ts';
import { anyTuple, anyWorld, CONDITIONS } from './worlds.ts';

/** `ENGINE_RUNS=5000` for a long search. */
const ROUNDS = { numRuns: Number(process.env['ENGINE_RUNS'] ?? 120) };

function asVerdict(answer: Answer) {
  if (answer === 'allowed') return { allowed: true };
  return answer === 'denied' || answer === 'cycle' ? { allowed: false } : { allowed: false, unknown: answer };
}

/**
 * What a check may say. A relation that the user cannot be in by the model is not looked at: what only its limits leave unknown may be known, if it is no
 * allowance, or unknown for the limits of another.
 */
function isRight(verdict: Verdict, world: World, question: TupleKey): boolean {
  const answer = bruteForce(world, question);
  if (isDeepStrictEqual(verdict, asVerdict(answer))) return true;
  if (verdict.allowed || (answer !== 'depth' && answer !== 'breadth')) return false;
  if (verdict.unknown === 'depth' || verdict.unknown === 'breadth') return true;
  return isDeepStrictEqual(verdict, asVerdict(bruteForce({ ...world, depthMax: 100, breadthMax: 1_000 }, question)));
}

describe('check', () => {
  it('is what the brute-force evaluator says, contextual tuples and limits included, and so is explain', () => {
    fc.assert(
      fc.property(anyWorld, ({ made, tuples, contextual, questions, context, limits }) => {
        const valid = contextual.filter((tuple) => validateTuple(made.model, tuple) === undefined);
        const index = loaded(made.model, tuples);
        const options = { context, limits, contextualTuples: valid };
        const all = overlaid(overlaid(tuples, []), valid);
        for (const question of questions) {
          const world = { model: made.source, tuples: all, context, ...limits, conditions: CONDITIONS };
          const verdict = check(index, question, options);
          expect([question, verdict, isRight(verdict, world, question)]).toEqual([question, verdict, true]);
          expect(explain(index, question, options).verdict, 'explained').toEqual(verdict);
        }
      }),
      ROUNDS,
    );
  });

  it('is asked in worlds that are rich enough to tell evaluators apart', () => {
    const seen = new Set<Answer>();
    for (const { made, tuples, questions, context, limits } of fc.sample(anyWorld, { numRuns: 150, seed: 7 })) {
      const world = { model: made.source, tuples: overlaid(tuples, []), context, ...limits, conditions: CONDITIONS };
      for (const question of questions) seen.add(bruteForce(world, question));
    }
    expect([...seen].sort()).toEqual(['allowed', 'breadth', 'cycle', 'denied', 'depth', 'missing-context']);
  });

  it('does not depend on the order of writes, nor on repeated ones', () => {
    fc.assert(
      fc.property(anyWorld, fc.infiniteStream(fc.nat()), ({ made, tuples, questions, context, limits }, numbers) => {
        const once = overlaid(tuples, []);
        const shuffled = once
          .flatMap((tuple) => [tuple, tuple])
          .map((tuple) => ({ tuple, at: numbers.next().value as number }))
          .sort((a, b) => a.at - b.at)
          .map(({ tuple }) => tuple);
        const index = loaded(made.model, once);
        const other = loaded(made.model, shuffled);
        for (const question of questions) {
          expect(check(other, question, { context, limits })).toEqual(check(index, question, { context, limits }));
        }
      }),
      ROUNDS,
    );
  });

  it('is untouched by tuples of objects and users that nothing leads to', () => {
    fc.assert(
      fc.property(anyWorld, fc.array(anyTuple, { maxLength: 10 }), ({ made, tuples, questions, context }, extra) => {
        const index = loaded(made.model, tuples);
        const before = questions.map((question) => check(index, question, { context }));
        for (const tuple of extra) {
          index.write({ ...tuple, object: `${tuple.object}-apart`, user: tuple.user.replace(/:(\w)/, ':apart-$1') });
        }
        expect(questions.map((question) => check(index, question, { context }))).toEqual(before);
      }),
      ROUNDS,
    );
  });

  it('a contextual tuple is a stored one, and is gone afterwards', () => {
    fc.assert(
      fc.property(anyWorld, ({ made, tuples, contextual, questions, context }) => {
        const valid = contextual.filter((tuple) => validateTuple(made.model, tuple) === undefined);
        const index = loaded(made.model, tuples);
        const { bytes, size } = index;
        const stored = loaded(made.model, [...tuples, ...valid.toReversed()]);
        for (const question of questions) {
          const verdict = check(index, question, { context, contextualTuples: valid });
          expect(verdict).toEqual(check(stored, question, { context }));
        }
        expect({ bytes: index.bytes, size: index.size }).toEqual({ bytes, size });
      }),
      ROUNDS,
    );
  });
});
