import type { AuthorizationModel, RelationReference, Rewrite } from '../../../src/domain/relation/model.ts';
import { formatKey, type Tuple } from '../../../src/domain/relation/tuple.ts';
import type { Circumstances, Question } from '../question.ts';
import { conditionHolds } from './conditions.ts';
import { isSoundModel } from './sound-model.ts';

/**
 * The semantics and nothing else: no index, no compiling, no memory, no short cut. A cycle denies, and denies under `but not`, too;
 * `unknown` is a condition that cannot be told.
 */
type Membership = 'allowed' | 'denied' | 'cycle' | 'unknown' | 'depth';

/** What an answer must be: this one, this error, or any list between two bounds. */
export type Truth =
  | { readonly accepted: boolean }
  | { readonly allowed: boolean }
  | { readonly error: number }
  | { readonly atLeast: readonly string[]; readonly atMost: readonly string[] };

const VALIDATION_ERROR = 2000;
const TOO_COMPLEX = 2002;
const DEPTH_MAX = 25;
/** Relations looked at for one question; a world that needs more is left undecided. */
const STEPS_MAX = 200_000;

class Undecided extends Error {}

interface Asked {
  readonly model: AuthorizationModel;
  readonly tuples: readonly Tuple[];
  readonly context: Readonly<Record<string, unknown>>;
  steps: number;
  /** Whether a relation of an object led back to itself. */
  cycles: boolean;
}

const typeOf = (name: string) => name.split(':', 1)[0]!;

/** Stored tuples, with contextual ones in the place of those with their keys; of two contextual ones with the same key the first counts. */
function overlaid(stored: readonly Tuple[], contextual: readonly Tuple[]): Tuple[] {
  return [...new Map([...stored, ...contextual.toReversed()].map((tuple) => [formatKey(tuple), tuple])).values()];
}

/**
 * The right answer to a well-formed question. Undefined where the question or a contextual tuple is malformed, where it takes too long, and
 * for Expand, which evaluates nothing.
 */
export function truthOf(
  model: AuthorizationModel,
  stored: readonly Tuple[],
  question: Question,
  circumstances: Circumstances,
): Truth | undefined {
  return evaluateAll(model, stored, question, circumstances)?.truth;
}

/** Whether the evaluation of a well-formed question comes back to where it was. */
export function meetsCycle(
  model: AuthorizationModel,
  stored: readonly Tuple[],
  question: Question,
  circumstances: Circumstances,
): boolean {
  return evaluateAll(model, stored, question, circumstances)?.cycles ?? false;
}

function evaluateAll(
  model: AuthorizationModel,
  stored: readonly Tuple[],
  question: Question,
  { contextual = [], context = {} }: Circumstances,
): { readonly truth: Truth; readonly cycles: boolean } | undefined {
  if (question.call === 'Write' || question.call === 'Expand') return undefined;
  if (question.call === 'WriteAuthorizationModel') {
    const accepted = isSoundModel(model);
    return accepted === undefined ? undefined : { truth: { accepted }, cycles: false };
  }
  if (!isWellFormed(model, question, contextual)) return undefined;
  const asked: Asked = { model, tuples: overlaid(stored, contextual), context, steps: 0, cycles: false };
  try {
    const truth = answer(asked, question);
    return { truth, cycles: asked.cycles };
  } catch (error) {
    if (error instanceof Undecided) return undefined;
    throw error;
  }
}

type Asking = Extract<Question, { readonly call: 'Check' | 'ListObjects' | 'StreamedListObjects' | 'ListUsers' }>;

