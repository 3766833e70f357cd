import { relationOf } from './compiled-model.ts';
import type { CompiledModel, CompiledRelation, Conditions, Restrictions } from './compiled-model.ts';
import { compileCondition } from './condition/compile-condition.ts';
import type { CompiledCondition } from './condition/compile-condition.ts';
import type { AuthorizationModel, RelationReference, Rewrite } from './model.ts';
import { problemsOf, restrictionsOf, tuplesetsOf } from './model-problems.ts';
import type { ModelError } from './model-problems.ts';
import { Computed } from './rewrite/computed.ts';
import { Direct } from './rewrite/direct.ts';
import { Exclusion } from './rewrite/exclusion.ts';
import { Intersection } from './rewrite/intersection.ts';
import type { Operator } from './rewrite/operator.ts';
import { TupleToUserset } from './rewrite/tuple-to-userset.ts';
import { Union } from './rewrite/union.ts';
import { Vocabulary } from './vocabulary.ts';

export type { CompiledModel, ModelError };

/** Conditions of a model at most. */
export const CONDITIONS_MAX = 1_000;

export type CompileResult =
  | { readonly model: CompiledModel; readonly problems?: undefined }
  | { readonly model?: undefined; readonly problems: readonly ModelError[] };

/** Compiles a model once for all stores that pin it, or says everything that is wrong with it, in the order of its definitions. */
export function compileModel(source: AuthorizationModel): CompileResult {
  const problems = problemsOf(source);
  const vocabulary = new Vocabulary();
  const conditions = compileConditions(source, vocabulary, problems);
  if (problems.length > 0) return { problems };
  for (const { type, relations } of source.type_definitions) {
    vocabulary.types.intern(type);
    for (const relation of Object.keys(relations ?? {})) vocabulary.relations.intern(relation);
  }
  const flat = flatRelationsOf(source);
  const relations = source.type_definitions.map(({ type, relations: own = {} }) => {
    const compiled: (CompiledRelation | undefined)[] = [];
    const tuplesets = tuplesetsOf(source, type);
    for (const [name, rewrite] of Object.entries(own)) {
      const references = restrictionsOf(source, type, name);
      const relation = vocabulary.relations.idOf(name);
      compiled[relation] = {
        typeName: type,
        name,
        type: vocabulary.types.idOf(type),
        relation,
        operator: operatorOf(rewrite, vocabulary),
        restrictions: compileRestrictions(references, vocabulary),
        isFlat: flat.has(`${type}#${name}`),
        admitsFlatUsersets: references.some((reference) => flat.has(`${reference.type}#${reference.relation}`)),
        hasFlatUsersetsOnly: references.every(
          (reference) => reference.relation === undefined || flat.has(`${reference.type}#${reference.relation}`),
        ),
        isTupleset: tuplesets.has(name),
      };
    }
    return compiled;
  });
  const hasType = (type: string) => relations[vocabulary.types.idOf(type)] !== undefined;
  const hasRelation = (type: string, relation: string) =>
    relationOf({ vocabulary, relations }, type, relation) !== undefined;
  return { model: { source, vocabulary, relations, conditions, hasType, hasRelation } };
}

function compileConditions(
  source: AuthorizationModel,
  vocabulary: Vocabulary,
  problems: ModelError[],
): CompiledCondition[] {
  const compiled: CompiledCondition[] = [];
  const definitions = Object.entries(source.conditions ?? {});
  if (definitions.length > CONDITIONS_MAX) {
    problems.push({ code: 'invalid_condition', message: `more than ${CONDITIONS_MAX} conditions` });
    return compiled;
  }
  for (const [name, definition] of definitions) {
    const refuse = (problem: string) => {
      problems.push({ code: 'invalid_condition', condition: name, message: `condition ${name}: ${problem}` });
    };
    if (definition.name !== name || !/^[^*:#\s]{2,256}$/u.test(name))
      refuse('its name is not a name, or not that of its entry');
    const result = compileCondition(definition, vocabulary.keys);
    if ('problem' in result) refuse(result.problem);
    else compiled[vocabulary.conditions.intern(name)] = result.condition;
  }
  return compiled;
}

function operatorOf(rewrite: Rewrite, vocabulary: Vocabulary): Operator {
  const { relations } = vocabulary;
  const all = (children: readonly Rewrite[]) => children.map((child) => operatorOf(child, vocabulary));
  if ('this' in rewrite) return new Direct();
  if ('computedUserset' in rewrite) {
    const { relation } = rewrite.computedUserset;
    return new Computed(relations.idOf(relation), relation);
  }
  if ('tupleToUserset' in rewrite) {
    const { tupleset, computedUserset } = rewrite.tupleToUserset;
    // A relation that only other types define may not have a number yet.
    const computed = relations.intern(computedUserset.relation);
    const label = `${computedUserset.relation} from ${tupleset.relation}`;
    return new TupleToUserset(relations.idOf(tupleset.relation), computed, label);
  }
  if ('union' in rewrite) return new Union(all(rewrite.union.child));
  if ('intersection' in rewrite) return new Intersection(all(rewrite.intersection.child));
  return new Exclusion(
    operatorOf(rewrite.difference.base, vocabulary),
    operatorOf(rewrite.difference.subtract, vocabulary),
  );
}

function compileRestrictions(references: readonly RelationReference[], vocabulary: Vocabulary): Restrictions {
  const plain: (Conditions | undefined)[] = [];
  const wildcard: (Conditions | undefined)[] = [];
  const userset: (Conditions | undefined)[][] = [];
  for (const reference of references) {
    const type = vocabulary.types.idOf(reference.type);
    const condition = reference.condition === undefined ? 0 : vocabulary.conditions.idOf(reference.condition) + 1;
    if (reference.relation !== undefined) {
      const relation = vocabulary.relations.idOf(reference.relation);
      const own = (userset[type] ??= []);
      own[relation] = [...(own[relation] ?? []), condition];
    } else {
      const list = reference.wildcard === undefined ? plain : wildcard;
      list[type] = [...(list[type] ?? []), condition];
    }
  }
  return { plain, wildcard, userset, admitsUsersets: userset.length > 0 };
}

/** Relations that are written directly and admit no usersets. */
function flatRelationsOf(source: AuthorizationModel): Set<string> {
  const flat = new Set<string>();
  for (const { type, relations } of source.type_definitions) {
    for (const [name, rewrite] of Object.entries(relations ?? {})) {
      const references = restrictionsOf(source, type, name);
      if ('this' in rewrite && references.every(({ relation }) => relation === undefined)) flat.add(`${type}#${name}`);
    }
  }
  return flat;
}
