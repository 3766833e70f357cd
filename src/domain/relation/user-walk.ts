import type { CompiledRelation } from './compiled-model.ts';
import type { Evaluation } from './evaluation.ts';
import type { Lead } from './lead.ts';
import { CERTAIN } from './list-run.ts';
import type { Candidates, ListRun } from './list-run.ts';
import { ALLOWED, DENIED, DEPTH } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { TextHeap } from './text-heap.ts';
import { WalkNodes } from './walk-nodes.ts';
import { WrittenUsers } from './written-users.ts';

/**
 * How users come by a relation that was met: in it for certain; in it perhaps, which a check decides; or *taken away*, where only what a further
 * `but not` gives back is of interest.
 */
const SURE = 0;
const OPEN = 1;
const TAKEN = 2;
type Standing = typeof SURE | typeof OPEN | typeof TAKEN;
const STANDINGS = 4;

/** A filter by the model's numbers; relation -1 for names. */
export interface FilterNumbers {
  readonly type: number;
  readonly relation: number;
}

/** From the object to its users: by every lead of its relation, level by level, each relation of an object once for each standing. */
export class UserWalk {
  readonly #run: ListRun;
  readonly #evaluation: Evaluation;
  readonly #filters: readonly FilterNumbers[];
  readonly #relationCount: number;
  readonly #met = new WalkNodes();
  /** Names with code standing, usersets by their object with the code of their relation and standing. */
  readonly #found = new WalkNodes();
  readonly #written: WrittenUsers;

  constructor(run: ListRun, filters: readonly FilterNumbers[]) {
    this.#run = run;
    this.#evaluation = run.evaluation;
    this.#filters = filters;
    this.#relationCount = run.evaluation.model.vocabulary.relations.names.length;
    this.#written = new WrittenUsers(run);
  }

  /** The candidates; undefined when what was read holds no more. */
  *walk(): Generator<void, Candidates | undefined> {
    const { question } = this.#evaluation;
    this.#meet(question.relation, question.object, ALLOWED, SURE, 0);
    for (let place = 0; place < this.#met.length; place++) {
      if (this.#run.isDue) {
        yield;
        if (!this.#run.holds) return undefined;
      }
      if (this.#run.step()) break;
      const code = this.#met.codeAt(place);
      const standing = (code % STANDINGS) as Standing;
      const relation = this.#relationOf(code)!;
      for (const lead of standing === TAKEN ? relation.leadsTaken : relation.leads) {
        const by = lead.isTaken ? TAKEN : lead.isCertain && standing === SURE ? SURE : OPEN;
        if (!(yield* this.#follow(lead, relation, this.#met.objectAt(place), by, this.#met.depthAt(place))))
          return undefined;
      }
    }
    const decide = (text: string): Outcome => {
      this.#evaluation.askFor(text);
      return this.#evaluation.ask(question.relation, question.object);
    };
    const heap = yield* this.#candidates();
    return heap && { heap, decide };
  }

  *#follow(
    { operator }: Lead,
    relation: CompiledRelation,
    object: number,
    standing: Standing,
    depth: number,
  ): Generator<void, boolean> {
    const { model } = this.#evaluation;
    switch (operator.kind) {
      case 'computed':
        this.#meet(model.relations[relation.type]![operator.relation]!, object, ALLOWED, standing, depth + 1);
        return true;
      case 'tuple_to_userset': {
        const tupleset = model.relations[relation.type]![operator.tupleset]!;
        return yield* this.#written.names(tupleset, object, (parent, type, held) => {
          const target = model.relations[type]![operator.relation];
          if (target !== undefined) this.#meet(target, parent, held, standing, depth + 1);
        });
      }
      case 'direct':
        if (standing !== TAKEN && this.#filters.some((filter) => filter.relation < 0)) {
          const read = yield* this.#written.names(relation, object, (name, type, held) => {
            if (this.#isWanted(type, -1)) this.#find(name, 0, held, standing);
          });
          if (!read) return false;
        }
        return yield* this.#written.usersets(relation, object, (own, type, held, named) => {
          if (standing !== TAKEN && this.#isWanted(type, named)) this.#find(own, named + 1, held, standing);
          this.#meet(model.relations[type]![named]!, own, held, standing, depth + 1);
        });
      case 'union':
      case 'intersection':
      case 'exclusion':
        return true;
      default:
        return operator.kind satisfies never;
    }
  }

  #meet(relation: CompiledRelation, object: number, held: Outcome, standing: Standing, depth: number): void {
    if (held === DENIED) return;
    if (held !== ALLOWED) this.#run.doubt(held);
    const by = held === ALLOWED || standing === TAKEN ? standing : OPEN;
    const code = (relation.type * this.#relationCount + relation.relation) * STANDINGS;
    if (by === OPEN && this.#met.has(object, code + SURE)) return;
    if (depth >= this.#evaluation.limits.depthMax) {
      if (!this.#met.has(object, code + by)) this.#run.doubt(DEPTH);
      return;
    }
    if (!this.#met.add(object, code + by, depth)) return;
    if (by !== TAKEN && this.#isWanted(relation.type, relation.relation)) {
      this.#find(object, relation.relation + 1, ALLOWED, by);
    }
  }

  #find(name: number, ofRelation: number, held: Outcome, standing: Standing): void {
    if (held === DENIED) return;
    if (held !== ALLOWED) this.#run.doubt(held);
    this.#found.add(name, ofRelation * STANDINGS + (held === ALLOWED ? standing : OPEN), 0);
  }

  #isWanted(type: number, relation: number): boolean {
    return this.#filters.some((filter) => filter.type === type && filter.relation === relation);
  }

  #relationOf(code: number): CompiledRelation | undefined {
    const number = Math.floor(code / STANDINGS);
    return this.#evaluation.model.relations[Math.floor(number / this.#relationCount)]![number % this.#relationCount];
  }

  /** Whoever was found; undefined when what was read holds no more. */
  *#candidates(): Generator<void, TextHeap | undefined> {
    const heap = new TextHeap();
    const { names, model } = this.#evaluation;
    for (let place = 0; place < this.#found.length; place++) {
      const name = this.#found.objectAt(place);
      const code = this.#found.codeAt(place);
      const standing = code % STANDINGS;
      if (standing === OPEN && this.#found.has(name, code - OPEN + SURE)) continue;
      this.#run.step();
      if (this.#run.isDue) {
        yield;
        if (!this.#run.holds) return undefined;
      }
      const named = Math.floor(code / STANDINGS) - 1;
      const text = named < 0 ? names.textOf(name) : `${names.textOf(name)}#${model.vocabulary.relations.names[named]!}`;
      if (this.#run.wants(text)) heap.add(text, standing === SURE ? CERTAIN : name);
    }
    return heap;
  }
}
