import type {
  AuthorizationModel,
  RelationReference,
  Rewrite,
  TypeDefinition,
} from '../../../src/domain/relation/model.ts';
import { CONDITIONS, definitionOf } from './conditions.ts';
import type { Random } from './random.ts';

/** Few names, so that things meet. */
const OBJECT_TYPES = ['doc', 'team', 'org'] as const;
const NAMES = ['a', 'b', 'c', 'd'] as const;
const PARENT = 'parent';
const OWN: Rewrite = { this: {} };

interface Plan {
  readonly types: readonly string[];
  readonly userTypes: readonly string[];
  readonly relations: readonly string[];
  readonly conditions: readonly string[];
  /** Whether the types have a relation to go on by. */
  readonly parents: boolean;
}

/** A model that is mostly one that OpenFGA accepts. */
export function randomModel(random: Random): AuthorizationModel {
  const plan: Plan = {
    types: OBJECT_TYPES.slice(0, random.between(1, OBJECT_TYPES.length)),
    userTypes: random.chance(0.2) ? ['user', 'bot'] : ['user'],
    relations: NAMES.slice(0, random.between(2, NAMES.length)),
    conditions: random.chance(0.35) ? [] : random.some(Object.keys(CONDITIONS), random.between(1, 3)),
    parents: random.chance(0.7),
  };
  return modelOf(plan, (relation) => randomRelation(random, plan, relation));
}

interface Relation {
  readonly rewrite: Rewrite;
  readonly references: readonly RelationReference[];
}

function modelOf(plan: Plan, relationOf: (relation: string) => Relation): AuthorizationModel {
  const definitions = plan.types.map((type): TypeDefinition => {
    const names = plan.parents ? [...plan.relations, PARENT] : plan.relations;
    const made = names.map((name) => [name, relationOf(name)] as const);
    return {
      type,
      relations: Object.fromEntries(made.map(([name, { rewrite }]) => [name, rewrite])),
      metadata: {
        relations: Object.fromEntries(
          made.map(([name, { references }]) => [name, { directly_related_user_types: references }]),
        ),
      },
    };
  });
  return {
    schema_version: '1.1',
    type_definitions: [...plan.userTypes.map((type) => ({ type })), ...definitions],
    ...(plan.conditions.length > 0 && {
      conditions: Object.fromEntries(plan.conditions.map((name) => [name, definitionOf(name)])),
    }),
  };
}

function randomRelation(random: Random, plan: Plan, relation: string): Relation {
  if (relation === PARENT) {
    const parents = random.some(plan.types, random.between(1, plan.types.length));
    const references = parents.map((parent) => withCondition(random, plan, { type: parent }, 0.1));
    return { rewrite: OWN, references };
  }
  const rewrite = random.chance(relation === plan.relations.at(-1) ? 0.7 : 0.3)
    ? OWN
    : randomRewrite(random, plan, relation, 0);
  const direct = JSON.stringify(rewrite).includes('"this"');
  return { rewrite, references: direct ? randomReferences(random, plan) : [] };
}

/** Direct users mostly come first, as the DSL wants; the JSON form knows no such order. */
function randomRewrite(random: Random, plan: Plan, relation: string, nesting: number, first = true): Rewrite {
  const anywhere = random.chance(0.05);
  const leaf = (isFirst: boolean): Rewrite => {
    const roll = random.next();
    // Mostly onwards in the alphabet, or relations lead round and the model is refused.
    const onwards = plan.relations.filter((other) => other > relation || random.chance(0.05));
    if (onwards.length === 0 || (roll < 0.4 && (isFirst || anywhere))) return OWN;
    if (roll < 0.75 || !plan.parents) return { computedUserset: { relation: random.pick(onwards) } };
    return {
      tupleToUserset: { tupleset: { relation: PARENT }, computedUserset: { relation: random.pick(plan.relations) } },
    };
  };
  const part = (at: number): Rewrite => {
    const isFirst = first && at === 0;
    const nested = nesting < 2 && random.chance(0.2);
    return nested ? randomRewrite(random, plan, relation, nesting + 1, isFirst) : leaf(isFirst);
  };
  const parts = () => Array.from({ length: random.between(2, 3) }, (_, at) => part(at));
  const roll = random.next();
  if (roll < 0.2) return leaf(first);
  if (roll < 0.5) return { union: { child: parts() } };
  if (roll < 0.75) return { intersection: { child: parts() } };
  return { difference: { base: part(0), subtract: part(1) } };
}

function randomReferences(random: Random, plan: Plan): RelationReference[] {
  const made = random.list(random.between(1, 4), () => {
    const roll = random.next();
    const userType = random.pick(plan.userTypes);
    if (roll < 0.35) return withCondition(random, plan, { type: userType }, 0.3);
    if (roll < 0.55) return withCondition(random, plan, { type: userType, wildcard: {} }, 0.3);
    if (roll < 0.95) {
      return withCondition(
        random,
        plan,
        { type: random.pick(plan.types), relation: random.pick(plan.relations) },
        0.25,
      );
    }
    return withCondition(random, plan, { type: random.pick(plan.types) }, 0.2);
  });
  // Everybody beside single users, with and without conditions: where they meet is where servers err.
  if (random.chance(0.3)) {
    const type = random.pick(plan.userTypes);
    made.push(withCondition(random, plan, { type }, 0.5), withCondition(random, plan, { type, wildcard: {} }, 0.5));
  }
  return [...new Map(made.map((one) => [JSON.stringify(one), one])).values()];
}

function withCondition(random: Random, plan: Plan, one: RelationReference, probability: number): RelationReference {
  if (plan.conditions.length === 0 || !random.chance(probability)) return one;
  return { ...one, condition: random.pick(plan.conditions) };
}

/**
 * The same types and relations, all direct, with every user that there can be: in it tuples can be written that the model itself does not
 * allow.
 */
export function openModel(model: AuthorizationModel): AuthorizationModel {
  const objects = model.type_definitions.filter(({ relations }) => relations && Object.keys(relations).length > 0);
  const plain: RelationReference[] = model.type_definitions.flatMap(({ type, relations = {} }) => [
    { type },
    ...Object.keys(relations).map((relation) => ({ type, relation })),
    { type, wildcard: {} },
  ]);
  const conditions = Object.keys(model.conditions ?? {});
  const references = [...plain, ...conditions.flatMap((condition) => plain.map((one) => ({ ...one, condition })))];
  return {
    ...model,
    type_definitions: model.type_definitions.map((definition) => {
      if (!objects.includes(definition)) return definition;
      const names = Object.keys(definition.relations ?? {});
      return {
        type: definition.type,
        relations: Object.fromEntries(names.map((name) => [name, OWN])),
        metadata: {
          relations: Object.fromEntries(names.map((name) => [name, { directly_related_user_types: references }])),
        },
      };
    }),
  };
}
