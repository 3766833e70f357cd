import type { CompiledModel } from './compiled-model.ts';
import { translate } from './vocabulary.ts';
import type { Vocabulary } from './vocabulary.ts';

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

  /** Whether it stands for all of this vocabulary: no word has come since it was made. */
  isOf(vocabulary: Vocabulary): boolean {
    return (
      vocabulary === this.vocabulary &&
      vocabulary.types.names.length === this.typeToModel.length &&
      vocabulary.relations.names.length === this.relationToModel.length &&
      vocabulary.conditions.names.length === this.conditionToModel.length
    );
  }
}
