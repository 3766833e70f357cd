import fc from 'fast-check';
import { compileModel } from '../../../src/domain/relation/compile-model.ts';
import type { CompiledModel } from '../../../src/domain/relation/compile-model.ts';
import type { AuthorizationModel, RelationReference, Rewrite } from '../../../src/domain/relation/model.ts';
import type { Tuple, TupleKey } from '../../../src/domain/relation/tuple.ts';

/** Types, relations and ids of random worlds: few, so that things meet. */
const OBJECT_TYPES = ['doc', 'team'] as const;
const RELATIONS = ['a', 'b', 'c', 'd', 'parent'] as const;
const IDS = ['1', '2', '3'] as const;
const USERS = ['user:x', 'user:y'] as const;

/** All that can be met in a random world, sorted. */
export const EVERY_OBJECT = OBJECT_TYPES.flatMap((type) => IDS.map((id) => `${type}:${id}`));
export const EVERY_USER = [...USERS, 'user:*'];
export const EVERY_USERSET = EVERY_OBJECT.flatMap((object) => ['a', 'b', 'c', 'd'].map((of) => `${object}#${of}`));

/** `below(n: int, max: int)`, `open(on: bool)` of which tuples store none, some or all parameters. */
export const CONDITIONS = {
  below: { parameters: ['n', 'max'], holds: ({ n, max }: { n: number; max: number }) => n < max },
  open: { parameters: ['on'], holds: ({ on }: { on: boolean }) => on },
} as const;

const DEFINITIONS: NonNullable<AuthorizationModel['conditions']> = {
  below: {
    name: 'below',
    expression: 'n < max',
    parameters: { n: { type_name: 'TYPE_NAME_INT' }, max: { type_name: 'TYPE_NAME_INT' } },
  },
  open: { name: 'open', expression: 'on', parameters: { on: { type_name: 'TYPE_NAME_BOOL' } } },
};

const reference: fc.Arbitrary<RelationReference> = fc
  .tuple(
    fc.oneof(
      { weight: 4, arbitrary: fc.constant<RelationReference>({ type: 'user' }) },
      { weight: 2, arbitrary: fc.constant<RelationReference>({ type: 'user', wildcard: {} }) },
      {
        weight: 5,
        arbitrary: fc.record({ type: fc.constantFrom(...OBJECT_TYPES), relation: fc.constantFrom('a', 'b', 'c', 'd') }),
      },
      { weight: 1, arbitrary: fc.record({ type: fc.constantFrom(...OBJECT_TYPES) }) },
    ),
    fc.constantFrom(undefined, 'below', 'open'),
  )
  .map(([one, condition]) => (condition === undefined ? one : { ...one, condition }));

const own: Rewrite = { this: {} };
const leaf: fc.Arbitrary<Rewrite> = fc.oneof(
  fc.constant(own),
  fc.constantFrom('a', 'b', 'c', 'd').map((relation): Rewrite => ({ computedUserset: { relation } })),
  fc.constantFrom('a', 'b', 'c', 'd').map((relation): Rewrite => {
    return { tupleToUserset: { tupleset: { relation: 'parent' }, computedUserset: { relation } } };
  }),
);
const rewrite: fc.Arbitrary<Rewrite> = fc.oneof(
  { weight: 3, arbitrary: leaf },
  {
    weight: 4,
    arbitrary: fc.oneof(
      fc.array(leaf, { minLength: 2, maxLength: 3 }).map((child): Rewrite => ({ union: { child } })),
      fc.array(leaf, { minLength: 2, maxLength: 3 }).map((child): Rewrite => ({ intersection: { child } })),
      fc.tuple(leaf, leaf).map(([base, subtract]): Rewrite => ({ difference: { base, subtract } })),
      fc.tuple(leaf, leaf, leaf).map(([a, b, subtract]): Rewrite => {
        return { difference: { base: { union: { child: [a, b] } }, subtract } };
      }),
    ),
  },
);

function hasThis(one: Rewrite): boolean {
  return JSON.stringify(one).includes('"this"');
}

const definition = (type: string) =>
  fc
    .record({
      rewrites: fc.array(rewrite, { minLength: 4, maxLength: 4 }),
      references: fc.array(fc.array(reference, { minLength: 1, maxLength: 4 }), { minLength: 4, maxLength: 4 }),
      parents: fc.uniqueArray(fc.constantFrom(...OBJECT_TYPES), { minLength: 1 }),
    })
    .map(({ rewrites, references, parents }) => ({
      type,
      relations: {
        ...Object.fromEntries(rewrites.map((one, at) => [RELATIONS[at]!, one])),
        parent: own,
      },
      metadata: {
        relations: {
          ...Object.fromEntries(
            rewrites.map((one, at) => [
              RELATIONS[at]!,
              { directly_related_user_types: hasThis(one) ? references[at]! : [] },
            ]),
          ),
          parent: { directly_related_user_types: parents.map((parent) => ({ type: parent })) },
        },
      },
    }));

