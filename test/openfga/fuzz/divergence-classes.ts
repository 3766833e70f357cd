import type { AuthorizationModel } from '../../../src/domain/relation/model.ts';
import { formatKey, type Tuple } from '../../../src/domain/relation/tuple.ts';
import type { Question } from '../question.ts';
import { meetsCycle, type Truth } from './brute-force.ts';
import { accepts, STREAM_FAULT, type Difference, type Outcome } from './difference.ts';

const VALIDATION_ERROR = 2000;
const INVALID_MODEL = 2056;

/** A difference of which the truth is known. */
type Judged = Difference & { readonly truth: Truth };

interface DivergenceClass {
  readonly name: string;
  /** Who is right by the semantics, evaluated by brute force; a class holds no difference in which that is otherwise. */
  readonly right: 'gatehouse' | 'openfga' | 'both';
  readonly holds: (difference: Judged) => boolean;
}

/** The classes that are listed, each as narrow as it can be told from outside; a difference is of the first that holds it. */
const CLASSES: readonly DivergenceClass[] = [
  {
    name: 'loop-that-is-none',
    right: 'gatehouse',
    holds: ({ question, openfga }) => question.call === 'WriteAuthorizationModel' && isError(openfga, INVALID_MODEL),
  },
  {
    name: 'condition-that-decides-nothing',
    right: 'gatehouse',
    holds: ({ model, truth, openfga }) => hasConditions(model) && !('error' in truth) && isConditionError(openfga),
  },
  {
    name: 'condition-passed-over',
    right: 'gatehouse',
    holds: ({ model, truth, openfga }) =>
      hasConditions(model) && 'error' in truth && truth.error === VALIDATION_ERROR && !('error' in openfga),
  },
  {
    name: 'objects-among-usersets',
    right: 'gatehouse',
    holds: ({ question, openfga, gatehouse }) =>
      question.call === 'ListUsers' &&
      question.filter.includes('#') &&
      'list' in openfga &&
      'list' in gatehouse &&
      JSON.stringify(openfga.list.filter((name) => name.includes('#'))) === JSON.stringify(gatehouse.list),
  },
  {
    name: 'cycle-under-but-not',
    right: 'gatehouse',
    holds: ({ model, tuples, question, circumstances, truth, openfga }) =>
      hasExclusion(model) && isTooMuch(truth, openfga) && meetsCycle(model, tuples, question, circumstances),
  },
  {
    name: 'lost-beside-a-cycle',
    right: 'gatehouse',
    holds: ({ tuples, model, question, circumstances, truth, openfga }) =>
      question.call !== 'ListUsers' &&
      !('error' in openfga) &&
      !('error' in truth) &&
      !isTooMuch(truth, openfga) &&
      meetsCycle(model, tuples, question, circumstances),
  },
  {
    name: 'listed-though-excluded',
    right: 'gatehouse',
    holds: ({ model, question, truth, openfga }) =>
      question.call === 'ListUsers' && hasExclusion(model) && isTooMuch(truth, openfga),
  },
  {
    name: 'excluded-in-one-branch',
    right: 'gatehouse',
    holds: ({ model, question, truth, openfga }) =>
      question.call === 'ListUsers' && hasExclusion(model) && 'list' in openfga && !isTooMuch(truth, openfga),
  },
  { name: 'contextual-in-place-of-stored', right: 'gatehouse', holds: isReconditioned },
  {
    name: 'wildcard-and-user-with-conditions',
    right: 'gatehouse',
    holds: ({ tuples, circumstances, question, truth, openfga }) =>
      !('error' in truth) &&
      !('error' in openfga) &&
      wildcardBesideUser([...tuples, ...(circumstances.contextual ?? [])], userTypeOf(question)),
  },
  {
    name: 'another-relation-in-a-recursion',
    right: 'gatehouse',
    holds: ({ model, tuples, circumstances, truth, openfga }) =>
      isTooMuch(truth, openfga) && leadsBesideRecursion(model, [...tuples, ...(circumstances.contextual ?? [])]),
  },
  {
    name: 'named-beside-everybody',
    right: 'both',
    holds: ({ gatehouse, openfga }) =>
      [gatehouse, openfga].every((one) => 'list' in one && one.list.some((name) => name.endsWith(':*'))),
  },
];

