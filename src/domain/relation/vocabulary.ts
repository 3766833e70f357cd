/** Names that get small numbers, in the order of their first use. */
export class NameList {
  readonly names: string[];
  readonly #ids: Map<string, number>;

  constructor(names: readonly string[] = []) {
    this.names = [...names];
    this.#ids = new Map(this.names.map((name, id) => [name, id]));
  }

  /** The number of a name, -1 if it has none. */
  idOf(name: string): number {
    return this.#ids.get(name) ?? -1;
  }

  intern(name: string): number {
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    const id = this.names.push(name) - 1;
    this.#ids.set(name, id);
    return id;
  }
}

/** Most names of one list that an index keeps; a record has 15 bits for them. */
export const NAMES_MAX = 32_767;

/**
 * The words of tuples that are not ids: types, relations, conditions and the keys of their contexts. Indexes share the vocabulary of
 * their model until they meet a word that it has not.
 */
export class Vocabulary {
  readonly types: NameList;
  readonly relations: NameList;
  readonly conditions: NameList;
  readonly keys: NameList;

  constructor(from?: Vocabulary) {
    this.types = new NameList(from?.types.names);
    this.relations = new NameList(from?.relations.names);
    this.conditions = new NameList(from?.conditions.names);
    this.keys = new NameList(from?.keys.names);
  }
}

/** For each name of `from` its number in `to`, -1 where it has none. */
export function translate(from: NameList, to: NameList): Int32Array {
  return Int32Array.from(from.names, (name) => to.idOf(name));
}
