import { Evaluation } from './evaluation.ts';
import type { CheckOptions } from './check-options.ts';
import { verdictOf } from './outcome.ts';
import type { Verdict } from './outcome.ts';
import type { TupleKey } from './tuple.ts';
import type { TupleIndex } from './tuple-index.ts';

export type { CheckOptions, Verdict };

const evaluation = new Evaluation();
const NO_OPTIONS: CheckOptions = {};

/**
 * Whether the user has the relation to the object, by the model and the tuples of the index and the contextual ones. Synchronous; keeps nothing
 * between calls. Unknown is neither allowed nor denied, and no `but not` makes an allow of it. Faults: UNKNOWN_TYPE, UNKNOWN_RELATION,
 * INVALID_ARGUMENT (a malformed field), INVALID_TUPLE (a contextual tuple that the model does not allow).
 */
export function check(index: TupleIndex, question: TupleKey, options: CheckOptions = NO_OPTIONS): Verdict {
  return verdictOf(evaluation.evaluate(index, question, options));
}
