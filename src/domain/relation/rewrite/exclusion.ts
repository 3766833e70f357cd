import type { CompiledRelation } from '../compiled-model.ts';
import type { Evaluation } from '../evaluation.ts';
import { DENIED, without } from '../outcome.ts';
import type { Outcome } from '../outcome.ts';
import type { Operator } from './operator.ts';

/** `a but not b`: allowed by the base and denied for certain by what is subtracted; no doubt turns into an allow. */
export function evaluateExclusion(
  evaluation: Evaluation,
  { children }: Operator,
  relation: CompiledRelation,
  object: number,
  depth: number,
): Outcome {
  const base = evaluation.run(children[0]!, relation, object, depth);
  if (base === DENIED && !evaluation.exhaustive) return DENIED;
  evaluation.taken++;
  const subtracted = evaluation.run(children[1]!, relation, object, depth);
  evaluation.taken--;
  return without(base, subtracted);
}
