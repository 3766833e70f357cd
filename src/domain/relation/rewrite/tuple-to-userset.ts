import type { CompiledRelation } from '../compiled-model.ts';
import type { Evaluation } from '../evaluation.ts';
import { contextualHolds, entryHolds, tupleText } from '../membership.ts';
import { ALLOWED, BREADTH, both, DENIED, either } from '../outcome.ts';
import type { Outcome } from '../outcome.ts';
import { NO_TUPLES, VIRTUAL } from '../overlay.ts';
import type { OverlayTuple } from '../overlay.ts';
import type { Operator } from './operator.ts';

/** `a from b`: relation `a` of every object that is written for `b`. Parents of a type without `a` are passed over. */
export function evaluateTupleToUserset(
  evaluation: Evaluation,
  operator: Operator,
  relation: CompiledRelation,
  object: number,
  depth: number,
): Outcome {
  const { index, overlay } = evaluation;
  const set = evaluation.setOf(object, operator.tupleset);
  const parents = set === 0 ? 0 : index.users.plainOf(set);
  const contextual = overlay === undefined ? NO_TUPLES : overlay.of(object, operator.tupleset);
  const added = overlay === undefined ? 0 : contextual.filter((tuple) => !isStored(evaluation, set, tuple)).length;
  if (index.users.countOf(parents) + added > evaluation.limits.breadthMax) return BREADTH;
  const tupleset = evaluation.model.relations[relation.type]![operator.tupleset]!;
  let outcome: Outcome = DENIED;
  const { members } = index.users;
  for (let place = 0, places = members.places(parents); place < places; place++) {
    const entry = members.at(parents, place);
    if (entry === 0) continue;
    if (overlay?.find(object, operator.tupleset, members.keyOf(entry), -1) !== undefined) continue;
    outcome = either(outcome, evaluateStored(evaluation, operator, tupleset, set, entry, depth));
    if (outcome === ALLOWED && !evaluation.exhaustive) return outcome;
  }
  for (const tuple of contextual) {
    const target = evaluation.model.relations[evaluation.names.typeOf(tuple.user)]![operator.relation];
    if (target === undefined) continue;
    evaluation.trace?.open('tuple', tuple.text);
    const inside = evaluation.relation(target, tuple.user, depth + 1);
    const held = inside === DENIED ? DENIED : both(inside, contextualHolds(evaluation, tuple));
    outcome = either(outcome, evaluation.trace?.close(held) ?? held);
    if (outcome === ALLOWED && !evaluation.exhaustive) return outcome;
  }
  return outcome;
}

function evaluateStored(
  evaluation: Evaluation,
  operator: Operator,
  tupleset: CompiledRelation,
  set: number,
  entry: number,
  depth: number,
): Outcome {
  const { binding, index, model, trace } = evaluation;
  const parent = index.users.members.keyOf(entry);
  const type = binding.typeToModel[index.entities.typeOf(parent)]!;
  if (type < 0) return DENIED;
  const admitted = tupleset.restrictions.plain[type];
  const target = model.relations[type]![operator.relation];
  if (admitted === undefined || target === undefined || index.entities.isWildcard(parent)) return DENIED;
  trace?.open('tuple', tupleText(evaluation, set, parent, entry));
  const inside = evaluation.relation(target, parent, depth + 1);
  const held = inside === DENIED ? DENIED : both(inside, entryHolds(evaluation, admitted, entry));
  return trace?.close(held) ?? held;
}

/** Whether a contextual tuple of a set, whose user is a name, takes the place of a stored one. */
function isStored({ index }: Evaluation, set: number, { user }: OverlayTuple): boolean {
  return set !== 0 && user < VIRTUAL && index.memberships.find(index.entities.headOf(user), set) !== 0;
}
