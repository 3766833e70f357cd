import type { CompiledRelation } from '../compiled-model.ts';
import type { Evaluation } from '../evaluation.ts';
import { ALLOWED, BREADTH, both, DENIED, either } from '../outcome.ts';
import type { Outcome } from '../outcome.ts';
import type { OverlayTuple } from '../overlay.ts';
import type { Operator } from './operator.ts';

const NO_TUPLES: readonly OverlayTuple[] = [];
/** From this many usersets on, a user of fewer sets is looked up in them instead of they for the user. */
const USERSETS_MANY = 16;

/**
 * The users written for a relation: the user itself, the wildcard of its type, and the usersets among them. A membership is one
 * probe; usersets of flat relations are one probe each, or one for each set of the user where those are fewer; the others are
 * evaluated, up to `breadthMax` of them.
 */
export class Direct implements Operator {
  readonly kind = 'direct';
  readonly label = 'direct';

  evaluate(evaluation: Evaluation, relation: CompiledRelation, object: number, depth: number): Outcome {
    const own = evaluation.membership(relation, object);
    if (!relation.restrictions.admitsUsersets || (own === ALLOWED && !evaluation.exhaustive)) return own;
    const set = evaluation.setOf(object, relation.relation);
    const usersets = set === 0 ? 0 : evaluation.index.usersetsOf(set);
    if (usersets === 0 && evaluation.overlay === undefined) return own;
    return either(own, evaluateUsersets(evaluation, relation, object, set, usersets, depth));
  }
}

function evaluateUsersets(
  evaluation: Evaluation,
  relation: CompiledRelation,
  object: number,
  set: number,
  usersets: number,
  depth: number,
): Outcome {
  const probing = !evaluation.exhaustive && depth + 1 < evaluation.limits.depthMax;
  if (probing && relation.hasFlatUsersetsOnly && evaluation.overlay === undefined) {
    const [own, open] = evaluation.membershipsOfUser();
    const { members, memberships } = evaluation.index;
    const many = members.count(usersets);
    if (many > USERSETS_MANY && memberships.count(own) + memberships.count(open) < many) {
      const outcome = fromUser(evaluation, relation, usersets, own, depth);
      return outcome === ALLOWED ? outcome : either(outcome, fromUser(evaluation, relation, usersets, open, depth));
    }
  }
  const pass = new UsersetPass(evaluation, relation, object, set, usersets, depth);
  const outcome = probing && relation.admitsFlatUsersets ? pass.probeFlat() : DENIED;
  return outcome === ALLOWED ? outcome : either(outcome, pass.evaluateRest(probing));
}

/** For each set of the user: is it among the usersets? */
function fromUser(
  evaluation: Evaluation,
  relation: CompiledRelation,
  usersets: number,
  sets: number,
  depth: number,
): Outcome {
  const { members, memberships } = evaluation.index;
  let outcome: Outcome = DENIED;
  for (let place = 0, places = memberships.places(sets); place < places; place++) {
    const membership = memberships.at(sets, place);
    if (membership === 0) continue;
    const userset = memberships.keyOf(membership);
    const entry = members.find(usersets, userset);
    if (entry === 0) continue;
    outcome = either(outcome, probeOne(evaluation, relation, userset, entry, depth));
    if (outcome === ALLOWED) return outcome;
  }
  return outcome;
}

/** The relation of a stored userset where the model admits it as user here and the relation is flat, and the user is in it. */
function probeOne(
  evaluation: Evaluation,
  relation: CompiledRelation,
  userset: number,
  entry: number,
  depth: number,
): Outcome {
  const { index, binding, model } = evaluation;
  const object = index.objectOf(userset);
  const type = binding.typeToModel[index.typeOf(object)]!;
  const named = binding.relationToModel[index.relationOf(userset)]!;
  const admitted = type < 0 || named < 0 ? undefined : relation.restrictions.userset[type]?.[named];
  if (admitted === undefined) return DENIED;
  const target = model.relations[type]![named]!;
  if (!target.isFlat) return DENIED;
  const inside = evaluation.flat(target, object, depth);
  return inside === DENIED ? DENIED : both(inside, evaluation.entryHolds(admitted, entry));
}

/** The usersets of one set, stored and contextual, each contextual one in the place of the stored one with its key. */
class UsersetPass {
  readonly #evaluation: Evaluation;
  readonly #relation: CompiledRelation;
  readonly #object: number;
  readonly #set: number;
  readonly #usersets: number;
  readonly #depth: number;

  constructor(
    evaluation: Evaluation,
    relation: CompiledRelation,
    object: number,
    set: number,
    usersets: number,
    depth: number,
  ) {
    this.#evaluation = evaluation;
    this.#relation = relation;
    this.#object = object;
    this.#set = set;
    this.#usersets = usersets;
    this.#depth = depth;
  }

