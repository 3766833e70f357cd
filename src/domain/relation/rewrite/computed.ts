import type { CompiledRelation } from '../compiled-model.ts';
import type { Evaluation } from '../evaluation.ts';
import type { Outcome } from '../outcome.ts';
import type { Operator } from './operator.ts';

/** Another relation of the same object. */
export class Computed implements Operator {
  readonly kind = 'computed';
  readonly label: string;
  readonly #relation: number;

  /** `relation`: number in the model's vocabulary. */
  constructor(relation: number, label: string) {
    this.#relation = relation;
    this.label = label;
  }

  evaluate(evaluation: Evaluation, relation: CompiledRelation, object: number, depth: number): Outcome {
    const target = evaluation.model.relations[relation.type]![this.#relation]!;
    return evaluation.relation(target, object, depth + 1);
  }
}
