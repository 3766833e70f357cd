import type { CompiledRelation } from '../compiled-model.ts';
import type { Evaluation } from '../evaluation.ts';
import { ALLOWED, DENIED, either } from '../outcome.ts';
import type { Outcome } from '../outcome.ts';
import type { Operator } from './operator.ts';

/** `a or b`: allowed by any child. */
export class Union implements Operator {
  readonly kind = 'union';
  readonly label = 'union';
  readonly #children: readonly Operator[];

  constructor(children: readonly Operator[]) {
    this.#children = children;
  }

  evaluate(evaluation: Evaluation, relation: CompiledRelation, object: number, depth: number): Outcome {
    let outcome: Outcome = DENIED;
    for (const child of this.#children) {
      outcome = either(outcome, evaluation.run(child, relation, object, depth));
      if (outcome === ALLOWED && !evaluation.exhaustive) return outcome;
    }
    return outcome;
  }
}
