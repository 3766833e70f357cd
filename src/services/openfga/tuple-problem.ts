import { relationOf, type CompiledModel } from '../../domain/relation/compiled-model.ts';
import { convertValue } from '../../domain/relation/condition/parameter-type.ts';
import type { RelationReference } from '../../domain/relation/model.ts';
import { restrictionsOf } from '../../domain/relation/model-definitions.ts';
import type { Tuple, TupleKey } from '../../domain/relation/tuple.ts';
import { isType, validateTuple } from '../../domain/relation/validate-tuple.ts';
import { CONTEXT_BYTES_MAX } from './openfga-limits.ts';

/** Why a tuple or a question does not fit a model; OpenFGA's calls give it different codes. `condition`: it is the tuple's condition that does not fit. */
export interface TupleProblem {
  readonly kind: 'form' | 'type' | 'relation' | 'condition';
  readonly reason: string;
}

const form = (reason: string): TupleProblem => ({ kind: 'form', reason });
const noType = (type: string): TupleProblem => ({ kind: 'type', reason: `type '${type}' not found` });
const noRelation = (type: string, relation: string): TupleProblem => ({
  kind: 'relation',
  reason: `relation '${type}#${relation}' not found`,
});
const badCondition = (reason: string): TupleProblem => ({ kind: 'condition', reason });

const USER_RULE =
  "the 'user' field must be an object (e.g. document:1) or an 'object#relation' or a typed wildcard (e.g. group:*)";

// As OpenFGA reads them: neither control characters nor spaces, and the marks in their places.
const OBJECT = /^[^\p{Cc}#: ]+:[^\p{Cc}#: ]+$/u;
const USERSET = /^[^\p{Cc}#: ]+:[^\p{Cc}#:* ]+#[^\p{Cc}#:* ]+$/u;
const USER_ID = /^[^\p{Cc}#: ]+$/u;
const RELATION = /^[^\p{Cc}#:@ ]+$/u;

export const typeOf = (name: string): string => name.slice(0, Math.max(0, name.indexOf(':')));

/** What keeps a key from being asked about: its user, its object, its relation, in this order. Undefined: nothing. */
export function keyProblem(model: CompiledModel, key: TupleKey): TupleProblem | undefined {
  return userProblem(model, key.user) ?? objectProblem(model, key.object) ?? relationProblem(model, key);
}

export function userProblem(model: CompiledModel, user: string): TupleProblem | undefined {
  const isUserset = USERSET.test(user);
  if (!isUserset && !OBJECT.test(user)) return form(USER_ID.test(user) ? USER_RULE : "the 'user' field is malformed");
  const type = typeOf(user);
  if (!isType(model, type)) return noType(type);
  if (!isUserset) return undefined;
  const relation = user.slice(user.indexOf('#') + 1);
  return relationOf(model, type, relation) === undefined ? noRelation(type, relation) : undefined;
}

export function objectProblem(model: CompiledModel, object: string): TupleProblem | undefined {
  if (!OBJECT.test(object)) return form("invalid 'object' field format");
  if (object.endsWith(':*')) return form("the 'object' field cannot reference a typed wildcard");
  const type = typeOf(object);
  return isType(model, type) ? undefined : noType(type);
}

export function relationProblem(model: CompiledModel, key: Omit<TupleKey, 'user'>): TupleProblem | undefined {
  if (!RELATION.test(key.relation)) return form("the 'relation' field is malformed");
  const type = typeOf(key.object);
  return relationOf(model, type, key.relation) === undefined ? noRelation(type, key.relation) : undefined;
}

/** What keeps a tuple from being written, or from being a contextual one. */
export function tupleProblem(model: CompiledModel, tuple: Tuple): TupleProblem | undefined {
  const problem = keyProblem(model, tuple) ?? restrictionProblem(model, tuple) ?? conditionProblem(model, tuple);
  if (problem !== undefined) return problem;
  // What is left are limits of this engine.
  const reason = validateTuple(model, tuple);
  return reason === undefined ? undefined : form(reason);
}

/** Of a request's context or a stored one: texts that hold a NUL. */
export function contextProblem(context: unknown): string | undefined {
  if (typeof context === 'string') {
    return context.includes('\0') ? 'context value "\\x00" contains forbidden characters' : undefined;
  }
  if (typeof context !== 'object' || context === null) return undefined;
  for (const [name, value] of Object.entries(context)) {
    const problem = name.includes('\0') ? 'context key "\\x00" contains forbidden characters' : contextProblem(value);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** `object#relation@user`, with the condition, as OpenFGA prints it. */
export function printTuple({ object, relation, user, condition }: Tuple): string {
  return `${object}#${relation}@${user}${condition ? ` (condition ${condition.name})` : ''}`;
}

const isWildcard = (user: string): boolean => user.endsWith(':*');

function admits(reference: RelationReference, user: string): boolean {
  if (reference.type !== typeOf(user)) return false;
  const hash = user.indexOf('#');
  if (hash >= 0) return reference.relation === user.slice(hash + 1);
  if (isWildcard(user)) return reference.wildcard !== undefined;
  return reference.wildcard === undefined && (reference.relation ?? '') === '';
}

function restrictionProblem(model: CompiledModel, { object, relation, user }: Tuple): TupleProblem | undefined {
  const type = typeOf(object);
  const place = `'${type}#${relation}'`;
  if (relationOf(model, type, relation)?.isTupleset) {
    if (isWildcard(user)) return form(`unexpected wildcard relationship with tupleset relation ${place}`);
    if (user.includes('#')) return form(`unexpected user '${user}' with tupleset relation ${place}`);
  }
  if (restrictionsOf(model.source, type, relation).some((reference) => admits(reference, user))) return undefined;
  const hash = user.indexOf('#');
  const kind = isWildcard(user)
    ? `the typed wildcard '${user}'`
    : hash < 0
      ? `type '${typeOf(user)}'`
      : `'${typeOf(user)}${user.slice(hash)}'`;
  return form(`${kind} is not an allowed type restriction for ${place}`);
}

function conditionProblem(model: CompiledModel, tuple: Tuple): TupleProblem | undefined {
  const { condition, user } = tuple;
  const admitted = restrictionsOf(model.source, typeOf(tuple.object), tuple.relation)
    .filter((reference) => admits(reference, user))
    .map((reference) => reference.condition ?? '');
  if (condition === undefined) return admitted.includes('') ? undefined : badCondition('condition is missing');
  const compiled = model.conditions.find(({ name }) => name === condition.name);
  if (compiled === undefined) return badCondition('undefined condition');
  if (!admitted.includes(condition.name)) return badCondition('invalid condition for type restriction');
  const context = condition.context ?? {};
  const forbidden = contextProblem(context);
  if (forbidden !== undefined) return badCondition(forbidden);
  for (const [name, value] of Object.entries(context)) {
    const parameter = compiled.parameters.find((candidate) => candidate.name === name);
    if (parameter === undefined) return badCondition(`found invalid context parameter: ${name}`);
    if (convertValue(parameter.type, value) === undefined) {
      return badCondition(
        `parameter type error on condition '${condition.name}' - failed to convert context parameter '${name}'`,
      );
    }
  }
  const length = Buffer.byteLength(JSON.stringify(context));
  return length > CONTEXT_BYTES_MAX
    ? badCondition(`condition context size limit exceeded: ${length} bytes exceeds ${CONTEXT_BYTES_MAX} bytes`)
    : undefined;
}
