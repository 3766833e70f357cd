import type { CompiledRelation } from '../compiled-model.ts';
import type { Evaluation } from '../evaluation.ts';
import type { Outcome } from '../outcome.ts';
import { evaluateComputed } from './computed.ts';
import { evaluateDirect } from './direct.ts';
import { evaluateExclusion } from './exclusion.ts';
import { evaluateIntersection } from './intersection.ts';
import type { Operator } from './operator.ts';
import { evaluateTupleToUserset } from './tuple-to-userset.ts';
import { evaluateUnion } from './union.ts';

/** What a rewrite of a relation of an object comes to. */
export function evaluateRewrite(
  evaluation: Evaluation,
  operator: Operator,
  relation: CompiledRelation,
  object: number,
  depth: number,
): Outcome {
  switch (operator.kind) {
    case 'direct':
      return evaluateDirect(evaluation, relation, object, depth);
    case 'computed':
      return evaluateComputed(evaluation, operator, relation, object, depth);
    case 'tuple_to_userset':
      return evaluateTupleToUserset(evaluation, operator, relation, object, depth);
    case 'union':
      return evaluateUnion(evaluation, operator, relation, object, depth);
    case 'intersection':
      return evaluateIntersection(evaluation, operator, relation, object, depth);
    case 'exclusion':
      return evaluateExclusion(evaluation, operator, relation, object, depth);
    default:
      return operator.kind satisfies never;
  }
}
