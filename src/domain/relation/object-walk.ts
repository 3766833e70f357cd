import type { Conditions } from './compiled-model.ts';
import type { Evaluation } from './evaluation.ts';
import { CERTAIN } from './list-run.ts';
import type { Candidates, ListRun } from './list-run.ts';
import { contextualHolds, entryHolds } from './membership.ts';
import type { ObjectPlan, PlanNode, PlanStep } from './object-plan.ts';
import { ALLOWED, CYCLE, DENIED, DEPTH } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import type { OverlayTuple } from './overlay.ts';
import { VIRTUAL } from './overlay.ts';
import { SetScan } from './set-scan.ts';
import { TextHeap } from './text-heap.ts';
import { WalkNodes } from './walk-nodes.ts';

/** What is known of a relation of an object that was met: the user is in it for certain, or may be, or a check has denied it. */
const SURE = 0;
const OPEN = 1;
const OUT = 2;
type Standing = typeof SURE | typeof OPEN | typeof OUT;
const STANDINGS = 4;

/**
 * From the user to the objects: along the sets that it is in, level by level, each relation of an object once. Where an intersection or an exclusion
 * has a say, a check decides at once, so that nothing is followed that leads nowhere; what only the way to it could decide stays open.
 */
export class ObjectWalk {
  readonly #run: ListRun;
  readonly #evaluation: Evaluation;
  readonly #plan: ObjectPlan;
  readonly #met = new WalkNodes();
  readonly #scan: SetScan;

  constructor(run: ListRun, plan: ObjectPlan) {
    this.#run = run;
    this.#evaluation = run.evaluation;
    this.#plan = plan;
    this.#scan = new SetScan(run);
  }

