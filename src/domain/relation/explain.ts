import { Evaluation } from './evaluation.ts';
import type { CheckOptions } from './check-options.ts';
import { verdictOf } from './outcome.ts';
import type { Verdict } from './outcome.ts';
import { Trace } from './trace.ts';
import type { EvaluatedNode } from './trace.ts';
import type { TupleKey } from './tuple.ts';
import type { TupleIndex } from './tuple-index.ts';

const evaluation = new Evaluation();

export interface Explanation {
  readonly verdict: Verdict;
  readonly tree: EvaluatedNode;
}

/**
 * The verdict of `check` with everything that was evaluated: every branch, also those that could not change the answer any more. The same faults.
 * The tree is plain and may be sent as JSON; it holds up to TREE_NODES_MAX nodes, and says where it left some out.
 */
export function explain(index: TupleIndex, question: TupleKey, options: CheckOptions = {}): Explanation {
  const trace = new Trace();
  const verdict = verdictOf(evaluation.evaluate(index, question, options, trace));
  return { verdict, tree: trace.root };
}
