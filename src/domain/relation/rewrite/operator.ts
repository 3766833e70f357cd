import type { CompiledRelation } from '../compiled-model.ts';
import type { Evaluation } from '../evaluation.ts';
import type { Outcome } from '../outcome.ts';

export type OperatorKind = 'direct' | 'computed' | 'tuple_to_userset' | 'union' | 'intersection' | 'exclusion';

/** One compiled rewrite. `relation` is the one that it is part of, `object` an address, `depth` the level of the relation. */
export interface Operator {
  readonly kind: OperatorKind;
  /** As the DSL has it: `a from b`, or the kind. */
  readonly label: string;
  evaluate(evaluation: Evaluation, relation: CompiledRelation, object: number, depth: number): Outcome;
}
