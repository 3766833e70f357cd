import type { ListRun } from './list-run.ts';

/** Collections of so many places are read at once. */
const SMALL_MAX = 1_024;

/** Sees one set that an entity is a user of: its object, with type and relation by the model's numbers, -1 where it has none. */
export type VisitSet = (object: number, type: number, relation: number, entry: number) => void;

/** Reads the sets that an entity is a user of. */
export class SetScan {
  readonly #run: ListRun;

  constructor(run: ListRun) {
    this.#run = run;
  }

  /** Reads few sets at once; false, and nothing is read, where they are many. */
  small(entity: number, visit: VisitSet): boolean {
    const { entities, memberships } = this.#run.evaluation.index;
    const head = entities.headOf(entity);
    const places = memberships.places(head);
    if (places > SMALL_MAX) return false;
    this.#read(head, 0, places, visit);
    return true;
  }

  /**
   * Reads many sets with turns between; false when what was read holds no more. Sets that came meanwhile may have moved the others: then all
   * are read again, and some visited twice.
   */
  *large(entity: number, visit: VisitSet): Generator<void, boolean> {
    const { entities, memberships } = this.#run.evaluation.index;
    let head = entities.headOf(entity);
    let count = memberships.count(head);
    for (let from = 0; from < memberships.places(head) && !this.#run.step(); from += SMALL_MAX) {
      this.#read(head, from, Math.min(memberships.places(head), from + SMALL_MAX), visit);
      if (!this.#run.isDue) continue;
      yield;
      if (!this.#run.holds) return false;
      if (head === entities.headOf(entity) && count === memberships.count(head)) continue;
      head = entities.headOf(entity);
      count = memberships.count(head);
      this.#read(head, 0, memberships.places(head), visit);
      return true;
    }
    return true;
  }

  #read(head: number, from: number, to: number, visit: VisitSet): void {
    const { binding, index } = this.#run.evaluation;
    const { entities, memberships } = index;
    for (let place = from; place < to; place++) {
      const entry = memberships.at(head, place);
      if (entry === 0) continue;
      if (this.#run.step()) return;
      const set = memberships.keyOf(entry);
      const relation = binding.relationToModel[entities.relationOf(set)]!;
      if (relation < 0) continue;
      const object = entities.objectOf(set);
      visit(object, binding.typeToModel[entities.typeOf(object)]!, relation, entry);
    }
  }
}
