import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { check } from '../../../src/domain/relation/check.ts';
import { BINDINGS_MAX } from '../../../src/domain/relation/index-words.ts';
import { listObjects } from '../../../src/domain/relation/list-objects.ts';
import { compiled, indexOf, keyOf, loaded, made, modelOf } from './engine.ts';
import { NAMES_MAX } from '../../../src/domain/relation/vocabulary.ts';
import { anyModel, anyWorld } from './worlds.ts';

const ROUNDS = { numRuns: Number(process.env['ENGINE_RUNS'] ?? 25) };

describe('an index that is asked with several models by turns', () => {
  it('answers by each as an index of that model alone', () => {
    fc.assert(
      fc.property(anyWorld, anyModel, ({ made: own, tuples, questions, context }, other) => {
        const index = loaded(own.model, tuples.slice(0, 20));
        const options = { context, model: other.model };
        for (const question of questions) check(index, question, options);
        for (const tuple of tuples.slice(20)) index.write(tuple);
        const alone = loaded(other.model, tuples);
        const before = loaded(own.model, tuples);
        for (const question of questions) {
          const asked = { ...question, type: question.object.split(':')[0]! };
          expect(check(index, question, options)).toEqual(check(alone, question, { context }));
          expect(check(index, question, { context })).toEqual(check(before, question, { context }));
          expect(made(listObjects(index, asked, options))).toEqual(made(listObjects(alone, asked, { context })));
        }
      }),
      ROUNDS,
    );
  });

  it('takes more models than it keeps at hand, each with words of its own', () => {
    const modelNamed = (at: number) =>
      compiled(modelOf(`type user\ntype t${at}\n  relations\n    define r${at}: [user]\n    define s: r${at}`));
    const models = Array.from({ length: BINDINGS_MAX * 3 }, (_, at) => modelNamed(at));
    const index = indexOf('type user', []);
    for (const at of models.keys()) index.write(keyOf(`t${at}:1#r${at}@user:x`));
    const ask = (at: number, user: string) =>
      check(index, { object: `t${at}:1`, relation: 's', user }, { model: models[at]! }).allowed;
    for (const round of [1, 2]) {
      expect([round, models.every((_, at) => ask(at, 'user:x'))]).toEqual([round, true]);
      expect([round, models.some((_, at) => ask(at, 'user:y'))]).toEqual([round, false]);
    }
    expect(() => check(index, keyOf('t1:1#s@user:x'))).toThrow(expect.objectContaining({ code: 'UNKNOWN_TYPE' }));
    expect(() => check(index, keyOf('t1:1#s@user:x'), { model: models[2]! })).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_TYPE' }),
    );
  });

  it('refuses a model with whose words there would be more than there are numbers for', () => {
    const index = indexOf('type user\ntype doc\n  relations\n    define r: [user]', ['doc:1#r@user:x']);
    const many = [1, 2, 3, 4].map((number) => {
      const model = compiled(modelOf('type user\ntype doc\n  relations\n    define r: [user]'));
      for (let at = 0; at < NAMES_MAX / 3; at++) model.vocabulary.relations.intern(`r${number}_${at}`);
      return model;
    });
    const ask = (model: (typeof many)[number]) => check(index, keyOf('doc:1#r@user:x'), { model });
    expect(() => many.forEach(ask)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    expect(check(index, keyOf('doc:1#r@user:x'))).toEqual({ allowed: true });
    expect(ask(many[0]!)).toEqual({ allowed: true });
  });
});
