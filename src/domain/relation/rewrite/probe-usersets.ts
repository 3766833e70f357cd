import type { CompiledRelation } from '../compiled-model.ts';
import type { Evaluation } from '../evaluation.ts';
import { contextualHolds, entryHolds } from '../membership.ts';
import { ALLOWED, both, DENIED, either } from '../outcome.ts';
import type { Outcome } from '../outcome.ts';
import type { UserSets } from '../user-sets.ts';
import { contextualTarget, storedTarget } from './written-usersets.ts';
import type { WrittenUsersets } from './written-usersets.ts';

/** Whether the user is in a userset of a flat relation among those written. The level below `depth` must be within the limit. */
export function probeUsersets(
  evaluation: Evaluation,
  relation: CompiledRelation,
  users: WrittenUsersets,
  depth: number,
): Outcome {
  if (evaluation.overlay !== undefined) return probeEach(evaluation, relation, users, depth);
  const { user } = evaluation.question;
  // A flat relation admits no usersets, and that it is the very userset written here is a membership.
  if (user.relation >= 0) return DENIED;
  evaluation.reach(depth + 1);
  const outcome = probeSets(evaluation, relation, users, user.own, user.isWildcard);
  if (outcome === ALLOWED || !relation.admitsOpenUsersets) return outcome;
  return either(outcome, probeSets(evaluation, relation, users, user.open, true));
}

/** Usersets that the user is in are among its sets, too: each set is looked up, or each userset where they are fewer. */
function probeSets(
  evaluation: Evaluation,
  relation: CompiledRelation,
  users: WrittenUsersets,
  sets: UserSets,
  open: boolean,
): Outcome {
  const { members } = evaluation.index.users;
  if (sets.count < 0) return probeShorter(evaluation, relation, users, sets, open);
  let outcome: Outcome = DENIED;
  for (let at = 0; at < sets.count && outcome !== ALLOWED; at++) {
    const entry = members.find(users.usersets, sets.sets[at]!);
    if (entry === 0) continue;
    outcome = either(
      outcome,
      holds(evaluation, relation, users.object, sets.sets[at]!, entry, sets.entries[at]!, open),
    );
  }
  return outcome;
}

function probeShorter(
  evaluation: Evaluation,
  relation: CompiledRelation,
  users: WrittenUsersets,
  sets: UserSets,
  open: boolean,
): Outcome {
  const { memberships } = evaluation.index;
  const { members } = evaluation.index.users;
  const isOfUser = memberships.count(sets.head) < members.count(users.usersets);
  const walked = isOfUser ? memberships : members;
  const word = isOfUser ? sets.head : users.usersets;
  let outcome: Outcome = DENIED;
  for (let place = 0, places = walked.places(word); place < places; place++) {
    const one = walked.at(word, place);
    if (one === 0) continue;
    const over = evaluation.step();
    if (over !== DENIED) return evaluation.cutBy(either(outcome, over));
    const userset = walked.keyOf(one);
    const other = isOfUser ? members.find(users.usersets, userset) : memberships.find(sets.head, userset);
    if (other === 0) continue;
    const [entry, membership] = isOfUser ? [other, one] : [one, other];
    outcome = either(outcome, holds(evaluation, relation, users.object, userset, entry, membership, open));
    if (outcome === ALLOWED) return outcome;
  }
  return outcome;
}

/** Whether a userset counts, that the user is in by `membership`, if it is of a flat relation; `open`: as a wildcard. */
function holds(
  evaluation: Evaluation,
  relation: CompiledRelation,
  object: number,
  userset: number,
  entry: number,
  membership: number,
  open: boolean,
): Outcome {
  const target = storedTarget(evaluation, relation, object, userset);
  if (target === undefined || !target.isFlat) return DENIED;
  const admitted = (open ? target.restrictions.wildcard : target.restrictions.plain)[evaluation.question.user.type];
  const inside = admitted === undefined ? DENIED : entryHolds(evaluation, admitted, membership);
  if (inside === DENIED) return DENIED;
  return both(inside, entryHolds(evaluation, relation.restrictions.userset[target.type]![target.relation]!, entry));
}

/** Contextual tuples may stand for any membership: every userset is probed. */
function probeEach(evaluation: Evaluation, relation: CompiledRelation, users: WrittenUsersets, depth: number): Outcome {
  const { members } = evaluation.index.users;
  let outcome: Outcome = DENIED;
  for (let place = 0, places = members.places(users.usersets); place < places; place++) {
    const entry = members.at(users.usersets, place);
    if (entry !== 0) outcome = either(outcome, probeOne(evaluation, relation, users, entry, depth));
    if (outcome === ALLOWED) return outcome;
  }
  for (const tuple of users.contextual) {
    const target = contextualTarget(evaluation, tuple);
    if (!target.isFlat) continue;
    const inside = evaluation.flat(target, tuple.user, depth);
    if (inside !== DENIED) outcome = either(outcome, both(inside, contextualHolds(evaluation, tuple)));
  }
  return outcome;
}

/** One stored userset, if it is of a flat relation. */
function probeOne(
  evaluation: Evaluation,
  relation: CompiledRelation,
  users: WrittenUsersets,
  entry: number,
  depth: number,
): Outcome {
  const { index } = evaluation;
  const userset = index.users.members.keyOf(entry);
  const target = storedTarget(evaluation, relation, users.object, userset);
  if (target === undefined || !target.isFlat) return DENIED;
  const inside = evaluation.flat(target, index.entities.objectOf(userset), depth);
  if (inside === DENIED) return DENIED;
  return both(inside, entryHolds(evaluation, relation.restrictions.userset[target.type]![target.relation]!, entry));
}