  /** Those of flat relations: a probe each. */
  probeFlat(): Outcome {
    const evaluation = this.#evaluation;
    const { members } = evaluation.index;
    let outcome: Outcome = DENIED;
    for (let place = 0, places = members.places(this.#usersets); place < places; place++) {
      const entry = members.at(this.#usersets, place);
      if (entry === 0) continue;
      const userset = members.keyOf(entry);
      if (this.#isReplaced(userset)) continue;
      outcome = either(outcome, probeOne(evaluation, this.#relation, userset, entry, this.#depth));
      if (outcome === ALLOWED) return outcome;
    }
    for (const tuple of this.#contextual()) {
      const target = evaluation.model.relations[evaluation.names.typeOf(tuple.user)]![tuple.userRelation]!;
      if (!target.isFlat) continue;
      const inside = evaluation.flat(target, tuple.user, this.#depth);
      if (inside !== DENIED) outcome = either(outcome, both(inside, evaluation.contextualHolds(tuple)));
    }
    return outcome;
  }

  /** The others, and those of flat relations too unless they were probed. */
  evaluateRest(probed: boolean): Outcome {
    if (probed && this.#relation.hasFlatUsersetsOnly) return DENIED;
    const tooMany = this.#countDeep() > this.#evaluation.limits.breadthMax;
    let outcome: Outcome = tooMany ? BREADTH : DENIED;
    const { members } = this.#evaluation.index;
    for (let place = 0, places = members.places(this.#usersets); place < places; place++) {
      const entry = members.at(this.#usersets, place);
      if (entry !== 0) outcome = either(outcome, this.#evaluateStored(entry, probed, tooMany));
      if (outcome === ALLOWED && !this.#evaluation.exhaustive) return outcome;
    }
    for (const tuple of this.#contextual()) {
      const target = this.#evaluation.model.relations[this.#evaluation.names.typeOf(tuple.user)]![tuple.userRelation]!;
      if (target.isFlat ? probed : tooMany) continue;
      const { trace } = this.#evaluation;
      trace?.open('tuple', tuple.text);
      const inside = this.#evaluation.relation(target, tuple.user, this.#depth + 1);
      const held = inside === DENIED ? DENIED : both(inside, this.#evaluation.contextualHolds(tuple));
      outcome = either(outcome, trace?.close(held) ?? held);
      if (outcome === ALLOWED && !this.#evaluation.exhaustive) return outcome;
    }
    return outcome;
  }

  #evaluateStored(entry: number, probed: boolean, tooMany: boolean): Outcome {
    const evaluation = this.#evaluation;
    const userset = evaluation.index.members.keyOf(entry);
    const target = this.#targetOf(userset);
    if (target === undefined || (target.isFlat ? probed : tooMany)) return DENIED;
    const admitted = this.#relation.restrictions.userset[target.type]![target.relation]!;
    const { trace } = evaluation;
    trace?.open('tuple', evaluation.tupleText(this.#set, userset, entry));
    const inside = evaluation.relation(target, evaluation.index.objectOf(userset), this.#depth + 1);
    const held = inside === DENIED ? DENIED : both(inside, evaluation.entryHolds(admitted, entry));
    return trace?.close(held) ?? held;
  }

  /** Usersets that lead further; 0 where there are too few usersets to be too many. */
  #countDeep(): number {
    const { index, limits } = this.#evaluation;
    const { members } = index;
    if (members.count(this.#usersets) + this.#contextual().length <= limits.breadthMax) return 0;
    let deep = 0;
    for (let place = 0, places = members.places(this.#usersets); place < places; place++) {
      const entry = members.at(this.#usersets, place);
      const target = entry === 0 ? undefined : this.#targetOf(members.keyOf(entry));
      if (target !== undefined && !target.isFlat) deep++;
    }
    for (const tuple of this.#contextual()) {
      const type = this.#evaluation.names.typeOf(tuple.user);
      if (!this.#evaluation.model.relations[type]![tuple.userRelation]!.isFlat) deep++;
    }
    return deep;
  }

  /** The relation of a stored userset; undefined where the model does not admit it or a contextual tuple stands in its place. */
  #targetOf(userset: number): CompiledRelation | undefined {
    const { index, binding, model } = this.#evaluation;
    const type = binding.typeToModel[index.typeOf(index.objectOf(userset))]!;
    const named = binding.relationToModel[index.relationOf(userset)]!;
    const admitted = type < 0 || named < 0 ? undefined : this.#relation.restrictions.userset[type]?.[named];
    return admitted === undefined || this.#isReplaced(userset) ? undefined : model.relations[type]![named];
  }

  #isReplaced(userset: number): boolean {
    const { overlay, index, binding } = this.#evaluation;
    if (overlay === undefined) return false;
    const named = binding.relationToModel[index.relationOf(userset)]!;
    return overlay.find(this.#object, this.#relation.relation, index.objectOf(userset), named) !== undefined;
  }

  #contextual(): readonly OverlayTuple[] {
    const { overlay } = this.#evaluation;
    if (overlay === undefined) return NO_TUPLES;
    return overlay.tuples.filter(
      (tuple) => tuple.object === this.#object && tuple.relation === this.#relation.relation && tuple.userRelation >= 0,
    );
  }
}
