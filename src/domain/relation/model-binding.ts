import type { CompiledModel } from './compiled-model.ts';
import { translate, Vocabulary } from './vocabulary.ts';

/**
 * How the numbers of an index's vocabulary and those of its model stand for each other; -1 where the other side has no such name.
 * The index shares the vocabulary of its first model until a tuple or a later model brings a new word.
 */
export class ModelBinding {
  readonly model: CompiledModel;
  readonly vocabulary: Vocabulary;
  readonly typeToModel: Int32Array;
  readonly relationToModel: Int32Array;
  readonly conditionToModel: Int32Array;
  readonly typeFromModel: Int32Array;
  readonly relationFromModel: Int32Array;
  readonly keyFromModel: Int32Array;

  constructor(model: CompiledModel, vocabulary: Vocabulary) {
    this.model = model;
    this.vocabulary = vocabulary;
    const own = model.vocabulary;
    this.typeToModel = translate(vocabulary.types, own.types);
    this.relationToModel = translate(vocabulary.relations, own.relations);
    this.conditionToModel = translate(vocabulary.conditions, own.conditions);
    this.typeFromModel = translate(own.types, vocabulary.types);
    this.relationFromModel = translate(own.relations, vocabulary.relations);
    this.keyFromModel = translate(own.keys, vocabulary.keys);
  }

  /** The same model with a vocabulary that is this index's alone, and has `add` done to it. */
  extended(add: (vocabulary: Vocabulary) => void): ModelBinding {
    const vocabulary = this.vocabulary === this.model.vocabulary ? new Vocabulary(this.vocabulary) : this.vocabulary;
    add(vocabulary);
    return new ModelBinding(this.model, vocabulary);
  }

  /** Another model over the same tuples. */
  rebound(model: CompiledModel): ModelBinding {
    const vocabulary = new Vocabulary(this.vocabulary);
    for (const list of ['types', 'relations', 'conditions', 'keys'] as const) {
      for (const name of model.vocabulary[list].names) vocabulary[list].intern(name);
    }
    return new ModelBinding(model, vocabulary);
  }
}
