import type { CompiledRelation } from './compiled-model.ts';
import type { Evaluation } from './evaluation.ts';
import type { Lead } from './lead.ts';
import { CERTAIN } from './list-run.ts';
import type { Candidates, ListRun } from './list-run.ts';
import { ALLOWED, DENIED, DEPTH } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { VIRTUAL } from './overlay.ts';
import { reachOf } from './reach.ts';
import type { Reach, UserKind } from './reach.ts';
import { TextHeap } from './text-heap.ts';
import { WalkNodes } from './walk-nodes.ts';
import { WrittenUsers } from './written-users.ts';

/**
 * How users come by a relation that was met: in it for certain; in it perhaps, which a check decides; *taken away*, where only what a further
 * `but not` gives back is of interest; or *in doubt*, in it for certain but for a condition that cannot be told.
 */
const SURE = 0;
const OPEN = 1;
const TAKEN = 2;
const IN_DOUBT = 3;
type Standing = typeof SURE | typeof OPEN | typeof TAKEN | typeof IN_DOUBT;
const STANDINGS = 4;
/** What makes a candidate of a standing needless. */
const STRONGER: Readonly<Record<Standing, readonly Standing[]>> = {
  [SURE]: [],
  [OPEN]: [SURE],
  [IN_DOUBT]: [SURE, OPEN],
  [TAKEN]: [SURE, OPEN, IN_DOUBT],
};
/** The number of a candidate that is not listed: only whether it can be decided is of interest. */
const UNLISTED = -2;

/** From the object to its users: by every lead of its relation, level by level, each relation of an object once for each standing. */
export class UserWalk {
  readonly #run: ListRun;
  readonly #evaluation: Evaluation;
  readonly #filters: readonly UserKind[];
  readonly #reaches: readonly Reach[];
  readonly #relationCount: number;
  readonly #met = new WalkNodes();
  /** Names with code standing, usersets by their object with the code of their relation and standing. */
  readonly #found = new WalkNodes();
  readonly #written: WrittenUsers;
  /** Whose tuples take names away: an object and the number of a relation. */
  readonly #takenFrom = new WalkNodes();
  #isTakenOnCondition = false;
  /** The strongest doubt of the conditions met; DENIED while there is none. */
  #undecided: Outcome = DENIED;
  /** Whether everybody of a type was found. */
  #isForAll = false;

  constructor(run: ListRun, filters: readonly UserKind[]) {
    this.#run = run;
    this.#evaluation = run.evaluation;
    this.#filters = filters;
    this.#reaches = filters.map((filter) => reachOf(run.evaluation.model, filter));
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
      const relation = this.#relationOf(Math.floor(code / STANDINGS));
      for (const lead of standing === TAKEN ? relation.leadsTaken : relation.leads) {
        const by = standingBy(lead, standing);
        if (!(yield* this.#follow(lead, relation, this.#met.objectAt(place), by, this.#met.depthAt(place))))
          return undefined;
      }
    }
    const decide = (text: string, number: number): Outcome => {
      this.#evaluation.askFor(text);
      const outcome = this.#evaluation.ask(question.relation, question.object);
      return number === UNLISTED && outcome === ALLOWED ? DENIED : outcome;
    };
    if (!(yield* this.#findTaken())) return undefined;
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
        if (standing === TAKEN) this.#takeFrom(relation, object);
        else if (this.#filters.some((filter) => filter.relation < 0)) {
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
    if (held === DENIED || !this.#reaches.some((reach) => reach.has(relation))) return;
    const by = this.#standing(held, standing);
    const code = this.#numberOf(relation) * STANDINGS;
    if (by === OPEN && (this.#met.has(object, code + SURE) || this.#met.has(object, code + IN_DOUBT))) return;
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
    const by = this.#standing(held, standing);
    if (by === IN_DOUBT) this.#run.doubt(this.#undecided);
    if (ofRelation === 0 && this.#isWildcard(name)) this.#isForAll = true;
    this.#found.add(name, ofRelation * STANDINGS + by, 0);
  }

  /** What a standing becomes by a tuple. */
  #standing(held: Outcome, standing: Standing): Standing {
    if (held === ALLOWED) return standing;
    if (held > this.#undecided) this.#undecided = held;
    return standing === SURE ? IN_DOUBT : standing;
  }

  /**
   * Finds, where everybody is in the relation and a condition cannot be told, those who are named only where they are taken away: a doubt of theirs is of
   * nobody else. False when what was read holds no more.
   */
  *#findTaken(): Generator<void, boolean> {
    if (!this.#isForAll || (this.#undecided === DENIED && !this.#isTakenOnCondition)) return true;
    for (let place = 0; place < this.#takenFrom.length; place++) {
      if (this.#run.isDue) {
        yield;
        if (!this.#run.holds) return false;
      }
      if (this.#run.step()) return true;
      const relation = this.#relationOf(this.#takenFrom.codeAt(place));
      const read = yield* this.#written.names(relation, this.#takenFrom.objectAt(place), (name, type, held) => {
        if (held === DENIED || !this.#isWanted(type, -1)) return;
        this.#standing(held, TAKEN);
        this.#found.add(name, TAKEN, 0);
      });
      if (!read) return false;
    }
    return true;
  }

  #isWanted(type: number, relation: number): boolean {
    return this.#filters.some((filter) => filter.type === type && filter.relation === relation);
  }

  #takeFrom(relation: CompiledRelation, object: number): void {
    this.#takenFrom.add(object, this.#numberOf(relation), 0);
    const { plain } = relation.restrictions;
    this.#isTakenOnCondition ||= plain.some((admitted) => admitted?.some((condition) => condition > 0));
  }

  #isWildcard(name: number): boolean {
    const { index, names } = this.#evaluation;
    return name < VIRTUAL ? index.entities.isWildcard(name) : names.textOf(name).endsWith(':*');
  }

  #numberOf({ type, relation }: CompiledRelation): number {
    return type * this.#relationCount + relation;
  }

  #relationOf(number: number): CompiledRelation {
    return this.#evaluation.model.relations[Math.floor(number / this.#relationCount)]![number % this.#relationCount]!;
  }

  /** Whoever was found; undefined when what was read holds no more. */
  *#candidates(): Generator<void, TextHeap | undefined> {
    const heap = new TextHeap();
    const { names, model } = this.#evaluation;
    for (let place = 0; place < this.#found.length; place++) {
      const name = this.#found.objectAt(place);
      const code = this.#found.codeAt(place);
      const standing = (code % STANDINGS) as Standing;
      const isListed = (other: Standing) => this.#found.has(name, code - standing + other);
      if (standing === TAKEN && this.#undecided === DENIED) continue;
      if (STRONGER[standing].some(isListed)) continue;
      this.#run.step();
      if (this.#run.isDue) {
        yield;
        if (!this.#run.holds) return undefined;
      }
      const named = Math.floor(code / STANDINGS) - 1;
      const text = named < 0 ? names.textOf(name) : `${names.textOf(name)}#${model.vocabulary.relations.names[named]!}`;
      if (this.#run.wants(text)) heap.add(text, standing === SURE ? CERTAIN : standing === TAKEN ? UNLISTED : name);
    }
    return heap;
  }
}

/** How users come by a lead of a relation that they come by so. */
function standingBy({ isTaken, isCertain }: Lead, standing: Standing): Standing {
  if (isTaken) return TAKEN;
  return isCertain && standing !== TAKEN ? standing : OPEN;
}
