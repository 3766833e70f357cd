import type { CompiledRelation, Conditions } from './compiled-model.ts';
import { ADDRESS_MASK, LINK_BIT } from './entry-block.ts';
import type { Evaluation } from './evaluation.ts';
import { ALLOWED, CYCLE, DENIED, either } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import type { OverlayTuple } from './overlay.ts';
import type { UserSets } from './user-sets.ts';

/** Whether tuples make the user of the question, or the wildcard of its type, a user of this very relation of an object. */
export function membership(evaluation: Evaluation, target: CompiledRelation, object: number): Outcome {
  const { restrictions } = target;
  const { user } = evaluation.question;
  if (user.relation >= 0) {
    const admitted = restrictions.userset[user.type]?.[user.relation];
    return probe(evaluation, admitted, target, object, user.own, user.relation);
  }
  if (user.isWildcard) return probe(evaluation, restrictions.wildcard[user.type], target, object, user.own, -1);
  const own = probe(evaluation, restrictions.plain[user.type], target, object, user.own, -1);
  const open = restrictions.wildcard[user.type];
  if (open === undefined || (own === ALLOWED && !evaluation.exhaustive)) return own;
  return either(own, probe(evaluation, open, target, object, user.open, -1));
}

function probe(
  evaluation: Evaluation,
  admitted: Conditions | undefined,
  target: CompiledRelation,
  object: number,
  sets: UserSets,
  userRelation: number,
): Outcome {
  if (admitted === undefined) return DENIED;
  const { overlay, question, trace } = evaluation;
  if (overlay !== undefined) {
    const name = sets === question.user.own ? question.user.name : evaluation.wildcardName;
    const contextual = overlay.find(object, target.relation, name, userRelation);
    if (contextual !== undefined) return met(evaluation, contextual.text, contextualHolds(evaluation, contextual));
  }
  const entry = sets.find(object, target.relation);
  if (entry === 0) return DENIED;
  const outcome = entryHolds(evaluation, admitted, entry);
  if (trace === undefined) return outcome;
  const set = evaluation.index.memberships.keyOf(entry);
  return met(evaluation, tupleText(evaluation, set, sets.user, entry), outcome);
}

function met({ trace }: Evaluation, text: string, outcome: Outcome): Outcome {
  if (trace === undefined) return outcome;
  trace.open('tuple', text);
  return trace.close(outcome);
}

/** Whether the tuple of an entry counts: admitted by the model, its condition met. */
export function entryHolds(evaluation: Evaluation, admitted: Conditions, entry: number): Outcome {
  if (entry < LINK_BIT) return isAmong(admitted, 0) ? ALLOWED : DENIED;
  const { binding, index, input, model } = evaluation;
  const link = entry & ADDRESS_MASK;
  const condition = binding.conditionToModel[index.links.conditionOf(link)]!;
  if (condition < 0 || !isAmong(admitted, condition + 1)) return DENIED;
  input.link = link;
  input.context = undefined;
  const outcome = model.conditions[condition]!.evaluate(input);
  if (outcome > CYCLE) evaluation.failed(condition);
  return outcome;
}

/** Whether the model admits the tuple of an entry, its condition aside. */
export function entryAdmitted({ binding, index }: Evaluation, admitted: Conditions, entry: number): boolean {
  const condition = entry < LINK_BIT ? -1 : binding.conditionToModel[index.links.conditionOf(entry & ADDRESS_MASK)]!;
  return (entry < LINK_BIT || condition >= 0) && isAmong(admitted, condition + 1);
}

/** Whether the condition of a contextual tuple is met. */
export function contextualHolds(evaluation: Evaluation, tuple: OverlayTuple): Outcome {
  const { input, model } = evaluation;
  if (tuple.condition === 0) return ALLOWED;
  input.link = 0;
  input.context = tuple.context;
  const outcome = model.conditions[tuple.condition - 1]!.evaluate(input);
  if (outcome > CYCLE) evaluation.failed(tuple.condition - 1);
  return outcome;
}

/** The text of a stored tuple. */
export function tupleText({ binding, index }: Evaluation, set: number, user: number, entry: number): string {
  const key = `${index.entities.textOf(set)}@${index.entities.textOf(user)}`;
  if (entry < LINK_BIT) return key;
  const { conditions } = binding.vocabulary;
  return `${key} with ${conditions.names[index.links.conditionOf(entry & ADDRESS_MASK)]!}`;
}

/** A loop in place of `includes`, which is a call for a list of one or two. */
function isAmong(admitted: Conditions, condition: number): boolean {
  for (let at = 0; at < admitted.length; at++) if (admitted[at] === condition) return true;
  return false;
}
