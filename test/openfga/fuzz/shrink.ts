import type {
  AuthorizationModel,
  RelationReference,
  Rewrite,
  TypeDefinition,
} from '../../../src/domain/relation/model.ts';
import type { Case, World } from './random-world.ts';

/** A world with the one question that matters. */
export interface SingleCase extends Pick<World, 'model' | 'writtenBy' | 'tuples'>, Case {}

/** Most trials of one shrinking; each is a store on two servers. */
const TRIALS_MAX = 500;

/** A smaller case that is interesting still; greedy, so not always the smallest. */
export async function shrink(
  start: SingleCase,
  interesting: (smaller: SingleCase) => Promise<boolean>,
  trialsMax = TRIALS_MAX,
): Promise<SingleCase> {
  let current = start;
  let trials = 0;
  for (let shrunk = true; shrunk;) {
    shrunk = false;
    for (const smaller of smallerThan(current)) {
      trials += 1;
      if (trials > trialsMax) return current;
      if (await interesting(smaller)) {
        current = smaller;
        shrunk = true;
        break;
      }
    }
  }
  return current;
}

function* smallerThan(one: SingleCase): Generator<SingleCase> {
  const { contextual = [], context } = one.circumstances;
  const withCircumstances = (circumstances: Case['circumstances']) => ({ ...one, circumstances });
  if (one.writtenBy) {
    const { writtenBy: _, ...rest } = one;
    yield rest;
  }
  for (const half of halves(one.tuples)) yield { ...one, tuples: half };
  for (const tuples of droppings(one.tuples)) yield { ...one, tuples };
  for (const fewer of droppings(contextual)) yield withCircumstances({ ...one.circumstances, contextual: fewer });
  for (const key of Object.keys(context ?? {})) {
    yield withCircumstances({ ...one.circumstances, context: without(context!, key) });
  }
  if (contextual.length > 0) {
    yield { ...withCircumstances({ ...one.circumstances, contextual: [] }), tuples: [...one.tuples, ...contextual] };
  }
  for (const [at, tuple] of one.tuples.entries()) {
    const { condition, ...key } = tuple;
    if (condition) yield { ...one, tuples: one.tuples.with(at, key) };
  }
  for (const model of smallerModels(one.model)) yield { ...one, model };
}

function* halves<T>(items: readonly T[]): Generator<readonly T[]> {
  if (items.length < 4) return;
  const middle = Math.floor(items.length / 2);
  yield items.slice(middle);
  yield items.slice(0, middle);
}

function* droppings<T>(items: readonly T[]): Generator<readonly T[]> {
  for (const at of items.keys()) yield items.toSpliced(at, 1);
}

function without<T>(record: Readonly<Record<string, T>>, key: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== key));
}

/** Without a type, a relation, a condition, a part of a rewrite, a type restriction; what does not fit any more the servers refuse. */
function* smallerModels(model: AuthorizationModel): Generator<AuthorizationModel> {
  const replaced = (type: TypeDefinition, by: TypeDefinition) => ({
    ...model,
    type_definitions: model.type_definitions.map((one) => (one === type ? by : one)),
  });
  for (const type of model.type_definitions) {
    yield { ...model, type_definitions: model.type_definitions.filter((one) => one !== type) };
  }
  for (const condition of Object.keys(model.conditions ?? {})) {
    yield { ...model, conditions: without(model.conditions!, condition) };
  }
  for (const type of model.type_definitions) {
    for (const [relation, rewrite] of Object.entries(type.relations ?? {})) {
      const metadata = type.metadata?.relations ?? {};
      yield replaced(type, {
        ...type,
        relations: without(type.relations!, relation),
        metadata: { relations: without(metadata, relation) },
      });
      const references = metadata[relation]?.directly_related_user_types ?? [];
      for (const smaller of smallerRewrites(rewrite)) {
        const direct = JSON.stringify(smaller).includes('"this"');
        yield replaced(type, withRelation(type, relation, smaller, direct ? references : []));
      }
      for (const fewer of droppings(references)) yield replaced(type, withRelation(type, relation, rewrite, fewer));
    }
  }
}

function withRelation(
  type: TypeDefinition,
  relation: string,
  rewrite: Rewrite,
  references: readonly RelationReference[],
): TypeDefinition {
  return {
    ...type,
    relations: { ...type.relations, [relation]: rewrite },
    metadata: { relations: { ...type.metadata?.relations, [relation]: { directly_related_user_types: references } } },
  };
}

function* smallerRewrites(rewrite: Rewrite): Generator<Rewrite> {
  if ('union' in rewrite) yield* smallerChildren(rewrite.union.child, (child) => ({ union: { child } }));
  else if ('intersection' in rewrite) {
    yield* smallerChildren(rewrite.intersection.child, (child) => ({ intersection: { child } }));
  } else if ('difference' in rewrite) {
    const { base, subtract } = rewrite.difference;
    yield base;
    yield subtract;
    for (const smaller of smallerRewrites(base)) yield { difference: { base: smaller, subtract } };
    for (const smaller of smallerRewrites(subtract)) yield { difference: { base, subtract: smaller } };
  }
}

function* smallerChildren(child: readonly Rewrite[], make: (child: readonly Rewrite[]) => Rewrite): Generator<Rewrite> {
  yield* child;
  if (child.length > 2) for (const fewer of droppings(child)) yield make(fewer);
  for (const [at, one] of child.entries()) {
    for (const smaller of smallerRewrites(one)) yield make(child.with(at, smaller));
  }
}