  /** The candidates; undefined when what was read holds no more. */
  *walk(): Generator<void, Candidates | undefined> {
    const { user } = this.#evaluation.question;
    const self = user.relation < 0 ? undefined : this.#plan.nodeOf(user.type, user.relation);
    if (self !== undefined) this.#meet(self, user.name, ALLOWED, true, SURE, 0);
    const admittedOf = ({ relation: { restrictions } }: PlanNode): Conditions | undefined => {
      if (user.relation >= 0) return restrictions.userset[user.type]?.[user.relation];
      return (user.isWildcard ? restrictions.wildcard : restrictions.plain)[user.type];
    };
    if (!(yield* this.#begin(user.own.user, user.name, user.relation, admittedOf))) return undefined;
    if (user.isName) {
      const open = ({ relation }: PlanNode) => relation.restrictions.wildcard[user.type];
      const { wildcardName } = this.#evaluation;
      if (!(yield* this.#begin(user.open.user, wildcardName, -1, open))) return undefined;
    }
    for (let place = 0; place < this.#met.length; place++) {
      if (this.#run.isDue) {
        yield;
        if (!this.#run.holds) return undefined;
      }
      if (this.#run.step()) break;
      if (!(yield* this.#follow(place))) return undefined;
    }
    const heap = yield* this.#found();
    return heap && { heap, decide: (_, object) => this.#evaluation.ask(this.#plan.target.relation, object) };
  }

  /** Meets every relation that a user is written for: `entity` by its record, `name` and `userRelation` in contextual tuples. */
  *#begin(
    entity: number,
    name: number,
    userRelation: number,
    admittedOf: (node: PlanNode) => Conditions | undefined,
  ): Generator<void, boolean> {
    const written = (type: number, relation: number): PlanNode | undefined => {
      const node = this.#plan.nodeOf(type, relation);
      return node === undefined || node.written === 'no' ? undefined : node;
    };
    const visit = (object: number, type: number, relation: number, entry: number): void => {
      const node = written(type, relation);
      const admitted = node && admittedOf(node);
      if (admitted === undefined || this.#isReplaced(object, relation, name, userRelation)) return;
      this.#meet(node!, object, entryHolds(this.#evaluation, admitted, entry), node!.written === 'certain', SURE, 0);
    };
    for (const tuple of this.#contextual(name, userRelation)) {
      const node = written(this.#evaluation.names.typeOf(tuple.object), tuple.relation);
      if (node === undefined) continue;
      this.#meet(node, tuple.object, contextualHolds(this.#evaluation, tuple), node.written === 'certain', SURE, 0);
    }
    return entity === 0 || this.#scan.small(entity, visit) || (yield* this.#scan.large(entity, visit));
  }

  /** Meets everything that a relation of an object leads to. */
  *#follow(place: number): Generator<void, boolean> {
    const code = this.#met.codeAt(place);
    const standing = (code % STANDINGS) as Standing;
    if (standing === OUT) return true;
    const object = this.#met.objectAt(place);
    const depth = this.#met.depthAt(place) + 1;
    const node = this.#plan.nodes[(code - standing) / STANDINGS]!;
    for (const { to, isCertain } of node.computed) this.#meet(to, object, ALLOWED, isCertain, standing, depth);
    if (node.usersets.length > 0) {
      const set = this.#evaluation.setOf(object, node.relation.relation);
      if (!(yield* this.#along(node.usersets, set, object, node.relation.relation, standing, depth))) return false;
    }
    if (node.parents.length === 0) return true;
    return yield* this.#along(node.parents, object < VIRTUAL ? object : 0, object, -1, standing, depth);
  }

  /** Takes those steps that tuples with this user allow. */
  *#along(
    steps: readonly (PlanStep & { readonly admitted: Conditions; readonly tupleset?: number })[],
    entity: number,
    name: number,
    userRelation: number,
    standing: Standing,
    depth: number,
  ): Generator<void, boolean> {
    const takes = ({ to, tupleset = to.relation.relation }: (typeof steps)[number], type: number, relation: number) =>
      to.relation.type === type && tupleset === relation;
    const visit = (object: number, type: number, relation: number, entry: number): void => {
      for (const step of steps) {
        if (!takes(step, type, relation) || this.#isReplaced(object, relation, name, userRelation)) continue;
        this.#meet(
          step.to,
          object,
          entryHolds(this.#evaluation, step.admitted, entry),
          step.isCertain,
          standing,
          depth,
        );
      }
    };
    for (const tuple of this.#contextual(name, userRelation)) {
      const type = this.#evaluation.names.typeOf(tuple.object);
      for (const step of steps) {
        if (!takes(step, type, tuple.relation)) continue;
        const outcome = contextualHolds(this.#evaluation, tuple);
        this.#meet(step.to, tuple.object, outcome, step.isCertain, standing, depth);
      }
    }
    return entity === 0 || this.#scan.small(entity, visit) || (yield* this.#scan.large(entity, visit));
  }

  #meet(to: PlanNode, object: number, held: Outcome, isCertain: boolean, from: Standing, depth: number): void {
    if (held === DENIED) return;
    const code = to.number * STANDINGS;
    const met = this.#met;
    if (met.has(object, code + SURE) || met.has(object, code + OUT)) return;
    if (depth >= this.#evaluation.limits.depthMax) {
      if (!met.has(object, code + OPEN)) this.#run.doubt(DEPTH);
      return;
    }
    if (held === ALLOWED && from === SURE && isCertain) met.add(object, code + SURE, depth);
    else if (!met.has(object, code + OPEN)) met.add(object, code + this.#standing(to, object, isCertain), depth);
  }

  /** What a check says of a relation that is on the way. What is asked for is left until its turn comes, which it may not. */
  #standing(to: PlanNode, object: number, isCertain: boolean): Standing {
    if (isCertain || to === this.#plan.target || to.relation.isPathDependent) return OPEN;
    const outcome = this.#evaluation.ask(to.relation, object);
    if (outcome === ALLOWED) return SURE;
    return outcome === DENIED || outcome === CYCLE ? OUT : OPEN;
  }

  /** Whatever was found of what is asked for; undefined when what was read holds no more. */
  *#found(): Generator<void, TextHeap | undefined> {
    const heap = new TextHeap();
    const { names } = this.#evaluation;
    const first = this.#plan.target.number * STANDINGS;
    for (let place = 0; place < this.#met.length; place++) {
      const standing = this.#met.codeAt(place) - first;
      if (standing !== SURE && standing !== OPEN) continue;
      const object = this.#met.objectAt(place);
      if (standing === OPEN && this.#met.has(object, first + SURE)) continue;
      this.#run.step();
      if (this.#run.isDue) {
        yield;
        if (!this.#run.holds) return undefined;
      }
      const text = names.textOf(object);
      if (this.#run.wants(text) && !text.endsWith(':*')) heap.add(text, standing === SURE ? CERTAIN : object);
    }
    return heap;
  }

  #contextual(user: number, userRelation: number): readonly OverlayTuple[] {
    const { overlay } = this.#evaluation;
    return overlay === undefined
      ? []
      : overlay.tuples.filter((tuple) => tuple.user === user && tuple.userRelation === userRelation);
  }

  #isReplaced(object: number, relation: number, user: number, userRelation: number): boolean {
    return this.#evaluation.overlay?.find(object, relation, user, userRelation) !== undefined;
  }
}
