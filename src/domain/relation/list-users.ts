import { Fault } from '../errors.ts';
import type { CompiledModel } from './compiled-model.ts';
import { ListRun } from './list-run.ts';
import type { ListCallOptions, ListEnd, Listing } from './listing.ts';
import type { TupleIndex } from './tuple-index.ts';
import { UserWalk } from './user-walk.ts';
import { isType } from './validate-tuple.ts';

/** A type alone asks for names and the typed wildcard of the type, with a relation for usersets. */
export interface UserFilter {
  readonly type: string;
  readonly relation?: string;
}

export interface UsersQuestion {
  readonly object: string;
  readonly relation: string;
  readonly filters: readonly UserFilter[];
}

export interface UserList extends ListEnd {
  /** `type:id`, `type:*` or `type:id#relation`, sorted by code units. */
  readonly users: readonly string[];
}

/**
 * The users that pass a filter and have the relation to the object: those that `check` allows, as far as tuples lead to them. A typed
 * wildcard is listed as such, beside the users that are found by themselves; users that a `but not` takes from it are not listed.
 * The list is `unknown` where a check of somebody is whom tuples name, and, as OpenFGA has it, where only a condition in doubt is between the object
 * and somebody, though another way decides. Faults, thrown by the first `next()`: UNKNOWN_TYPE and UNKNOWN_RELATION (`field`: `object`, `relation` or
 * `user_filters`), INVALID_ARGUMENT (a malformed object), INVALID_TUPLE (contextual).
 */
export function* listUsers(
  index: TupleIndex,
  { object, relation, filters }: UsersQuestion,
  options: ListCallOptions = {},
): Listing<UserList> {
  const run = new ListRun(index, options);
  const { evaluation } = run;
  const { model, question } = evaluation;
  const wanted = filters.map((filter) => filterOf(model, filter));
  const resume = (): void => {
    evaluation.resume(model);
    question.resolveObject(index, evaluation.binding, evaluation.names, object, relation);
  };
  const { entries, ...end } = yield* run.list(() => new UserWalk(run, wanted).walk(), resume);
  return { users: entries, ...end };
}

/** A filter by the model's numbers; relation -1 for names. */
function filterOf(model: CompiledModel, { type, relation }: UserFilter): { type: number; relation: number } {
  if (!isType(model, type)) {
    throw new Fault('UNKNOWN_TYPE', `type '${type}' is not in the model`, { field: 'user_filters' });
  }
  const number = model.vocabulary.types.idOf(type);
  if (relation === undefined) return { type: number, relation: -1 };
  if (!model.hasRelation(type, relation)) {
    throw new Fault('UNKNOWN_RELATION', `relation '${type}#${relation}' is not in the model`, {
      field: 'user_filters',
    });
  }
  return { type: number, relation: model.vocabulary.relations.idOf(relation) };
}
