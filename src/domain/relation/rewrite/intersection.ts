import type { CompiledRelation } from '../compiled-model.ts';
import type { Evaluation } from '../evaluation.ts';
import { ALLOWED, both, DENIED } from '../outcome.ts';
import type { Outcome } from '../outcome.ts';
import type { Operator } from './operator.ts';

/** `a and b`: allowed by every child. */
export class Intersection implements Operator {
  readonly kind = 'intersection';
  readonly label = 'intersection';
  readonly #children: readonly Operator[];

  constructor(children: readonly Operator[]) {
    this.#children = children;
  }

  evaluate(evaluation: Evaluation, relation: CompiledRelation, object: number, depth: number): Outcome {
    let outcome: Outcome = ALLOWED;
    for (const child of this.#children) {
      outcome = both(outcome, evaluation.run(child, relation, object, depth));
      if (outcome === DENIED && !evaluation.exhaustive) return outcome;
    }
    return outcome;
  }
}
