import { Fault } from '../errors.ts';
import type { CompiledModel } from './compiled-model.ts';
import type { EntityRecords } from './entity-records.ts';
import type { SnapshotWords } from './index-snapshot.ts';
import { encodeContext } from './link-record.ts';
import { ModelBinding } from './model-binding.ts';
import type { TupleCondition } from './tuple.ts';
import { NAMES_MAX, Vocabulary } from './vocabulary.ts';

/** Models that one index is asked with by turns before the one asked longest ago is bound anew: a few microseconds. */
export const BINDINGS_MAX = 16;

const LISTS = ['types', 'relations', 'conditions', 'keys'] as const;

/**
 * The words of one index and how they stand to those of its model, and of other models that it is asked with. A word that no
 * model has gets a number when a tuple brings it; numbers are for good.
 */
export class IndexWords {
  #binding: ModelBinding;
  readonly #others = new Map<CompiledModel, ModelBinding>();
  readonly #entities: EntityRecords;

  /** `entities`: kept at the vocabulary that is in use. */
  constructor(model: CompiledModel, entities: EntityRecords) {
    this.#binding = new ModelBinding(model, model.vocabulary);
    this.#entities = entities;
  }

  /** Of the index's own model. */
  get binding(): ModelBinding {
    return this.#binding;
  }

  /** Of any model. Fault INVALID_ARGUMENT when the words of all models of the index are more than it has numbers for. */
  bindingOf(model: CompiledModel): ModelBinding {
    if (model === this.#binding.model) return this.#binding;
    const known = this.#others.get(model);
    if (known?.isOf(this.#binding.vocabulary) === true) return known;
    this.#adopt(model);
    const made = new ModelBinding(model, this.#binding.vocabulary);
    this.#others.delete(model);
    for (const [oldest] of this.#others) {
      if (this.#others.size < BINDINGS_MAX) break;
      this.#others.delete(oldest);
    }
    this.#others.set(model, made);
    return made;
  }

  /** Takes another model for its own. The same fault. */
  useModel(model: CompiledModel): void {
    if (model === this.#binding.model) return;
    this.#adopt(model);
    this.#bind(new ModelBinding(model, this.#binding.vocabulary));
  }

  /** Takes the words of a snapshot with their numbers, and those of the model that they lack. */
  restore(model: CompiledModel, words: SnapshotWords): void {
    const vocabulary = new Vocabulary();
    for (const list of LISTS) for (const name of words[list]) vocabulary[list].intern(name);
    this.#bind(new ModelBinding(model, vocabulary));
    this.#adopt(model);
  }

  /** The number of a word. Fault INVALID_TUPLE when the list is full. */
  intern(list: keyof Vocabulary, name: string): number {
    const known = this.#binding.vocabulary[list].idOf(name);
    if (known >= 0) return known;
    if (this.#binding.vocabulary[list].names.length >= NAMES_MAX) {
      throw new Fault('INVALID_TUPLE', `more than ${NAMES_MAX} ${list} in one store`);
    }
    this.#extend((vocabulary) => vocabulary[list].intern(name));
    return this.#binding.vocabulary[list].idOf(name);
  }

  /** Sees to it that the type of a name has a number. */
  internType(text: string): void {
    if (this.#entities.typeIdOf(text, text.length) < 0) this.intern('types', text.slice(0, text.indexOf(':')));
  }

  /** The context of a condition as a link record keeps it. Fault INVALID_TUPLE when it is too large. */
  payloadOf(condition: TupleCondition): Uint32Array {
    const { keys } = this.#binding.vocabulary;
    const missing = Object.keys(condition.context ?? {}).some((key) => keys.idOf(key) < 0);
    if (missing && keys.names.length < NAMES_MAX && this.#binding.vocabulary === this.#binding.model.vocabulary) {
      this.#extend(() => undefined);
    }
    const payload = encodeContext(condition, this.#binding.vocabulary.keys);
    if (payload.length > 0xffff) throw new Fault('INVALID_TUPLE', 'the context of the condition is too large');
    return payload;
  }

  /** Gives every word of a model a number. */
  #adopt(model: CompiledModel): void {
    const { vocabulary } = this.#binding;
    const added = LISTS.map((list) => model.vocabulary[list].names.filter((name) => vocabulary[list].idOf(name) < 0));
    if (added.every((names) => names.length === 0)) return;
    for (const [at, list] of LISTS.entries()) {
      if (vocabulary[list].names.length + added[at]!.length <= NAMES_MAX) continue;
      throw new Fault('INVALID_ARGUMENT', `more than ${NAMES_MAX} ${list} in the models of one store`);
    }
    this.#extend((own) => {
      for (const [at, list] of LISTS.entries()) for (const name of added[at]!) own[list].intern(name);
    });
  }

  /** The vocabulary is that of the first model until something is added to it. */
  #extend(add: (vocabulary: Vocabulary) => void): void {
    const { model, vocabulary } = this.#binding;
    const own = vocabulary === model.vocabulary ? new Vocabulary(vocabulary) : vocabulary;
    add(own);
    this.#bind(new ModelBinding(model, own));
  }

  #bind(binding: ModelBinding): void {
    this.#binding = binding;
    this.#entities.vocabulary = binding.vocabulary;
  }
}
