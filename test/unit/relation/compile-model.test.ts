import { describe, expect, it } from 'vitest';
import { check } from '../../../src/domain/relation/check.ts';
import { FORMULA_PARTS_MAX } from '../../../src/domain/relation/compile-formula.ts';
import { compileModel } from '../../../src/domain/relation/compile-model.ts';
import type { CompiledModel } from '../../../src/domain/relation/compiled-model.ts';
import type { FormulaPart } from '../../../src/domain/relation/formula.ts';
import type { AuthorizationModel, Rewrite } from '../../../src/domain/relation/model.ts';
import { TupleIndex } from '../../../src/domain/relation/tuple-index.ts';
import { validateTuple } from '../../../src/domain/relation/validate-tuple.ts';
import { compiled, fixture, keyOf, modelOf, withCondition } from './engine.ts';

const own: Rewrite = { this: {} };
const computed = (relation: string): Rewrite => ({ computedUserset: { relation } });
const from = (relation: string, tupleset: string): Rewrite => {
  return { tupleToUserset: { tupleset: { relation: tupleset }, computedUserset: { relation } } };
};
const user = [{ type: 'user' }];

/** A model of `user` and `doc`, whose relations are rewrites with what they admit. */
function docModel(relations: Readonly<Record<string, readonly [Rewrite, (readonly object[])?]>>): AuthorizationModel {
  return {
    schema_version: '1.1',
    type_definitions: [
      { type: 'user' },
      {
        type: 'doc',
        relations: Object.fromEntries(Object.entries(relations).map(([name, [rewrite]]) => [name, rewrite])),
        metadata: {
          relations: Object.fromEntries(
            Object.entries(relations).map(([name, [, admitted = []]]) => [
              name,
              { directly_related_user_types: admitted as never },
            ]),
          ),
        },
      },
    ],
  };
}

const REFUSED: readonly (readonly [string, AuthorizationModel, readonly string[]])[] = [
  ['another schema', { ...docModel({}), schema_version: '1.0' }, ['invalid_schema_version']],
  [
    'a type twice',
    { schema_version: '1.1', type_definitions: [{ type: 'user' }, { type: 'user' }] },
    ['duplicate_type'],
  ],
  ['a reserved name', docModel({ self: [own, user] }), ['invalid_name']],
  ['an unknown type', docModel({ a: [own, [{ type: 'nobody' }]] }), ['type_not_found']],
  [
    'an unknown relation of a userset',
    docModel({ a: [own, [{ type: 'doc', relation: 'b' }]] }),
    ['relation_not_found'],
  ],
  ['an unknown condition', docModel({ a: [own, [{ type: 'user', condition: 'c' }]] }), ['condition_not_found']],
  ['an unknown computed relation', docModel({ a: [computed('b')] }), ['relation_not_found']],
  ['a relation of itself', docModel({ a: [computed('a')] }), ['invalid_rewrite']],
  ['nothing admitted', docModel({ a: [own] }), ['invalid_type_restriction']],
  ['types where none is written', docModel({ a: [own, user], b: [computed('a'), user] }), ['invalid_type_restriction']],
  ['an unknown tupleset', docModel({ a: [from('b', 'parent')] }), ['relation_not_found']],
  [
    'a tupleset of wildcards',
    docModel({ p: [own, [{ type: 'doc' }, { type: 'doc', wildcard: {} }]], a: [own, user], b: [from('a', 'p')] }),
    ['invalid_tupleset'],
  ],
  [
    'a tupleset with a rewrite',
    docModel({ p: [computed('q')], q: [own, [{ type: 'doc' }]], a: [own, user], b: [from('a', 'p')] }),
    ['invalid_tupleset'],
  ],
  ['a from that no parent has', docModel({ p: [own, user], b: [from('a', 'p')] }), ['relation_not_found']],
  ['a union of one', docModel({ a: [{ union: { child: [own] } }, user] }), ['invalid_rewrite']],
  [
    'a circle of computed relations',
    docModel({ a: [{ union: { child: [own, computed('b')] } }, user], b: [computed('a')] }),
    ['cycle', 'cycle'],
  ],
  ['no way in', docModel({ a: [own, [{ type: 'doc', relation: 'a' }]] }), ['no_entrypoint']],
  [
    'a condition that is none',
    { ...docModel({}), conditions: { c1: { name: 'c1', expression: 'x <', parameters: {} } } },
    ['invalid_condition'],
  ],
  [
    'a condition under another name',
    { ...docModel({}), conditions: { c1: { name: 'c2', expression: 'true', parameters: {} } } },
    ['invalid_condition'],
  ],
  [
    'all of it, in order',
    docModel({ a: [computed('x')], b: [own, [{ type: 'nobody' }]] }),
    ['relation_not_found', 'type_not_found'],
  ],
];

describe('compileModel', () => {
  it.each(REFUSED)('refuses %s', (_, source, codes) => {
    expect(compileModel(source).problems?.map(({ code }) => code)).toEqual(codes);
  });

  it('compiles the models that ship, once for all stores', () => {
    const model = compiled(modelOf(fixture('reference-model.fga')));
    expect(model.hasType('feature')).toBe(true);
    expect(model.hasRelation('feature', 'on')).toBe(true);
    expect(model.hasRelation('feature', 'allowed')).toBe(false);
    expect(model.hasRelation('nothing', 'on')).toBe(false);
    expect(model.conditions.map(({ name, specialised }) => [name, specialised])).toEqual([
      ['until', true],
      ['in_rollout', true],
    ]);
  });
});

