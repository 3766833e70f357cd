import type { ModelBinding } from './model-binding.ts';
import type { TupleIndex } from './tuple-index.ts';

/** A user of no more sets has them at hand during an evaluation; of more, each set is found in the table and probed for. */
const AT_HAND_MAX = 8;

/** The sets that one user is a user of, laid out for many short questions; relations by the model's numbers. */
export class UserSets {
  #index!: TupleIndex;
  #binding!: ModelBinding;
  /** The record of the user, 0 if no tuple has it. */
  user = 0;
  /** The collection of its sets. */
  head = 0;
  /** How many are at hand, those of relations that the model has not left out; -1: too many to be. */
  count = 0;
  readonly sets = new Uint32Array(AT_HAND_MAX);
  readonly objects = new Uint32Array(AT_HAND_MAX);
  readonly relations = new Int32Array(AT_HAND_MAX);
  readonly entries = new Uint32Array(AT_HAND_MAX);

  load(index: TupleIndex, binding: ModelBinding, user: number): void {
    this.#index = index;
    this.#binding = binding;
    this.user = user;
    this.head = user === 0 ? 0 : index.entities.headOf(user);
    this.count = 0;
    if (this.head === 0) return;
    const { memberships, entities } = index;
    const { relationToModel } = binding;
    const places = memberships.places(this.head);
    if (places > AT_HAND_MAX) {
      this.count = -1;
      return;
    }
    let count = 0;
    for (let place = 0; place < places; place++) {
      const entry = memberships.at(this.head, place);
      if (entry === 0) continue;
      const set = memberships.keyOf(entry);
      const relation = relationToModel[entities.relationOf(set)]!;
      if (relation < 0) continue;
      this.sets[count] = set;
      this.objects[count] = entities.objectOf(set);
      this.relations[count] = relation;
      this.entries[count++] = entry;
    }
    this.count = count;
  }

  /** The entry of the user in the set of an object's relation, 0 if it is not in it. */
  find(object: number, relation: number): number {
    for (let at = 0; at < this.count; at++) {
      if (this.objects[at] === object && this.relations[at] === relation) return this.entries[at]!;
    }
    if (this.count >= 0) return 0;
    const set = this.#index.entities.findSet(object, this.#binding.relationFromModel[relation]!);
    return set === 0 ? 0 : this.#index.memberships.find(this.head, set);
  }
}
