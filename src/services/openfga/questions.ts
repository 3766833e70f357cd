import type { CompiledModel } from '../../domain/relation/compiled-model.ts';
import type { CheckOptions } from '../../domain/relation/check-options.ts';
import type { ConditionFailure } from '../../domain/relation/condition/condition-failure.ts';
import type { UnknownReason } from '../../domain/relation/outcome.ts';
import type { Tuple } from '../../domain/relation/tuple.ts';
import { Fault } from '../../domain/errors.ts';
import type { Asked } from './open-store.ts';
import { OpenFgaError } from './openfga-error.ts';
import { contextProblem, printTuple, tupleProblem } from './tuple-problem.ts';

/** What a question brings with it. */
export interface Facts {
  readonly contextualTuples?: readonly Tuple[] | undefined;
  readonly context?: Readonly<Record<string, unknown>> | undefined;
}

/** How a call of a client stands; both are asked now and then while a list is made. */
export interface CallState {
  /** Epoch milliseconds; Infinity: none. */
  readonly deadline: number;
  cancelled(): boolean;
}

/** The engine's options for one question; `failures` takes each condition that could not be evaluated. */
export function optionsOf(asked: Asked, facts: Facts, failures: ConditionFailure[]): CheckOptions {
  const context = asked.contextOf(facts.context);
  const { contextualTuples = [] } = facts;
  return {
    model: asked.model,
    ...(context && { context }),
    ...(contextualTuples.length > 0 && { contextualTuples }),
    conditionFailed: (failure) => {
      if (failures.length === 0) failures.push(failure);
    },
  };
}

/** Throws validation_error for a context that holds forbidden characters. */
export function checkContext(context: Facts['context']): void {
  const problem = contextProblem(context);
  if (problem !== undefined) throw new OpenFgaError('validation_error', `invalid context: ${problem}`);
}

/** Throws invalid_tuple for a contextual tuple that the model does not allow; in list calls a bad condition is validation_error. */
export function checkContextual(
  model: CompiledModel,
  tuples: readonly Tuple[] | undefined,
  badCondition: 'invalid_tuple' | 'validation_error',
): void {
  for (const tuple of tuples ?? []) {
    const problem = tupleProblem(model, tuple);
    if (problem === undefined) continue;
    const code = problem.kind === 'condition' ? badCondition : 'invalid_tuple';
    throw new OpenFgaError(code, `Invalid tuple '${printTuple(tuple)}'. Reason: ${problem.reason}`);
  }
}

/** The error of a question that has no certain answer. */
export function unknownError(reason: UnknownReason, failures: readonly ConditionFailure[]): OpenFgaError {
  switch (reason) {
    case 'missing-context':
    case 'condition': {
      const [failure] = failures;
      const missing =
        failure && failure.missing.length > 0 ? ` is missing context parameters '[${failure.missing.join(' ')}]'` : '';
      const which = failure ? `: '${failure.condition}'${missing}` : '';
      return new OpenFgaError('validation_error', `failed to evaluate relationship condition${which}`);
    }
    case 'breadth':
    case 'depth':
      return tooComplex();
    case 'deadline':
      return new OpenFgaError('deadline_exceeded', 'Request Deadline Exceeded');
    default:
      return reason satisfies never;
  }
}

function tooComplex(): OpenFgaError {
  return new OpenFgaError(
    'authorization_model_resolution_too_complex',
    'Authorization Model resolution required too many rewrite rules to be resolved. Check your authorization model for infinite recursion or too much nesting',
  );
}

/** Runs the engine; what it refuses beyond the checks made before is validation_error. */
export function asking<T>(question: () => T): T {
  try {
    return question();
  } catch (error) {
    if (error instanceof Fault && ENGINE_REFUSALS.has(error.code)) {
      throw new OpenFgaError('validation_error', error.message);
    }
    throw error;
  }
}

const ENGINE_REFUSALS: ReadonlySet<string> = new Set([
  'INVALID_ARGUMENT',
  'INVALID_TUPLE',
  'UNKNOWN_TYPE',
  'UNKNOWN_RELATION',
]);
