import type { AuthorizationModel, RelationReference, Rewrite } from '../../../src/domain/relation/model.ts';
import type { Tuple, TupleKey } from '../../../src/domain/relation/tuple.ts';

/**
 * The semantics and nothing else: no index, no compiling, no memory, no short cut. Three-valued, with cycles as denials that deny under
 * `but not`, too. Conditions are given as functions of the merged context.
 */
export type Answer = 'allowed' | 'denied' | 'cycle' | 'missing-context' | 'breadth' | 'depth';

export interface World {
  readonly model: AuthorizationModel;
  readonly tuples: readonly Tuple[];
  readonly context: Readonly<Record<string, unknown>>;
  readonly depthMax: number;
  readonly breadthMax: number;
  readonly conditions: Readonly<Record<string, { parameters: readonly string[]; holds: (context: never) => boolean }>>;
}

const STRENGTH: readonly Answer[] = ['denied', 'allowed', 'cycle', 'missing-context', 'breadth', 'depth'];
const stronger = (a: Answer, b: Answer) => (STRENGTH.indexOf(a) > STRENGTH.indexOf(b) ? a : b);

function either(answers: readonly Answer[]): Answer {
  return answers.includes('allowed') ? 'allowed' : answers.reduce(stronger, 'denied');
}

function every(answers: readonly Answer[]): Answer {
  if (answers.includes('denied')) return 'denied';
  return answers.includes('cycle') ? 'cycle' : answers.reduce(stronger, 'allowed');
}

function without(base: Answer, subtract: Answer): Answer {
  if (base === 'denied' || subtract === 'allowed') return 'denied';
  if (base === 'cycle' || subtract === 'cycle') return 'cycle';
  return subtract === 'denied' ? base : stronger(base, subtract);
}

const typeOf = (name: string) => name.slice(0, name.indexOf(':'));

function rewriteOf(world: World, type: string, relation: string): Rewrite | undefined {
  return world.model.type_definitions.find((definition) => definition.type === type)?.relations?.[relation];
}

function admittedOf(world: World, type: string, relation: string): readonly RelationReference[] {
  const definition = world.model.type_definitions.find((candidate) => candidate.type === type);
  return definition?.metadata?.relations?.[relation]?.directly_related_user_types ?? [];
}

/** Direct, and admits no usersets. */
function isFlat(world: World, type: string, relation: string): boolean {
  const rewrite = rewriteOf(world, type, relation);
  return rewrite !== undefined && 'this' in rewrite && admittedOf(world, type, relation).every((one) => !one.relation);
}

/** Whether the model allows the tuple, and its condition. */
function holds(world: World, tuple: Tuple): Answer {
  const [name, relation] = tuple.user.split('#') as [string, string | undefined];
  const admitted = admittedOf(world, typeOf(tuple.object), tuple.relation).some(
    (reference) =>
      reference.type === typeOf(name) &&
      reference.relation === relation &&
      (reference.wildcard !== undefined) === tuple.user.endsWith(':*') &&
      reference.condition === tuple.condition?.name,
  );
  if (!admitted) return 'denied';
  if (tuple.condition === undefined) return 'allowed';
  const merged = { ...world.context, ...tuple.condition.context };
  const condition = world.conditions[tuple.condition.name]!;
  if (condition.parameters.some((parameter) => !Object.hasOwn(merged, parameter))) return 'missing-context';
  return condition.holds(merged as never) ? 'allowed' : 'denied';
}

/** The tuples, of a key the last, with contextual ones, of a key the first, in the place of those with their keys. */
export function overlaid(stored: readonly Tuple[], contextual: readonly Tuple[]): Tuple[] {
  const key = ({ object, relation, user }: TupleKey) => `${object} ${relation} ${user}`;
  return [...new Map([...stored, ...contextual.toReversed()].map((tuple) => [key(tuple), tuple])).values()];
}

export function bruteForce(world: World, question: TupleKey): Answer {
  return evaluate(world, question.user, question.object, question.relation, 0, []);
}

function evaluate(
  world: World,
  user: string,
  object: string,
  relation: string,
  depth: number,
  path: readonly string[],
): Answer {
  const self = `${object}#${relation}`;
  if (depth >= world.depthMax) return 'depth';
  if (path.includes(self)) return 'cycle';
  if (user === self) return 'allowed';
  const next = [...path, self];
  const walk = (rewrite: Rewrite): Answer => {
    if ('this' in rewrite) return direct(world, user, object, relation, depth, next);
    if ('computedUserset' in rewrite) {
      return evaluate(world, user, object, rewrite.computedUserset.relation, depth + 1, next);
    }
    if ('tupleToUserset' in rewrite) {
      const { tupleset, computedUserset } = rewrite.tupleToUserset;
      const parents = world.tuples.filter((tuple) => tuple.object === object && tuple.relation === tupleset.relation);
      const counted = parents.filter((tuple) => !tuple.user.includes('#'));
      if (counted.length > world.breadthMax) return 'breadth';
      return either(
        counted.map((tuple) => {
          if (rewriteOf(world, typeOf(tuple.user), computedUserset.relation) === undefined) return 'denied';
          return every([
            holds(world, tuple),
            evaluate(world, user, tuple.user, computedUserset.relation, depth + 1, next),
          ]);
        }),
      );
    }
    if ('union' in rewrite) return either(rewrite.union.child.map(walk));
    if ('intersection' in rewrite) return every(rewrite.intersection.child.map(walk));
    return without(walk(rewrite.difference.base), walk(rewrite.difference.subtract));
  };
  return walk(rewriteOf(world, typeOf(object), relation)!);
}

function direct(
  world: World,
  user: string,
  object: string,
  relation: string,
  depth: number,
  path: readonly string[],
): Answer {
  const tuples = world.tuples.filter((tuple) => tuple.object === object && tuple.relation === relation);
  const wildcard = user.includes('#') ? user : `${typeOf(user)}:*`;
  const own = tuples
    .filter((tuple) => tuple.user === user || tuple.user === wildcard)
    .map((tuple) => holds(world, tuple));
  const admitted = admittedOf(world, typeOf(object), relation);
  const usersets = tuples
    .map((tuple) => ({ tuple, name: tuple.user.split('#')[0]!, named: tuple.user.split('#')[1] }))
    .filter(({ name, named }) => admitted.some((one) => one.relation === named && named && one.type === typeOf(name)));
  const flat = usersets.filter(({ name, named }) => isFlat(world, typeOf(name), named!));
  const deep = usersets.filter((userset) => !flat.includes(userset));
  const followed = deep.length > world.breadthMax ? flat : usersets;
  const inside = followed.map(({ tuple, name, named }) =>
    every([holds(world, tuple), evaluate(world, user, name, named!, depth + 1, path)]),
  );
  return either([...own, ...inside, ...(deep.length > world.breadthMax ? (['breadth'] as const) : [])]);
}
