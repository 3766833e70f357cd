import type { CompiledRelation } from './compiled-model.ts';
import type { Evaluation } from './evaluation.ts';
import { entryHolds } from './membership.ts';
import { ALLOWED, both, DENIED, either, without } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { evaluateDirect } from './rewrite/direct.ts';
import type { Operator } from './rewrite/operator.ts';
import { evaluateTupleToUserset } from './rewrite/tuple-to-userset.ts';
import type { UserSets } from './user-sets.ts';

/** A relation with the computed relations of its object resolved: what is left are the tuples to look at, and how they combine. */
export interface Formula {
  readonly root: FormulaPart;
  /** Levels of computed relations that were resolved, at most. */
  readonly height: number;
  /** Made of flat relations alone. */
  readonly isLocal: boolean;
}

/**
 * `any` of flat relations and of other parts; `all` of parts; the first part `without` the second; the users `written` for a relation,
 * usersets among them; a relation `from` parents; a `relation` that can lead to itself. All are of one shape.
 */
export interface FormulaPart {
  readonly kind: 'any' | 'all' | 'without' | 'written' | 'from' | 'relation';
  /** The flat relations of `any`; the one of `written`, `from` and `relation`: by the model's numbers. */
  readonly relations: readonly number[];
  /** Of `any`: whether one of its flat relations admits wildcards. */
  readonly isOpen: boolean;
  /** Of `from`. */
  readonly operator: Operator | undefined;
  /** Levels of computed relations above it. */
  readonly level: number;
  readonly children: readonly FormulaPart[];
}

/**
 * What the operators of the relation come to, for a name and without contextual tuples. All levels of the formula must be within the
 * depth limit.
 */
export function evaluateFormula(
  evaluation: Evaluation,
  part: FormulaPart,
  type: number,
  object: number,
  depth: number,
): Outcome {
  const { children } = part;
  switch (part.kind) {
    case 'any': {
      let outcome = amongFlat(evaluation, part, type, object);
      for (let at = 0; at < children.length && outcome !== ALLOWED; at++) {
        outcome = either(outcome, evaluateFormula(evaluation, children[at]!, type, object, depth));
      }
      return outcome;
    }
    case 'all': {
      let outcome: Outcome = ALLOWED;
      for (let at = 0; at < children.length && outcome !== DENIED; at++) {
        outcome = both(outcome, evaluateFormula(evaluation, children[at]!, type, object, depth));
      }
      return outcome;
    }
    case 'without': {
      const outcome = evaluateFormula(evaluation, children[0]!, type, object, depth);
      if (outcome === DENIED) return outcome;
      evaluation.taken++;
      const subtracted = evaluateFormula(evaluation, children[1]!, type, object, depth);
      evaluation.taken--;
      return without(outcome, subtracted);
    }
    case 'written':
    case 'from':
    case 'relation':
      return evaluateTuples(evaluation, part, type, object, depth + part.level);
    default:
      return part.kind satisfies never;
  }
}

function evaluateTuples(
  evaluation: Evaluation,
  { kind, relations, operator }: FormulaPart,
  type: number,
  object: number,
  depth: number,
): Outcome {
  const relation = evaluation.model.relations[type]![relations[0]!]!;
  if (kind === 'relation') return evaluation.relation(relation, object, depth);
  const over = evaluation.step();
  if (over !== DENIED) return evaluation.cutBy(over);
  if (operator === undefined) return evaluateDirect(evaluation, relation, object, depth);
  return evaluateTupleToUserset(evaluation, operator, relation, object, depth);
}

function amongFlat(evaluation: Evaluation, part: FormulaPart, type: number, object: number): Outcome {
  if (part.relations.length === 0) return DENIED;
  const { user } = evaluation.question;
  const outcome = amongSets(evaluation, part.relations, type, object, user.own, false);
  if (!part.isOpen || outcome === ALLOWED) return outcome;
  return either(outcome, amongSets(evaluation, part.relations, type, object, user.open, true));
}

/** Whether one of the sets is one of these flat relations of the object; `open`: they are the sets of a wildcard. */
function amongSets(
  evaluation: Evaluation,
  relations: readonly number[],
  type: number,
  object: number,
  sets: UserSets,
  open: boolean,
): Outcome {
  const targets = evaluation.model.relations[type]!;
  let outcome: Outcome = DENIED;
  if (sets.count < 0) {
    for (let at = 0; at < relations.length && outcome !== ALLOWED; at++) {
      const entry = sets.find(object, relations[at]!);
      if (entry !== 0) outcome = either(outcome, holds(evaluation, targets[relations[at]!]!, entry, open));
    }
    return outcome;
  }
  for (let at = 0; at < sets.count && outcome !== ALLOWED; at++) {
    if (sets.objects[at] !== object) continue;
    const relation = sets.relations[at]!;
    for (let place = 0; place < relations.length; place++) {
      if (relations[place] !== relation) continue;
      outcome = either(outcome, holds(evaluation, targets[relation]!, sets.entries[at]!, open));
      break;
    }
  }
  return outcome;
}

function holds(evaluation: Evaluation, target: CompiledRelation, entry: number, open: boolean): Outcome {
  const { wildcard, plain } = target.restrictions;
  const admitted = (open ? wildcard : plain)[evaluation.question.user.type];
  return admitted === undefined ? DENIED : entryHolds(evaluation, admitted, entry);
}