export const CLASS_NAMES: readonly string[] = CLASSES.map(({ name }) => name);

/** The listed class of a difference; undefined for one that is to be looked at. */
export function classOf(difference: Difference): string | undefined {
  const { truth, gatehouse, openfga } = difference;
  if (truth === undefined) return undefined;
  const [ours, theirs] = [accepts(truth, gatehouse), accepts(truth, openfga)];
  if (!ours && !theirs) return undefined;
  const right = ours && theirs ? 'both' : ours ? 'gatehouse' : 'openfga';
  return CLASSES.find((one) => one.right === right && one.holds({ ...difference, truth }))?.name;
}

function hasConditions(model: AuthorizationModel): boolean {
  return Object.keys(model.conditions ?? {}).length > 0;
}

function hasExclusion(model: AuthorizationModel): boolean {
  return JSON.stringify(model).includes('"difference"');
}

function isError(outcome: Outcome, error: number): boolean {
  return 'error' in outcome && outcome.error === error;
}

function isConditionError(outcome: Outcome): boolean {
  return isError(outcome, VALIDATION_ERROR) || isError(outcome, STREAM_FAULT);
}

/** Whether OpenFGA lets in somebody that is not. */
function isTooMuch(truth: Truth, openfga: Outcome): boolean {
  if ('allowed' in openfga) return openfga.allowed && 'allowed' in truth && !truth.allowed;
  return 'list' in openfga && 'atMost' in truth && openfga.list.some((name) => !truth.atMost.includes(name));
}

/** Whether a contextual tuple has the key of a stored one, or of another contextual one, and another condition or context. */
function isReconditioned({ tuples, circumstances, openfga }: Difference): boolean {
  const conditions = new Map<string, string | undefined>();
  return (
    !('error' in openfga) &&
    [...tuples, ...(circumstances.contextual ?? [])].some((tuple) => {
      const [key, condition] = [formatKey(tuple), JSON.stringify(tuple.condition)];
      if (conditions.has(key)) return conditions.get(key) !== condition;
      conditions.set(key, condition);
      return false;
    })
  );
}

/** A relation admits its own usersets of its own type, and a tuple of it leads to another relation of that type. */
function leadsBesideRecursion(model: AuthorizationModel, tuples: readonly Tuple[]): boolean {
  return tuples.some(({ object, relation, user }) => {
    const [type, [name, named]] = [object.split(':')[0]!, user.split('#') as [string, string | undefined]];
    if (named === undefined || named === relation || name.split(':')[0] !== type) return false;
    const definition = model.type_definitions.find((one) => one.type === type);
    const references = definition?.metadata?.relations?.[relation]?.directly_related_user_types ?? [];
    return references.some((one) => one.type === type && one.relation === relation);
  });
}

function userTypeOf(question: Question): string | undefined {
  if ('user' in question) return question.user.split(':')[0];
  return question.call === 'ListUsers' ? question.filter : undefined;
}

/** Everybody of the type and one of them in one relation to one object, one of the two with a condition. */
function wildcardBesideUser(tuples: readonly Tuple[], type: string | undefined): boolean {
  return tuples.some(
    (wildcard) =>
      wildcard.user === `${type}:*` &&
      tuples.some(
        (tuple) =>
          tuple.object === wildcard.object &&
          tuple.relation === wildcard.relation &&
          tuple.user !== wildcard.user &&
          !tuple.user.includes('#') &&
          tuple.user.startsWith(`${type}:`) &&
          (tuple.condition !== undefined || wildcard.condition !== undefined),
      ),
  );
}
