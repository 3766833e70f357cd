import { Fault } from '../errors.ts';
import type { CompiledModel } from './compiled-model.ts';
import type { Context } from './condition/condition-input.ts';
import type { ModelBinding } from './model-binding.ts';
import { formatKey, formatTuple } from './tuple.ts';
import type { Tuple } from './tuple.ts';
import type { TupleIndex } from './tuple-index.ts';
import { validateTuple } from './validate-tuple.ts';

/** Most contextual tuples of one question. */
export const CONTEXTUAL_TUPLES_MAX = 100;
/** No contextual tuples. */
export const NO_TUPLES: readonly OverlayTuple[] = [];
/** From here on addresses stand for names that are not stored. */
export const VIRTUAL = 0x20000000;

/** A contextual tuple; types, relations and conditions by the model's numbers, names by address. */
export interface OverlayTuple {
  readonly object: number;
  readonly relation: number;
  readonly user: number;
  /** -1 where the user is a name. */
  readonly userRelation: number;
  /** 0 for none, else the number of the condition and 1. */
  readonly condition: number;
  readonly context: Context | undefined;
  readonly text: string;
}

/** Names of one question: stored ones by their address, others by a virtual one. */
export class Names {
  #index!: TupleIndex;
  #binding!: ModelBinding;
  #virtual: string[] = [];

  use(index: TupleIndex, binding: ModelBinding): void {
    this.#index = index;
    this.#binding = binding;
  }

  /** Forgets the names of the question before. */
  reset(): void {
    if (this.#virtual.length > 0) this.#virtual = [];
  }

  /** The address of `text.slice(0, end)`. */
  addressOf(text: string, end: number): number {
    const stored = this.#index.entities.findName(text, end);
    return stored === 0 ? this.absent(text.slice(0, end)) : stored;
  }

  /** The address of a name that is not stored. */
  absent(name: string): number {
    const known = this.#virtual.indexOf(name);
    return VIRTUAL + (known >= 0 ? known : this.#virtual.push(name) - 1);
  }

  /** Type by the model's numbers, -1 where the model has none. */
  typeOf(address: number): number {
    if (address < VIRTUAL) return this.#binding.typeToModel[this.#index.entities.typeOf(address)]!;
    const name = this.#virtual[address - VIRTUAL]!;
    return this.#binding.model.vocabulary.types.idOf(name.slice(0, name.indexOf(':')));
  }

  textOf(address: number): string {
    return address < VIRTUAL ? this.#index.entities.textOf(address) : this.#virtual[address - VIRTUAL]!;
  }
}

/**
 * The contextual tuples of a question, over the stored ones: one with the key of a stored tuple takes its place, of two with the same key the
 * first holds. Fault INVALID_TUPLE for one that the model does not allow, or when there are too many.
 */
export class Overlay {
  readonly tuples: readonly OverlayTuple[];

  constructor(model: CompiledModel, names: Names, tuples: readonly Tuple[]) {
    if (tuples.length > CONTEXTUAL_TUPLES_MAX) {
      throw new Fault('INVALID_TUPLE', `more than ${CONTEXTUAL_TUPLES_MAX} contextual tuples`, {
        field: 'contextual_tuples',
      });
    }
    const kept = new Map<string, OverlayTuple>();
    for (const tuple of tuples) {
      const problem = validateTuple(model, tuple);
      if (problem !== undefined) {
        throw new Fault('INVALID_TUPLE', `${formatTuple(tuple)}: ${problem}`, { field: 'contextual_tuples' });
      }
      const key = formatKey(tuple);
      if (!kept.has(key)) kept.set(key, resolve(model, names, tuple));
    }
    this.tuples = [...kept.values()];
  }

  /** Those of an object's relation. */
  of(object: number, relation: number): OverlayTuple[] {
    return this.tuples.filter((tuple) => tuple.object === object && tuple.relation === relation);
  }

  /** The tuple of this key. */
  find(object: number, relation: number, user: number, userRelation: number): OverlayTuple | undefined {
    for (const tuple of this.tuples) {
      if (tuple.object !== object || tuple.relation !== relation) continue;
      if (tuple.user === user && tuple.userRelation === userRelation) return tuple;
    }
    return undefined;
  }
}

function resolve(model: CompiledModel, names: Names, tuple: Tuple): OverlayTuple {
  const { relations, conditions } = model.vocabulary;
  const hash = tuple.user.indexOf('#');
  return {
    object: names.addressOf(tuple.object, tuple.object.length),
    relation: relations.idOf(tuple.relation),
    user: names.addressOf(tuple.user, hash < 0 ? tuple.user.length : hash),
    userRelation: hash < 0 ? -1 : relations.idOf(tuple.user.slice(hash + 1)),
    condition: tuple.condition === undefined ? 0 : conditions.idOf(tuple.condition.name) + 1,
    context: tuple.condition?.context,
    text: formatTuple(tuple),
  };
}
