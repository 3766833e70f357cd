import { Fault } from '../errors.ts';
import { relationOf } from './compiled-model.ts';
import type { CompiledModel, CompiledRelation } from './compiled-model.ts';
import { ListRun } from './list-run.ts';
import type { ListCallOptions, ListEnd, Listing } from './listing.ts';
import { planOf } from './object-plan.ts';
import { ObjectWalk } from './object-walk.ts';
import type { TupleIndex } from './tuple-index.ts';
import { isType } from './validate-tuple.ts';

/** `user` is `type:id`, `type:id#relation` or `type:*`. */
export interface ObjectsQuestion {
  readonly type: string;
  readonly relation: string;
  readonly user: string;
}

export interface ObjectList extends ListEnd {
  /** `type:id`, sorted by code units. */
  readonly objects: readonly string[];
}

/**
 * The objects of a type to which the user has the relation: those that `check` allows. Found from the user's side, by the sets that it
 * is in; a check is made only of what an intersection, an exclusion or a doubtful condition leaves open. Faults, thrown by the first `next()`:
 * UNKNOWN_TYPE and UNKNOWN_RELATION (`field` says of what), INVALID_ARGUMENT (a malformed user), INVALID_TUPLE (contextual).
 */
export function* listObjects(
  index: TupleIndex,
  { type, relation, user }: ObjectsQuestion,
  options: ListCallOptions = {},
): Listing<ObjectList> {
  const run = new ListRun(index, options);
  const { evaluation } = run;
  const { model } = evaluation;
  const target = relationAsked(model, type, relation);
  const resume = (): void => {
    evaluation.resume(model);
    evaluation.askFor(user);
  };
  const { entries, ...end } = yield* run.list(() => new ObjectWalk(run, planOf(model, target)).walk(), resume);
  return { objects: entries, ...end };
}

function relationAsked(model: CompiledModel, type: string, relation: string): CompiledRelation {
  if (!isType(model, type)) throw new Fault('UNKNOWN_TYPE', `type '${type}' is not in the model`, { field: 'type' });
  const found = relationOf(model, type, relation);
  if (found !== undefined) return found;
  throw new Fault('UNKNOWN_RELATION', `relation '${type}#${relation}' is not in the model`, { field: 'relation' });
}
