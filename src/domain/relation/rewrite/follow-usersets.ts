import type { CompiledRelation } from '../compiled-model.ts';
import type { Evaluation } from '../evaluation.ts';
import { contextualHolds, entryHolds, tupleText } from '../membership.ts';
import { ALLOWED, BREADTH, both, DENIED, either } from '../outcome.ts';
import type { Outcome } from '../outcome.ts';
import type { OverlayTuple } from '../overlay.ts';
import { contextualTarget, storedTarget } from './written-usersets.ts';
import type { WrittenUsersets } from './written-usersets.ts';

/** The usersets of relations that lead further, up to `breadthMax` of them; those of flat relations too unless they were `probed`. */
export function followUsersets(
  evaluation: Evaluation,
  relation: CompiledRelation,
  users: WrittenUsersets,
  depth: number,
  probed: boolean,
): Outcome {
  const { members } = evaluation.index.users;
  const tooMany = countDeep(evaluation, relation, users) > evaluation.limits.breadthMax;
  let outcome: Outcome = tooMany ? BREADTH : DENIED;
  for (let place = 0, places = members.places(users.usersets); place < places; place++) {
    const entry = members.at(users.usersets, place);
    if (entry === 0) continue;
    const userset = members.keyOf(entry);
    if (probed && !isDeepByName(evaluation, relation, userset)) continue;
    const target = storedTarget(evaluation, relation, users.object, userset);
    if (target === undefined || (target.isFlat ? probed : tooMany)) continue;
    outcome = either(outcome, followStored(evaluation, relation, target, users.set, entry, depth));
    if (outcome === ALLOWED && !evaluation.exhaustive) return outcome;
  }
  for (const tuple of users.contextual) {
    const target = contextualTarget(evaluation, tuple);
    if (target.isFlat ? probed : tooMany) continue;
    outcome = either(outcome, followContextual(evaluation, target, tuple, depth));
    if (outcome === ALLOWED && !evaluation.exhaustive) return outcome;
  }
  return outcome;
}

function followStored(
  evaluation: Evaluation,
  relation: CompiledRelation,
  target: CompiledRelation,
  set: number,
  entry: number,
  depth: number,
): Outcome {
  const { index, trace } = evaluation;
  const userset = index.users.members.keyOf(entry);
  trace?.open('tuple', tupleText(evaluation, set, userset, entry));
  const inside = evaluation.relation(target, index.entities.objectOf(userset), depth + 1);
  const admitted = relation.restrictions.userset[target.type]![target.relation]!;
  const held = inside === DENIED ? DENIED : both(inside, entryHolds(evaluation, admitted, entry));
  return trace?.close(held) ?? held;
}

function followContextual(
  evaluation: Evaluation,
  target: CompiledRelation,
  tuple: OverlayTuple,
  depth: number,
): Outcome {
  const { trace } = evaluation;
  trace?.open('tuple', tuple.text);
  const inside = evaluation.relation(target, tuple.user, depth + 1);
  const held = inside === DENIED ? DENIED : both(inside, contextualHolds(evaluation, tuple));
  return trace?.close(held) ?? held;
}

/** Usersets that lead further; 0 where there are too few usersets to be too many. */
function countDeep(evaluation: Evaluation, relation: CompiledRelation, users: WrittenUsersets): number {
  const { members } = evaluation.index.users;
  if (members.count(users.usersets) + users.contextual.length <= evaluation.limits.breadthMax) return 0;
  let deep = users.contextual.filter((tuple) => !contextualTarget(evaluation, tuple).isFlat).length;
  for (let place = 0, places = members.places(users.usersets); place < places; place++) {
    const entry = members.at(users.usersets, place);
    if (entry === 0) continue;
    if (storedTarget(evaluation, relation, users.object, members.keyOf(entry))?.isFlat === false) deep++;
  }
  return deep;
}

/** Whether a userset may be of a relation that leads further, by the name of the relation: most are told apart by it. */
function isDeepByName({ binding, index }: Evaluation, { deepUsersets }: CompiledRelation, userset: number): boolean {
  const named = binding.relationToModel[index.entities.relationOf(userset)]!;
  for (let at = 0; at < deepUsersets.length; at++) if (deepUsersets[at] === named) return true;
  return false;
}
