import { Fault } from '../errors.ts';
import type { CompiledModel } from './compiled-model.ts';
import type { EntityRecords } from './entity-records.ts';
import { encodeContext } from './link-record.ts';
import { ModelBinding } from './model-binding.ts';
import type { TupleCondition } from './tuple.ts';
import { NAMES_MAX } from './vocabulary.ts';
import type { Vocabulary } from './vocabulary.ts';

/** The words of one index and how they stand to those of its model. A word that the model has not gets a number when a tuple brings it. */
export class IndexWords {
  #binding: ModelBinding;
  readonly #entities: EntityRecords;

  /** `entities`: kept at the vocabulary that is in use. */
  constructor(model: CompiledModel, entities: EntityRecords) {
    this.#binding = new ModelBinding(model, model.vocabulary);
    this.#entities = entities;
  }

  get binding(): ModelBinding {
    return this.#binding;
  }

  useModel(model: CompiledModel): void {
    if (model !== this.#binding.model) this.#bind(this.#binding.rebound(model));
  }

  /** The number of a word. Fault INVALID_TUPLE when the list is full. */
  intern(list: keyof Vocabulary, name: string): number {
    const known = this.#binding.vocabulary[list].idOf(name);
    if (known >= 0) return known;
    if (this.#binding.vocabulary[list].names.length >= NAMES_MAX) {
      throw new Fault('INVALID_TUPLE', `more than ${NAMES_MAX} ${list} in one store`);
    }
    this.#bind(this.#binding.extended((vocabulary) => vocabulary[list].intern(name)));
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
      this.#bind(this.#binding.extended(() => undefined));
    }
    const payload = encodeContext(condition, this.#binding.vocabulary.keys);
    if (payload.length > 0xffff) throw new Fault('INVALID_TUPLE', 'the context of the condition is too large');
    return payload;
  }

  #bind(binding: ModelBinding): void {
    this.#binding = binding;
    this.#entities.vocabulary = binding.vocabulary;
  }
}
