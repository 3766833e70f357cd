import type { CompiledRelation } from '../compiled-model.ts';
import type { Evaluation } from '../evaluation.ts';
import { ALLOWED, DENIED, either } from '../outcome.ts';
import type { Outcome } from '../outcome.ts';
import type { Operator } from './operator.ts';

/** `a or b`: allowed by any child. */
export function evaluateUnion(
  evaluation: Evaluation,
  { children }: Operator,
  relation: CompiledRelation,
  object: number,
  depth: number,
): Outcome {
  let outcome: Outcome = DENIED;
  for (let at = 0; at < children.length; at++) {
    outcome = either(outcome, evaluation.run(children[at]!, relation, object, depth));
    if (outcome === ALLOWED && !evaluation.exhaustive) return outcome;
  }
  return outcome;
}
