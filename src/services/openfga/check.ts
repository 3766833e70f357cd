import { check } from '../../domain/relation/check.ts';
import type { ConditionFailure } from '../../domain/relation/condition/condition-failure.ts';
import type { TupleKey } from '../../domain/relation/tuple.ts';
import type { Caller } from '../caller.ts';
import type { Steps } from '../steps.ts';
import { ask, type Asked, type OpenFgaParts } from './open-store.ts';
import { OpenFgaError } from './openfga-error.ts';
import { asking, checkContext, checkContextual, optionsOf, unknownError, type Facts } from './questions.ts';
import { keyProblem } from './tuple-problem.ts';

export interface CheckRequest extends Facts {
  readonly storeId: string;
  readonly modelId?: string | undefined;
  readonly key: TupleKey;
}

/** Whether the user has the relation to the object. Waits for nothing where the store is in memory. */
export function* checkTuple(
  parts: OpenFgaParts,
  caller: Caller,
  request: CheckRequest,
): Steps<{ allowed: boolean; modelId: string }> {
  const asked = yield* ask(parts, caller, request);
  return { allowed: answerOf(asked, request.key, request), modelId: asked.modelId };
}

/**
 * Throws validation_error for a question that does not fit the model and for a condition that cannot be evaluated, invalid_tuple for a contextual
 * tuple, authorization_model_resolution_too_complex.
 */
export function answerOf(asked: Asked, key: TupleKey, facts: Facts): boolean {
  const problem = keyProblem(asked.model, key);
  if (problem !== undefined) throw new OpenFgaError('validation_error', `invalid relation: ${problem.reason}`);
  if (facts.context !== undefined) checkContext(facts.context);
  checkContextual(asked.model, facts.contextualTuples, 'invalid_tuple');
  const failures: ConditionFailure[] = [];
  const { allowed, unknown } = asking(() => check(asked.index, key, optionsOf(asked, facts, failures)));
  if (unknown !== undefined) throw unknownError(unknown, failures);
  return allowed;
}
