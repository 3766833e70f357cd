import type { CompiledRelation } from '../compiled-model.ts';
import type { Evaluation } from '../evaluation.ts';
import { ALLOWED, BREADTH, both, DENIED, either } from '../outcome.ts';
import type { Outcome } from '../outcome.ts';
import type { Operator } from './operator.ts';

/** `a from b`: relation `a` of every object that is written for `b`. Parents of a type without `a` are passed over. */
export class TupleToUserset implements Operator {
  readonly kind = 'tuple_to_userset';
  readonly label: string;
  readonly #tupleset: number;
  readonly #computed: number;

  /** Numbers in the model's vocabulary. */
  constructor(tupleset: number, computed: number, label: string) {
    this.#tupleset = tupleset;
    this.#computed = computed;
    this.label = label;
  }

  evaluate(evaluation: Evaluation, relation: CompiledRelation, object: number, depth: number): Outcome {
    const tupleset = evaluation.model.relations[relation.type]![this.#tupleset]!;
    const set = evaluation.setOf(object, this.#tupleset);
    const { index, overlay } = evaluation;
    const parents = set === 0 ? 0 : index.plainOf(set);
    const contextual =
      overlay?.tuples.filter((tuple) => tuple.object === object && tuple.relation === this.#tupleset) ?? [];
    const added = contextual.filter((tuple) => !evaluation.isStored(set, tuple)).length;
    if (index.countOf(parents) + added > evaluation.limits.breadthMax) return BREADTH;
    let outcome: Outcome = DENIED;
    for (let place = 0, places = index.members.places(parents); place < places; place++) {
      const entry = index.members.at(parents, place);
      if (entry === 0) continue;
      const parent = index.members.keyOf(entry);
      if (overlay?.find(object, this.#tupleset, parent, -1) !== undefined) continue;
      outcome = either(outcome, this.#evaluateStored(evaluation, tupleset, set, parent, entry, depth));
      if (outcome === ALLOWED && !evaluation.exhaustive) return outcome;
    }
    for (const tuple of contextual) {
      const target = evaluation.model.relations[evaluation.names.typeOf(tuple.user)]?.[this.#computed];
      if (target === undefined) continue;
      evaluation.trace?.open('tuple', tuple.text);
      const inside = evaluation.relation(target, tuple.user, depth + 1);
      const held = inside === DENIED ? DENIED : both(inside, evaluation.contextualHolds(tuple));
      outcome = either(outcome, evaluation.trace?.close(held) ?? held);
      if (outcome === ALLOWED && !evaluation.exhaustive) return outcome;
    }
    return outcome;
  }

  #evaluateStored(
    evaluation: Evaluation,
    tupleset: CompiledRelation,
    set: number,
    parent: number,
    entry: number,
    depth: number,
  ): Outcome {
    const type = evaluation.names.typeOf(parent);
    const admitted = type < 0 ? undefined : tupleset.restrictions.plain[type];
    const target = evaluation.model.relations[type]?.[this.#computed];
    if (admitted === undefined || target === undefined || evaluation.index.isWildcard(parent)) return DENIED;
    evaluation.trace?.open('tuple', evaluation.tupleText(set, parent, entry));
    const inside = evaluation.relation(target, parent, depth + 1);
    const held = inside === DENIED ? DENIED : both(inside, evaluation.entryHolds(admitted, entry));
    return evaluation.trace?.close(held) ?? held;
  }
}
