import { relationOf } from './compiled-model.ts';
import type { CompiledModel, CompiledRelation, Conditions, Restrictions } from './compiled-model.ts';
import { FormulaCompiler } from './compile-formula.ts';
import { operatorOf } from './compile-operator.ts';
import { compileCondition } from './condition/compile-condition.ts';
import type { CompiledCondition } from './condition/compile-condition.ts';
import { leadsOf } from './lead.ts';
import type { AuthorizationModel, RelationReference } from './model.ts';
import { restrictionsOf, tuplesetsOf } from './model-definitions.ts';
import { problemsOf } from './model-problems.ts';
import type { ModelError } from './model-problems.ts';
import { RelationGraph } from './relation-graph.ts';
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
  const graph = new RelationGraph(source);
  const formulas = new FormulaCompiler(graph, vocabulary);
  const relations = source.type_definitions.map(({ type, relations: own = {} }) => {
    const compiled = blank<CompiledRelation>(vocabulary.relations.names.length);
    const tuplesets = tuplesetsOf(source, type);
    for (const [name, rewrite] of Object.entries(own)) {
      const references = restrictionsOf(source, type, name);
      const relation = vocabulary.relations.idOf(name);
      const operator = operatorOf(rewrite, vocabulary);
      compiled[relation] = {
        typeName: type,
        name,
        type: vocabulary.types.idOf(type),
        relation,
        operator,
        restrictions: compileRestrictions(references, vocabulary),
        isFlat: graph.isFlat(type, name),
        formula: formulas.formulaOf(type, name),
        isRecursive: graph.isRecursive(type, name),
        ...usersetsAdmitted(references, graph, vocabulary),
        isPathDependent: graph.isPathDependent(type, name),
        leads: leadsOf(operator),
        leadsTaken: leadsOf(operator, true),
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
    if (definition.name !== name || !/^[^:#@\s]{1,50}$/u.test(name))
      refuse('its name is not a name, or not that of its entry');
    const result = compileCondition(definition, vocabulary.keys);
    if ('problem' in result) refuse(result.problem);
    else compiled[vocabulary.conditions.intern(name)] = result.condition;
  }
  return compiled;
}

function compileRestrictions(references: readonly RelationReference[], vocabulary: Vocabulary): Restrictions {
  const types = vocabulary.types.names.length;
  const plain = blank<Conditions>(types);
  const wildcard = blank<Conditions>(types);
  const userset = blank<(Conditions | undefined)[]>(types);
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
  return { plain, wildcard, userset, admitsUsersets: references.some(({ relation }) => relation !== undefined) };
}

/** What is known of the usersets that these references admit. */
function usersetsAdmitted(
  references: readonly RelationReference[],
  graph: RelationGraph,
  vocabulary: Vocabulary,
): Pick<CompiledRelation, 'admitsFlatUsersets' | 'admitsOpenUsersets' | 'deepUsersets'> {
  const usersets = references.flatMap(({ type, relation }) => (relation === undefined ? [] : [{ type, relation }]));
  const flat = usersets.filter(({ type, relation }) => graph.isFlat(type, relation));
  const deep = usersets.filter(({ type, relation }) => !graph.isFlat(type, relation));
  return {
    admitsFlatUsersets: flat.length > 0,
    admitsOpenUsersets: flat.some(({ type, relation }) => graph.admitsWildcards(type, relation)),
    deepUsersets: [...new Set(deep.map(({ relation }) => vocabulary.relations.idOf(relation)))],
  };
}

/** A list that has all its places from the start, so that looking up an empty one costs no more than another. */
function blank<T>(length: number): (T | undefined)[] {
  return Array.from({ length }, () => undefined);
}
