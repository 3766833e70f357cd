import type { CompiledRelation } from '../compiled-model.ts';
import type { Evaluation } from '../evaluation.ts';
import { DENIED, without } from '../outcome.ts';
import type { Outcome } from '../outcome.ts';
import type { Operator } from './operator.ts';

/** `a but not b`: allowed by the base and denied for certain by what is subtracted; no doubt turns into an allow. */
export class Exclusion implements Operator {
  readonly kind = 'exclusion';
  readonly label = 'but not';
  readonly #base: Operator;
  readonly #subtract: Operator;

  constructor(base: Operator, subtract: Operator) {
    this.#base = base;
    this.#subtract = subtract;
  }

  evaluate(evaluation: Evaluation, relation: CompiledRelation, object: number, depth: number): Outcome {
    const base = evaluation.run(this.#base, relation, object, depth);
    if (base === DENIED && !evaluation.exhaustive) return DENIED;
    return without(base, evaluation.run(this.#subtract, relation, object, depth));
  }
}
