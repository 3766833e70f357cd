import { relationOf } from './compiled-model.ts';
import type { CompiledModel, CompiledRelation, Conditions } from './compiled-model.ts';
import { convertValue } from './condition/parameter-type.ts';
import { CONTEXT_BYTES_MAX } from './link-record.ts';
import { encodeText, ID_BYTES_MAX } from './text-codec.ts';
import type { Tuple, TupleCondition } from './tuple.ts';

/** Longest object `type:id`, in characters; users may be twice as long. */
export const OBJECT_CHARS_MAX = 256;
const TYPE_CHARS_MAX = 254;
const HASH = 0x23;
const ASTERISK = 0x2a;
const COLON = 0x3a;
const AT = 0x40;
const OBJECT = /^[^:#@*\s]{1,254}:[^:#*\s]+$/u;
const USER = /^[^:#@*\s]{1,254}:(\*|[^:#*\s]+)(#[^:#@*\s]{1,50})?$/u;

/**
 * What keeps a tuple from being written under a model, in a sentence; undefined when nothing does. Form first, then type, relation,
 * type restriction, condition and its context, as OpenFGA's Write.
 */
export function validateTuple(model: CompiledModel, tuple: Tuple): string | undefined {
  const form = malformed(tuple);
  if (form !== undefined) return form;
  const objectType = tuple.object.slice(0, tuple.object.indexOf(':'));
  if (!model.hasType(objectType)) return `type '${objectType}' is not in the model`;
  const relation = relationOf(model, objectType, tuple.relation);
  if (relation === undefined) return `relation '${objectType}#${tuple.relation}' is not in the model`;
  const userType = tuple.user.slice(0, tuple.user.indexOf(':'));
  if (!isType(model, userType)) return `type '${userType}' is not in the model`;
  const admitted = admittedFor(model, relation, tuple.user, userType);
  if (admitted === undefined) return `'${objectType}#${tuple.relation}' does not admit this kind of user`;
  return conditionProblem(model, admitted, tuple.condition);
}

/** Whether the model defines this type. */
export function isType(model: CompiledModel, type: string): boolean {
  return model.hasType(type);
}

/** What is wrong with the form of a user field; undefined when nothing is. */
export function malformedUser(user: string): string | undefined {
  if (isPlainName(user)) return undefined;
  if (user.length > 2 * OBJECT_CHARS_MAX || !USER.test(user) || user.includes(':*#')) {
    return "user is not of the form 'type:id', 'type:id#relation' or 'type:*'";
  }
  return isWellFormed(user) ? idTooLong(user) : 'user is not well-formed text';
}

/** What is wrong with the form of an object field; undefined when nothing is. */
export function malformedObject(object: string): string | undefined {
  if (isPlainName(object)) return undefined;
  if (object.length > OBJECT_CHARS_MAX || !OBJECT.test(object)) return "object is not of the form 'type:id'";
  return isWellFormed(object) ? idTooLong(object) : 'object is not well-formed text';
}

/** `type:id` of visible ASCII without `:`, `#`, `*` and `@`, within every limit: most names are, and need no pattern. */
function isPlainName(text: string): boolean {
  if (text.length > OBJECT_CHARS_MAX) return false;
  let colon = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code <= 0x20 || code >= 0x7f || code === HASH || code === ASTERISK || code === AT) return false;
    if (code !== COLON) continue;
    if (colon > 0) return false;
    colon = at;
    if (at === 0) return false;
  }
  return colon > 0 && colon < text.length - 1 && colon <= TYPE_CHARS_MAX;
}

function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

function idTooLong(text: string): string | undefined {
  const tooLong = encodeText(text, text.indexOf(':') + 1, text.length) < 0;
  return tooLong ? `an id is longer than ${ID_BYTES_MAX} bytes` : undefined;
}

function malformed(tuple: Tuple): string | undefined {
  if (!/^[^:#@\s]{1,50}$/u.test(tuple.relation)) return 'relation is not a name of 1 to 50 characters';
  return malformedObject(tuple.object) ?? malformedUser(tuple.user);
}

function admittedFor(
  model: CompiledModel,
  relation: CompiledRelation,
  user: string,
  userType: string,
): Conditions | undefined {
  const type = model.vocabulary.types.idOf(userType);
  const hash = user.indexOf('#');
  if (hash < 0) return relation.restrictions[user.endsWith(':*') ? 'wildcard' : 'plain'][type];
  const userRelation = model.vocabulary.relations.idOf(user.slice(hash + 1));
  return userRelation < 0 ? undefined : relation.restrictions.userset[type]?.[userRelation];
}

function conditionProblem(
  model: CompiledModel,
  admitted: Conditions,
  condition: TupleCondition | undefined,
): string | undefined {
  if (condition === undefined) return admitted.includes(0) ? undefined : 'a condition is missing';
  const id = model.vocabulary.conditions.idOf(condition.name);
  if (id < 0) return `condition '${condition.name}' is not in the model`;
  if (!admitted.includes(id + 1)) return `condition '${condition.name}' is not admitted here`;
  return contextProblem(model, id, condition);
}

function contextProblem(model: CompiledModel, id: number, condition: TupleCondition): string | undefined {
  const context = condition.context ?? {};
  const { parameters } = model.conditions[id]!;
  for (const [key, value] of Object.entries(context)) {
    const parameter = parameters.find(({ name }) => name === key);
    if (parameter === undefined) return `condition '${condition.name}' has no parameter '${key}'`;
    if (convertValue(parameter.type, value) === undefined) return `parameter '${key}' has a value of another type`;
  }
  if (JSON.stringify(context).length > CONTEXT_BYTES_MAX)
    return `the context is larger than ${CONTEXT_BYTES_MAX} bytes`;
  return undefined;
}