export const anyModel: fc.Arbitrary<{ source: AuthorizationModel; model: CompiledModel }> = fc
  .tuple(definition('doc'), definition('team'))
  .map(([doc, team]): AuthorizationModel => {
    return { schema_version: '1.1', type_definitions: [{ type: 'user' }, doc, team], conditions: DEFINITIONS };
  })
  .map((source) => ({ source, model: compileModel(source).model }))
  .filter((made): made is { source: AuthorizationModel; model: CompiledModel } => made.model !== undefined);

const object = fc.tuple(fc.constantFrom(...OBJECT_TYPES), fc.constantFrom(...IDS)).map((parts) => parts.join(':'));
const userset = fc.tuple(object, fc.constantFrom('a', 'b', 'c', 'd')).map((parts) => parts.join('#'));
const condition: fc.Arbitrary<Tuple['condition']> = fc.oneof(
  { weight: 4, arbitrary: fc.constant(undefined) },
  {
    weight: 1,
    arbitrary: fc
      .record({ max: fc.integer({ min: 0, max: 3 }), n: fc.integer({ min: 0, max: 3 }) }, { requiredKeys: [] })
      .map((context) => ({ name: 'below', context })),
  },
  {
    weight: 1,
    arbitrary: fc.record({ on: fc.boolean() }, { requiredKeys: [] }).map((context) => ({ name: 'open', context })),
  },
);

/** A tuple, most of the time one that some model allows. */
export const anyTuple: fc.Arbitrary<Tuple> = fc
  .tuple(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          object,
          relation: fc.constantFrom('a', 'b', 'c', 'd'),
          user: fc.oneof(fc.constantFrom(...USERS, 'user:*'), userset, userset, object),
        }),
      },
      { weight: 2, arbitrary: fc.record({ object, relation: fc.constant('parent'), user: object }) },
    ),
    condition,
  )
  .map(([key, made]) => (made === undefined || key.relation === 'parent' ? key : { ...key, condition: made }));

export const anyQuestion: fc.Arbitrary<TupleKey> = fc.record({
  object,
  relation: fc.constantFrom('a', 'b', 'c', 'd'),
  user: fc.oneof(fc.constantFrom(...USERS, 'user:z', 'user:*'), userset),
});

export const anyContext: fc.Arbitrary<Record<string, unknown>> = fc.record(
  { n: fc.integer({ min: 0, max: 3 }), on: fc.boolean(), max: fc.integer({ min: 0, max: 3 }) },
  { requiredKeys: [] },
);

const bound: fc.Arbitrary<Readonly<Record<string, unknown>>> = fc.record(
  { n: fc.integer({ min: 0, max: 3 }), max: fc.integer({ min: 0, max: 3 }), on: fc.boolean() },
  { requiredKeys: [] },
);

/** A tuple that the model allows. */
function allowedTuple(source: AuthorizationModel): fc.Arbitrary<Tuple> {
  const places = source.type_definitions.flatMap(({ type, metadata }) =>
    Object.entries(metadata?.relations ?? {}).flatMap(([relation, { directly_related_user_types: all = [] }]) =>
      all.map((one) => ({ type, relation, one })),
    ),
  );
  return fc
    .tuple(
      fc.constantFrom(...places),
      fc.constantFrom(...IDS),
      fc.constantFrom(...IDS),
      fc.constantFrom('x', 'y'),
      bound,
    )
    .map(([{ type, relation, one }, id, other, user, values]) => {
      const name = one.type === 'user' ? `user:${user}` : `${one.type}:${other}`;
      const written = one.wildcard ? `${one.type}:*` : one.relation === undefined ? name : `${name}#${one.relation}`;
      const key = { object: `${type}:${id}`, relation, user: written };
      if (one.condition === undefined) return key;
      const parameters: readonly string[] = CONDITIONS[one.condition as keyof typeof CONDITIONS].parameters;
      const context = Object.fromEntries(Object.entries(values).filter(([name]) => parameters.includes(name)));
      return { ...key, condition: { name: one.condition, context } };
    });
}

/** A model with tuples, most of which it allows, contextual ones of the same kind, and questions. */
export const anyWorld = anyModel.chain((made) => {
  // Many questions are about what some tuple is about, most of them about its very user.
  const questions = (tuples: readonly Tuple[]) =>
    fc.tuple(anyQuestion, fc.option(fc.constantFrom(...tuples, undefined))).map(([question, about]): TupleKey => {
      if (!about || about.relation === 'parent') return question;
      const user = question.user.includes('#') ? question.user : about.user;
      return { object: about.object, relation: about.relation, user };
    });
  const tuple = fc.oneof({ weight: 9, arbitrary: allowedTuple(made.source) }, { weight: 1, arbitrary: anyTuple });
  return fc.array(tuple, { maxLength: 60 }).chain((tuples) =>
    fc.record({
      made: fc.constant(made),
      tuples: fc.constant(tuples),
      contextual: fc.array(allowedTuple(made.source), { maxLength: 6 }),
      questions: fc.array(questions(tuples), { minLength: 5, maxLength: 12 }),
      context: anyContext,
      limits: fc.record({ depthMax: fc.constantFrom(2, 3, 4, 6, 8), breadthMax: fc.constantFrom(1, 2, 100) }),
    }),
  );
});
