import { relationOf, type CompiledModel } from '../../domain/relation/compiled-model.ts';
import type { ConditionFailure } from '../../domain/relation/condition/condition-failure.ts';
import { listObjects as engineList, type ObjectList } from '../../domain/relation/list-objects.ts';
import type { Listing, ListEnd } from '../../domain/relation/listing.ts';
import { isType } from '../../domain/relation/validate-tuple.ts';
import type { Caller } from '../caller.ts';
import { run } from '../steps.ts';
import { driveListing, finishListing, stopAt } from './drive-listing.ts';
import { ask, type OpenFgaParts } from './open-store.ts';
import { OpenFgaError } from './openfga-error.ts';
import { checkContextual, optionsOf, unknownError, type CallState, type Facts } from './questions.ts';
import { userProblem } from './tuple-problem.ts';

export interface ListObjectsRequest extends Facts {
  readonly storeId: string;
  readonly modelId?: string | undefined;
  readonly type: string;
  readonly relation: string;
  readonly user: string;
  /** Only objects behind this one in the order of the list. */
  readonly after?: string | undefined;
}

/** How a list ended. `next`: where to go on, of one that was cut. */
export interface ListCut {
  readonly truncated: boolean;
  readonly next?: string;
}

/** The objects of a type to which the user has the relation, sorted; up to the limit, or what was found by the deadline. */
export async function listObjects(
  parts: OpenFgaParts,
  caller: Caller,
  request: ListObjectsRequest,
  call: CallState,
): Promise<{ objects: readonly string[]; modelId: string; cut: ListCut }> {
  const { listing, failures, modelId } = await begin(parts, caller, request, call, parts.limits.listObjectsMax);
  const list = await finishListing(listing, parts.clock, call);
  return { objects: list.objects, modelId, cut: cutOf(list, list.objects.length, failures) };
}

/** The same one by one while they are found, without a limit; the generator's result says how the list ended. */
export async function streamObjects(
  parts: OpenFgaParts,
  caller: Caller,
  request: ListObjectsRequest,
  call: CallState,
): Promise<{ modelId: string; objects: AsyncGenerator<readonly string[], ListCut, void> }> {
  const { listing, failures, modelId } = await begin(parts, caller, request, call, undefined);
  async function* objects(): AsyncGenerator<readonly string[], ListCut, void> {
    let sent = 0;
    const driven = driveListing(listing, parts.clock, call);
    for (;;) {
      const step = await driven.next();
      if (step.done !== true) {
        sent += step.value.length;
        yield step.value;
        continue;
      }
      if (step.value.objects.length > sent) yield step.value.objects.slice(sent);
      return cutOf(step.value, step.value.objects.length, failures);
    }
  }
  return { modelId, objects: objects() };
}

async function begin(
  parts: OpenFgaParts,
  caller: Caller,
  request: ListObjectsRequest,
  call: CallState,
  limit: number | undefined,
): Promise<{ listing: Listing<ObjectList>; failures: ConditionFailure[]; modelId: string }> {
  const asked = await run(ask(parts, caller, request));
  const { model, modelId, index } = asked;
  const { type, relation, user, after } = request;
  checkContextual(model, request.contextualTuples, 'validation_error');
  checkTarget(model, type, relation);
  const problem = userProblem(model, user);
  if (problem !== undefined) throw new OpenFgaError('validation_error', `invalid 'user' value: ${problem.reason}`);
  const failures: ConditionFailure[] = [];
  const listing = engineList(
    index,
    { type, relation, user },
    {
      ...optionsOf(asked, request, failures),
      expired: stopAt(parts.clock, parts.limits.listDeadlineMs, call),
      ...(limit !== undefined && { limit }),
      ...(after !== undefined && { after }),
    },
  );
  return { listing, failures, modelId };
}

/** Throws type_not_found. */
export function checkType(model: CompiledModel, type: string): void {
  if (!isType(model, type)) throw new OpenFgaError('type_not_found', `type '${type}' not found`);
}

/** Throws type_not_found, relation_not_found. */
export function checkTarget(model: CompiledModel, type: string, relation: string): void {
  checkType(model, type);
  if (relationOf(model, type, relation) === undefined) {
    throw new OpenFgaError('relation_not_found', `relation '${type}#${relation}' not found`);
  }
}

/**
 * A list that is full, or cut by its deadline or its steps, is an answer that says so; one that may lack an entry for another reason is an error, as
 * in OpenFGA.
 */
export function cutOf(
  { complete, unknown, next }: ListEnd,
  length: number,
  failures: readonly ConditionFailure[],
): ListCut {
  const timeOrWork = unknown === 'deadline' || unknown === 'breadth';
  const full = !complete && next !== undefined && length > 0;
  if (unknown !== undefined && !timeOrWork && !full) throw unknownError(unknown, failures);
  if (complete && !timeOrWork) return { truncated: false };
  return { truncated: true, ...(next !== undefined && { next }) };
}
