import type { CompiledModel } from './compiled-model.ts';
import type { ConditionFailure } from './condition/condition-failure.ts';
import type { Context } from './condition/condition-input.ts';
import type { Limits } from './limits.ts';
import type { Tuple } from './tuple.ts';

/** What goes for one question, whichever it is. */
export interface CheckOptions {
  /** Evaluates by this model instead of the one of the index; what it does not allow is skipped. Turning from one to another is cheap. */
  readonly model?: CompiledModel;
  /** Facts of the request. A timestamp is an RFC 3339 string or epoch milliseconds. */
  readonly context?: Context;
  readonly contextualTuples?: readonly Tuple[];
  readonly limits?: Partial<Limits>;
  /** Asked now and then; true ends the evaluation as unknown. */
  readonly expired?: () => boolean;
  /** Told of each condition that could not be evaluated, also where another branch decides in the end. */
  readonly conditionFailed?: (failure: ConditionFailure) => void;
}
