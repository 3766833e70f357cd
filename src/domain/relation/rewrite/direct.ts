import type { CompiledRelation } from '../compiled-model.ts';
import type { Evaluation } from '../evaluation.ts';
import { membership } from '../membership.ts';
import { ALLOWED, either } from '../outcome.ts';
import type { Outcome } from '../outcome.ts';
import { NO_TUPLES } from '../overlay.ts';
import { followUsersets } from './follow-usersets.ts';
import { probeUsersets } from './probe-usersets.ts';

/**
 * The users written for a relation: the user itself, the wildcard of its type, and the usersets among them. A membership is one
 * probe; usersets of flat relations are probed for by whichever is less, they or the sets of the user; the others are followed, up
 * to `breadthMax` of them.
 */
export function evaluateDirect(
  evaluation: Evaluation,
  relation: CompiledRelation,
  object: number,
  depth: number,
): Outcome {
  const own = membership(evaluation, relation, object);
  if (!relation.restrictions.admitsUsersets || (own === ALLOWED && !evaluation.exhaustive)) return own;
  const set = evaluation.setOf(object, relation.relation);
  const usersets = set === 0 ? 0 : evaluation.index.users.usersetsOf(set);
  const contextual =
    evaluation.overlay === undefined
      ? NO_TUPLES
      : evaluation.overlay.of(object, relation.relation).filter(({ userRelation }) => userRelation >= 0);
  if (usersets === 0 && contextual.length === 0) return own;
  const users = { object, set, usersets, contextual };
  const probed = !evaluation.exhaustive && depth + 1 < evaluation.limits.depthMax;
  let outcome = own;
  if (probed && relation.admitsFlatUsersets) {
    outcome = either(own, probeUsersets(evaluation, relation, users, depth));
    if (outcome === ALLOWED) return outcome;
  }
  if (probed && relation.deepUsersets.length === 0) return outcome;
  return either(outcome, followUsersets(evaluation, relation, users, depth, probed));
}
