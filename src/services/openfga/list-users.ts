import type { CompiledModel } from '../../domain/relation/compiled-model.ts';
import type { ConditionFailure } from '../../domain/relation/condition/condition-failure.ts';
import { listUsers as engineList, type UserFilter } from '../../domain/relation/list-users.ts';
import type { Caller } from '../caller.ts';
import { run } from '../steps.ts';
import { finishListing, stopAt } from './drive-listing.ts';
import { checkTarget, checkType, cutOf, type ListCut } from './list-objects.ts';
import { ask, type OpenFgaParts } from './open-store.ts';
import { checkContextual, optionsOf, type CallState, type Facts } from './questions.ts';

export interface ListUsersRequest extends Facts {
  readonly storeId: string;
  readonly modelId?: string | undefined;
  readonly object: { readonly type: string; readonly id: string };
  readonly relation: string;
  readonly filters: readonly UserFilter[];
  readonly after?: string | undefined;
}

/** The users of the filter's kind that have the relation to the object, sorted; up to the limit, or what was found by the deadline. */
export async function listUsers(
  parts: OpenFgaParts,
  caller: Caller,
  request: ListUsersRequest,
  call: CallState,
): Promise<{ users: readonly string[]; modelId: string; cut: ListCut }> {
  const asked = await run(ask(parts, caller, request));
  const { model, modelId, index } = asked;
  const { object, relation, filters, after } = request;
  checkContextual(model, request.contextualTuples, 'validation_error');
  for (const filter of filters) checkFilter(model, filter);
  checkTarget(model, object.type, relation);
  const failures: ConditionFailure[] = [];
  const listing = engineList(
    index,
    { object: `${object.type}:${object.id}`, relation, filters },
    {
      ...optionsOf(asked, request, failures),
      expired: stopAt(parts.clock, parts.limits.listDeadlineMs, call),
      limit: parts.limits.listUsersMax,
      ...(after !== undefined && { after }),
    },
  );
  const list = await finishListing(listing, parts.clock, call);
  return { users: list.users, modelId, cut: cutOf(list, list.users.length, failures) };
}

function checkFilter(model: CompiledModel, { type, relation }: UserFilter): void {
  if (relation !== undefined) checkTarget(model, type, relation);
  else checkType(model, type);
}