describe('the formula of a relation', () => {
  const partsOf = (part: FormulaPart): number =>
    part.children.reduce((sum, child) => sum + partsOf(child), 1 + part.relations.length);
  const formulasOf = (model: CompiledModel) =>
    model.relations.flat().flatMap((one) => (one === undefined ? [] : [{ name: `${one.typeName}#${one.name}`, one }]));

  it('resolves computed relations: one part for all roles of a member', () => {
    const formulas = formulasOf(compiled(modelOf(fixture('reference-model.fga'))));
    const shapes = Object.fromEntries(
      formulas.map(({ name, one: { formula } }) => [
        name,
        formula && [formula.root.kind, formula.root.relations.length, formula.height, formula.isLocal],
      ]),
    );
    expect(shapes).toMatchObject({
      'partner#basic': ['any', 1, 0, true],
      'partner#member': ['any', 5, 1, true],
      'partner#operational': ['without', 0, 3, true],
      'permission#allowed': ['without', 0, 2, false],
      'feature#matched': ['all', 0, 1, false],
    });
  });

  it('is none for a relation that leads to itself, which one that leads to it asks as a whole', () => {
    const formulas = formulasOf(
      compiled(
        modelOf(
          'type user\ntype team\n  relations\n    define member: [user, team#member]\n    define guest: [user] or member',
        ),
      ),
    );
    expect(formulas.map(({ name, one }) => [name, one.isRecursive, one.formula?.root.children[0]?.kind])).toEqual([
      ['team#member', true, undefined],
      ['team#guest', false, 'relation'],
    ]);
  });

  it('has no more than FORMULA_PARTS_MAX parts, however often relations double', () => {
    const twice = (relation: string): Rewrite => {
      return { intersection: { child: [computed(relation), computed(relation)] } };
    };
    const doubling = Array.from({ length: 20 }, (_, at) => [`r${at + 1}`, [twice(`r${at}`)]] as const);
    const model = compiled(docModel({ r0: [own, user], ...Object.fromEntries(doubling) }));
    const parts = formulasOf(model).map(({ one: { formula } }) => (formula === undefined ? 0 : partsOf(formula.root)));
    expect(Math.max(...parts)).toBeGreaterThan(FORMULA_PARTS_MAX / 4);
    expect(Math.max(...parts)).toBeLessThanOrEqual(FORMULA_PARTS_MAX);
    const index = new TupleIndex(model);
    index.write(keyOf('doc:1#r0@user:x'));
    const options = { limits: { stepsMax: 2_000 } };
    expect(check(index, keyOf('doc:1#r20@user:x'), options)).toEqual({ allowed: true });
    expect(check(index, keyOf('doc:1#r20@user:y'), options)).toEqual({ allowed: false });
  });
});

describe('validateTuple', () => {
  const model = compiled(modelOf(fixture('reference-model.fga')));
  it.each([
    ['partner:p#guest@user:x'],
    ['partner:p#guest@user:x@y.example'],
    ['partner:p#guest@user:é'],
    ['partner:p#stopped@user:*'],
    ['permission:x#granted@plan:gold#holder'],
  ])('allows %s', (text) => {
    expect(validateTuple(model, keyOf(text))).toBeUndefined();
  });

  it.each([
    ['partner:p#guest@user:*', 'does not admit'],
    ['partner:p#stopped@user:x', 'does not admit'],
    ['partner:p#member@user:x', 'does not admit'],
    ['partner:p#guest@plan:gold#holder', 'does not admit'],
    ['partner:p#idle@user:x', 'a condition is missing'],
    ['partner:p#nothing@user:x', 'is not in the model'],
    ['nothing:p#guest@user:x', 'is not in the model'],
    ['partner:p#guest@robot:x', 'is not in the model'],
    ['partner:*#guest@user:x', 'of the form'],
    ['partner:p#guest@user:a b', 'of the form'],
    ['partner:p#guest@user:a\u00a0b', 'of the form'],
    ['partner:p#guest@:x', 'of the form'],
    ['partner:p#guest@user:', 'of the form'],
    ['partner:p#guest@user:a:b', 'of the form'],
    ['partner:p#guest@user:a*', 'of the form'],
    ['partner:p#guest@us@er:a', 'of the form'],
    [`partner:p#guest@${'u'.repeat(255)}:a`, 'of the form'],
    ['partner:p#guest@user', 'of the form'],
    ['partner:p#guest@user:*#member', 'of the form'],
    [`partner:${'p'.repeat(256)}#guest@user:x`, 'of the form'],
    ['partner:p#guest@user:\ud800', 'well-formed'],
  ])('refuses %s', (text, problem) => {
    expect(validateTuple(model, keyOf(text))).toContain(problem);
  });

  it.each([
    ['until', { at: '2026-01-01T00:00:00Z' }, undefined],
    ['until', undefined, undefined],
    ['until', { at: 'tomorrow' }, 'another type'],
    ['until', { until: 1 }, 'no parameter'],
    ['in_rollout', { percentage: 1 }, 'not admitted'],
    ['sometimes', {}, 'not in the model'],
  ])('condition %s with %j: %s', (name, context, problem) => {
    const found = validateTuple(model, withCondition('partner:p#idle@user:x', name, context));
    if (problem === undefined) expect(found).toBeUndefined();
    else expect(found).toContain(problem);
  });
});
