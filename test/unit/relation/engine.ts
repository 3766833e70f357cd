import { transformer } from '@openfga/syntax-transformer';
import { readFileSync } from 'node:fs';
import { compileModel } from '../../../src/domain/relation/compile-model.ts';
import type { CompiledModel } from '../../../src/domain/relation/compile-model.ts';
import type { Listing } from '../../../src/domain/relation/listing.ts';
import type { AuthorizationModel } from '../../../src/domain/relation/model.ts';
import { TupleIndex } from '../../../src/domain/relation/tuple-index.ts';
import type { Tuple, TupleKey } from '../../../src/domain/relation/tuple.ts';

/** The model of a DSL text; `model` and `schema` lines are added. */
export function modelOf(dsl: string): AuthorizationModel {
  const text = dsl.includes('schema 1.') ? dsl : `model\n  schema 1.1\n${dsl}`;
  return transformer.transformDSLToJSONObject(text) as unknown as AuthorizationModel;
}

/** Compiles a model that must be sound. */
export function compiled(source: AuthorizationModel): CompiledModel {
  const { model, problems } = compileModel(source);
  if (model === undefined) throw new Error(problems.map(({ message }) => message).join('\n'));
  return model;
}

/** An index of tuples given as `object#relation@user`, or whole. */
export function indexOf(dsl: string, tuples: readonly (string | Tuple)[]): TupleIndex {
  const index = new TupleIndex(compiled(modelOf(dsl)));
  for (const tuple of tuples) index.write(typeof tuple === 'string' ? keyOf(tuple) : tuple);
  return index;
}

/** An index of a compiled model. */
export function loaded(model: CompiledModel, tuples: readonly Tuple[]): TupleIndex {
  const index = new TupleIndex(model);
  for (const tuple of tuples) index.write(tuple);
  return index;
}

/** What a listing comes to, when nobody else takes a turn. */
export function made<Result>(listing: Listing<Result>): Result {
  for (;;) {
    const { done, value } = listing.next();
    if (done === true) return value;
  }
}

/** The key of `object#relation@user`. */
export function keyOf(text: string): TupleKey {
  const [, object, relation, user] = /^([^#]+)#([^@]+)@(.+)$/.exec(text)!;
  return { object: object!, relation: relation!, user: user! };
}

/** A tuple of `object#relation@user` with a condition. */
export function withCondition(text: string, name: string, context?: Readonly<Record<string, unknown>>): Tuple {
  return { ...keyOf(text), condition: context === undefined ? { name } : { name, context } };
}

/** Tuples in an order of their own, for comparing. */
export function sorted(tuples: Iterable<Tuple>): string[] {
  return [...tuples].map((tuple) => JSON.stringify([tuple.object, tuple.relation, tuple.user, tuple.condition])).sort();
}

export function fixture(name: string): string {
  return readFileSync(new URL(`./${name}`, import.meta.url), 'utf8');
}
