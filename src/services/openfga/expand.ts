import type { ConditionFailure } from '../../domain/relation/condition/condition-failure.ts';
import { expand as engineExpand, type UsersetNode } from '../../domain/relation/expand.ts';
import type { Caller } from '../caller.ts';
import { run } from '../steps.ts';
import { finishListing, stopAt } from './drive-listing.ts';
import { ask, type OpenFgaParts } from './open-store.ts';
import { OpenFgaError } from './openfga-error.ts';
import { checkContextual, optionsOf, unknownError, type CallState, type Facts } from './questions.ts';
import { objectProblem, relationProblem } from './tuple-problem.ts';

export interface ExpandRequest extends Pick<Facts, 'contextualTuples'> {
  readonly storeId: string;
  readonly modelId?: string | undefined;
  readonly object: string;
  readonly relation: string;
}

/** One level of a relation of an object. */
export async function expandSet(
  parts: OpenFgaParts,
  caller: Caller,
  request: ExpandRequest,
  call: CallState,
): Promise<{ root: UsersetNode; modelId: string }> {
  const asked = await run(ask(parts, caller, request));
  const { model, modelId, index } = asked;
  const { object, relation } = request;
  if (object === '' || relation === '') {
    throw new OpenFgaError('invalid_expand_input', 'Invalid input. Make sure you provide an object and a relation');
  }
  checkContextual(model, request.contextualTuples, 'validation_error');
  const problem = objectProblem(model, object) ?? relationProblem(model, { object, relation });
  if (problem !== undefined) throw new OpenFgaError('validation_error', problem.reason);
  const failures: ConditionFailure[] = [];
  const listing = engineExpand(
    index,
    { object, relation },
    { ...optionsOf(asked, request, failures), expired: stopAt(parts.clock, parts.limits.listDeadlineMs, call) },
  );
  const tree = await finishListing(listing, parts.clock, call);
  if (tree.cutBy !== undefined) throw unknownError(tree.cutBy, failures);
  return { root: tree.root, modelId };
}
