import type { CompiledRelation } from '../compiled-model.ts';
import type { Evaluation } from '../evaluation.ts';
import type { Outcome } from '../outcome.ts';
import type { Operator } from './operator.ts';

/** Another relation of the same object. */
export function evaluateComputed(
  evaluation: Evaluation,
  operator: Operator,
  relation: CompiledRelation,
  object: number,
  depth: number,
): Outcome {
  return evaluation.relation(evaluation.model.relations[relation.type]![operator.relation]!, object, depth + 1);
}
