import type { ModelBinding } from './model-binding.ts';
import type { TupleIndex } from './tuple-index.ts';
import { UserSets } from './user-sets.ts';

/** The user of a question: a name, the wildcard of a type or a userset; with the sets that tuples make it a user of. */
export class AskedUser {
  /** Address of the name, of a userset that of its object. */
  name = 0;
  /** By the model's numbers. */
  type = -1;
  /** Relation of a userset by the model's numbers; -1 of a name and of a wildcard. */
  relation = -1;
  isWildcard = false;
  readonly own = new UserSets();
  readonly #open = new UserSets();
  #index!: TupleIndex;
  #binding!: ModelBinding;
  #isOpenLoaded = false;

  /** Takes the next user; `entity`: its record, 0 if no tuple has it. */
  load(index: TupleIndex, binding: ModelBinding, entity: number): void {
    this.#index = index;
    this.#binding = binding;
    this.#isOpenLoaded = false;
    this.own.load(index, binding, entity);
  }

  /** Whether every wildcard of its type stands for it, too. */
  get isName(): boolean {
    return this.relation < 0 && !this.isWildcard;
  }

  /** Sets of the wildcard of a name's type; none of a userset or a wildcard. */
  get open(): UserSets {
    if (!this.#isOpenLoaded) {
      const type = this.#binding.typeFromModel[this.type]!;
      this.#open.load(this.#index, this.#binding, this.isName ? this.#index.entities.findWildcard(type) : 0);
      this.#isOpenLoaded = true;
    }
    return this.#open;
  }

  /** Whether it is the userset of this relation of this object. */
  is(object: number, relation: number): boolean {
    return relation === this.relation && object === this.name;
  }
}
