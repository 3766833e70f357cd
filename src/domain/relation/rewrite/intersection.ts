import type { CompiledRelation } from '../compiled-model.ts';
import type { Evaluation } from '../evaluation.ts';
import { ALLOWED, both, DENIED } from '../outcome.ts';
import type { Outcome } from '../outcome.ts';
import type { Operator } from './operator.ts';

/** `a and b`: allowed by every child. */
export function evaluateIntersection(
  evaluation: Evaluation,
  { children }: Operator,
  relation: CompiledRelation,
  object: number,
  depth: number,
): Outcome {
  let outcome: Outcome = ALLOWED;
  for (let at = 0; at < children.length; at++) {
    outcome = both(outcome, evaluation.run(children[at]!, relation, object, depth));
    if (outcome === DENIED && !evaluation.exhaustive) return outcome;
  }
  return outcome;
}