function answer(asked: Asked, question: Asking): Truth {
  const of = (user: string, object: string) => evaluate(asked, user, object, question.relation, 0, []);
  switch (question.call) {
    case 'Check':
      return decided(of(question.user, question.object));
    case 'ListObjects':
    case 'StreamedListObjects': {
      const { user, type } = question;
      const objects = namesIn([...asked.tuples.map(({ object }) => object), user.split('#')[0]!], type);
      const answers = objects.map((object) => of(user, object));
      return listed(objects, answers, []);
    }
    case 'ListUsers': {
      const { object, filter } = question;
      const users = usersFor(asked.tuples, object, filter);
      const answers = users.map((user) => of(user, object));
      const everybody = users.filter((user, at) => user.endsWith(':*') && answers[at] === 'allowed');
      return listed(users, answers, everybody);
    }
    default:
      return question satisfies never;
  }
}

const OBJECT = /^[^\s:#@*]+:[^\s:#*]+$/;
const USER = /^[^\s:#@*]+:([^\s:#*]+(#[^\s:#@*]+)?|\*)$/;

function isWellFormed(model: AuthorizationModel, question: Asking, contextual: readonly Tuple[]): boolean {
  const known = (type: string, relation: string | undefined) =>
    model.type_definitions.some((one) => one.type === type && (relation === undefined || one.relations?.[relation]));
  const isUser = (user: string) => USER.test(user) && known(typeOf(user), user.split('#')[1]);
  const isObject = (object: string) => OBJECT.test(object) && known(typeOf(object), question.relation);
  if (!contextual.every((one) => OBJECT.test(one.object) && USER.test(one.user) && admits(model, one))) return false;
  switch (question.call) {
    case 'Check':
      return isUser(question.user) && isObject(question.object);
    case 'ListObjects':
    case 'StreamedListObjects':
      return isUser(question.user) && known(question.type, question.relation);
    case 'ListUsers':
      return (
        !question.filter.includes(':') && isUser(question.filter.replace(/#|$/, ':1$&')) && isObject(question.object)
      );
    default:
      return question satisfies never;
  }
}

function decided(membership: Membership): Truth {
  if (membership === 'unknown') return { error: VALIDATION_ERROR };
  if (membership === 'depth') return { error: TOO_COMPLEX };
  return { allowed: membership === 'allowed' };
}

/** Where everybody is meant, single users need not be named. */
function listed(names: readonly string[], answers: readonly Membership[], everybody: readonly string[]): Truth {
  if (answers.includes('depth')) return { error: TOO_COMPLEX };
  if (answers.includes('unknown')) return { error: VALIDATION_ERROR };
  const atMost = names.filter((_, at) => answers[at] === 'allowed').toSorted();
  return { atLeast: everybody.length > 0 ? everybody : atMost, atMost };
}

const namesIn = (names: readonly string[], type: string) => [...new Set(names)].filter((name) => typeOf(name) === type);

function usersFor(tuples: readonly Tuple[], object: string, filter: string): string[] {
  const [type = '', named] = filter.split('#');
  if (named === undefined)
    return namesIn([...tuples.map(({ user }) => user), `${type}:*`], type).filter((user) => !user.includes('#'));
  const names = [...tuples.flatMap((tuple) => [tuple.object, tuple.user.split('#')[0]!]), object];
  return namesIn(names, type)
    .filter((name) => !name.endsWith(':*'))
    .map((name) => `${name}#${named}`);
}

const STRENGTH: readonly Membership[] = ['denied', 'allowed', 'cycle', 'unknown', 'depth'];
const stronger = (a: Membership, b: Membership) => (STRENGTH.indexOf(a) > STRENGTH.indexOf(b) ? a : b);

function either(answers: readonly Membership[]): Membership {
  return answers.includes('allowed') ? 'allowed' : answers.reduce(stronger, 'denied');
}

function every(answers: readonly Membership[]): Membership {
  if (answers.includes('denied')) return 'denied';
  return answers.includes('cycle') ? 'cycle' : answers.reduce(stronger, 'allowed');
}

function without(base: Membership, subtract: Membership): Membership {
  if (base === 'denied' || subtract === 'allowed') return 'denied';
  if (base === 'cycle' || subtract === 'cycle') return 'cycle';
  return subtract === 'denied' ? base : stronger(base, subtract);
}

function rewriteOf({ model }: Asked, type: string, relation: string): Rewrite | undefined {
  return model.type_definitions.find((definition) => definition.type === type)?.relations?.[relation];
}

function referencesOf(model: AuthorizationModel, type: string, relation: string): readonly RelationReference[] {
  const definition = model.type_definitions.find((candidate) => candidate.type === type);
  return definition?.metadata?.relations?.[relation]?.directly_related_user_types ?? [];
}

function admits(model: AuthorizationModel, tuple: Tuple): boolean {
  const [name, relation] = tuple.user.split('#') as [string, string | undefined];
  return referencesOf(model, typeOf(tuple.object), tuple.relation).some(
    (reference) =>
      reference.type === typeOf(name) &&
      reference.relation === relation &&
      (reference.wildcard !== undefined) === tuple.user.endsWith(':*') &&
      reference.condition === tuple.condition?.name,
  );
}

/** Whether the model allows the tuple, and its condition. */
function counts(asked: Asked, tuple: Tuple): Membership {
  if (!admits(asked.model, tuple)) return 'denied';
  if (tuple.condition === undefined) return 'allowed';
  const holds = conditionHolds(tuple.condition.name, { ...asked.context, ...tuple.condition.context });
  return holds === undefined ? 'unknown' : holds ? 'allowed' : 'denied';
}

function evaluate(
  asked: Asked,
  user: string,
  object: string,
  relation: string,
  depth: number,
  path: readonly string[],
): Membership {
  asked.steps += 1;
  if (asked.steps > STEPS_MAX) throw new Undecided();
  const self = `${object}#${relation}`;
  if (depth >= DEPTH_MAX) return 'depth';
  if (path.includes(self)) {
    asked.cycles = true;
    return 'cycle';
  }
  if (user === self) return 'allowed';
  const next = [...path, self];
  const of = (name: string) => asked.tuples.filter((tuple) => tuple.object === object && tuple.relation === name);
  const walk = (rewrite: Rewrite): Membership => {
    if ('this' in rewrite) return direct(asked, user, of(relation), depth, next);
    if ('computedUserset' in rewrite) {
      return evaluate(asked, user, object, rewrite.computedUserset.relation, depth + 1, next);
    }
    if ('tupleToUserset' in rewrite) {
      const { tupleset, computedUserset } = rewrite.tupleToUserset;
      const parents = of(tupleset.relation).filter(
        (tuple) => !tuple.user.includes('#') && rewriteOf(asked, typeOf(tuple.user), computedUserset.relation),
      );
      return either(
        parents.map((tuple) =>
          through(counts(asked, tuple), () =>
            evaluate(asked, user, tuple.user, computedUserset.relation, depth + 1, next),
          ),
        ),
      );
    }
    if ('union' in rewrite) return either(rewrite.union.child.map(walk));
    if ('intersection' in rewrite) return every(rewrite.intersection.child.map(walk));
    return without(walk(rewrite.difference.base), walk(rewrite.difference.subtract));
  };
  const rewrite = rewriteOf(asked, typeOf(object), relation);
  return rewrite === undefined ? 'denied' : walk(rewrite);
}

function direct(asked: Asked, user: string, tuples: readonly Tuple[], depth: number, path: readonly string[]) {
  const everybody = user.includes('#') ? user : `${typeOf(user)}:*`;
  return either(
    tuples.map((tuple) => {
      if (tuple.user === user || tuple.user === everybody) return counts(asked, tuple);
      const [name, named] = tuple.user.split('#');
      if (named === undefined) return 'denied';
      return through(counts(asked, tuple), () => evaluate(asked, user, name!, named, depth + 1, path));
    }),
  );
}

/** A way that is closed leads nowhere, however long it is. */
function through(open: Membership, further: () => Membership): Membership {
  return open === 'denied' ? 'denied' : every([open, further()]);
}
