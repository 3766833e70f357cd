import { EntityTable, KEY_WORD, SET_BIT } from './entity-table.ts';
import type { TableImage } from './entity-table.ts';
import { decodeText, encodedWords, encodeText } from './text-codec.ts';
import type { Vocabulary } from './vocabulary.ts';
import type { WordArena } from './word-arena.ts';

/** Words of a set record: head, header, object, usersets (collection), plain users (collection, or LARGE_BITS | count). */
const SET_WORDS = 5;
const OBJECT = 2;
export const USERSETS = 3;
export const PLAIN = 4;
/** Words of a name record before the bytes. */
const NAME_WORDS = 2;
/** Types found last, by their first two characters. A power of two. */
const TYPE_SLOTS = 64;
const ASTERISK = 0x2a;
const COLON = 0x3a;

/**
 * Names (`type:id`) and sets (`object#relation`) as records in one arena, found by content. The first word of each, its head, is the
 * collection of sets that it is a user of. Addresses are 0 where there is no such thing; types and relations are numbers of the vocabulary.
 */
export class EntityRecords {
  /** The words of the index; one that replaces it only appends. */
  vocabulary: Vocabulary;
  readonly #arena: WordArena;
  readonly #table: EntityTable;
  readonly #typeCache = new Uint16Array(TYPE_SLOTS);
  /** By type, the name `type:*`. */
  #wildcards: number[] = [];

  constructor(arena: WordArena, vocabulary: Vocabulary, seed: number) {
    this.vocabulary = vocabulary;
    this.#arena = arena;
    this.#table = new EntityTable(arena, seed);
  }

  /** Memory held outside the arena. */
  get bytes(): number {
    return this.#table.bytes;
  }

  /** Every name and set, in no particular order. Not to be changed meanwhile. */
  all(): Iterable<number> {
    return this.#table.records();
  }

  /**
   * The type of the name `text.slice(0, end)`; -1 if it has no colon, or no tuple and no model has named the type. The id comes after the
   * name of the type and one character.
   */
  typeIdOf(text: string, end: number): number {
    const { types } = this.vocabulary;
    const slot = (text.charCodeAt(0) * 7 + text.charCodeAt(1)) & (TYPE_SLOTS - 1);
    const cached = this.#typeCache[slot]! - 1;
    if (cached >= 0 && startsWith(text, types.names[cached]!, end)) return cached;
    const colon = colonOf(text, end);
    const id = colon < 0 ? -1 : types.idOf(text.slice(0, colon));
    if (id >= 0) this.#typeCache[slot] = id + 1;
    return id;
  }

  /** The name `text.slice(0, end)`. */
  findName(text: string, end: number): number {
    const type = this.typeIdOf(text, end);
    return type < 0 ? 0 : this.findNameOf(type, text, end);
  }

  /** The name `text.slice(0, end)`, which is of this type. */
  findNameOf(type: number, text: string, end: number): number {
    const length = this.#encodeId(type, text, end);
    return length < 0 ? 0 : this.#table.findName(type, length);
  }

  /** The typed wildcard of a type. */
  findWildcard(type: number): number {
    return this.#wildcards[type] ?? 0;
  }

  findSet(object: number, relation: number): number {
    return this.#table.findSet(object, relation);
  }

  /** The set of the object `text.slice(0, end)`. */
  findSetOf(text: string, end: number, relation: string): number {
    const id = this.vocabulary.relations.idOf(relation);
    const object = id < 0 ? 0 : this.findName(text, end);
    return object === 0 ? 0 : this.#table.findSet(object, id);
  }

  /** The name or set that a user field stands for. */
  findUser(user: string): number {
    const hash = user.indexOf('#');
    return hash < 0 ? this.findName(user, user.length) : this.findSetOf(user, hash, user.slice(hash + 1));
  }

  /** The name `text.slice(0, end)`, made if need be; its type must be in the vocabulary. */
  internName(text: string, end: number): number {
    const type = this.typeIdOf(text, end);
    return this.#internEncoded(type, this.#encodeId(type, text, end));
  }

  /** The name of this type whose id is what was encoded last. */
  #internEncoded(type: number, length: number): number {
    const found = this.#table.findName(type, length);
    if (found !== 0) return found;
    const words = (length + 3) >>> 2;
    const address = this.#arena.allocate(NAME_WORDS + words);
    const chunk = this.#arena.chunkOf(address);
    const offset = this.#arena.offsetOf(address);
    chunk[offset] = 0;
    chunk[offset + KEY_WORD] = (type << 16) | length;
    for (let at = 0; at < words; at++) chunk[offset + NAME_WORDS + at] = encodedWords[at]!;
    this.#table.add(address);
    if (this.isWildcard(address)) this.#wildcards[type] = address;
    return address;
  }

  /** The set of the object `text.slice(0, end)`, made if need be with its object. */
  internSet(text: string, end: number, relation: number): number {
    return this.#internSetOf(this.internName(text, end), relation);
  }

  #internSetOf(object: number, relation: number): number {
    const found = this.#table.findSet(object, relation);
    if (found !== 0) return found;
    const address = this.#arena.allocate(SET_WORDS);
    const chunk = this.#arena.chunkOf(address);
    const offset = this.#arena.offsetOf(address);
    chunk.fill(0, offset, offset + SET_WORDS);
    chunk[offset + KEY_WORD] = (SET_BIT | relation) >>> 0;
    chunk[offset + OBJECT] = object;
    this.#table.add(address);
    return address;
  }

  /** The entity that is the same as one of other records with these words; 0 if there is none. */
  findCopy(other: EntityRecords, entity: number): number {
    if (other.isSet(entity)) {
      const object = this.findCopy(other, other.objectOf(entity));
      return object === 0 ? 0 : this.#table.findSet(object, other.relationOf(entity));
    }
    return this.#table.findName(other.typeOf(entity), other.#encodeAgain(entity));
  }

  /** As {@link findCopy}, made if need be. */
  internCopy(other: EntityRecords, entity: number): number {
    if (other.isSet(entity)) {
      return this.#internSetOf(this.internCopy(other, other.objectOf(entity)), other.relationOf(entity));
    }
    return this.#internEncoded(other.typeOf(entity), other.#encodeAgain(entity));
  }

  /** Makes the id of a name what was encoded last; returns its length. */
  #encodeAgain(name: number): number {
    const chunk = this.#arena.chunkOf(name);
    const offset = this.#arena.offsetOf(name);
    const length = chunk[offset + KEY_WORD]! & 0xffff;
    for (let at = 0; at < (length + 3) >>> 2; at++) encodedWords[at] = chunk[offset + NAME_WORDS + at]!;
    return length;
  }

  /** See {@link EntityTable.recordsFrom}. */
  recordsFrom(hash: number): ReturnType<EntityTable['recordsFrom']> {
    return this.#table.recordsFrom(hash);
  }

  image(): { readonly table: TableImage; readonly wildcards: readonly number[] } {
    return { table: this.#table.image(), wildcards: Array.from(this.#wildcards, (address) => address ?? 0) };
  }

  /** Becomes what an image says; the arena must be that of the image. */
  restore({ table, wildcards }: { readonly table: TableImage; readonly wildcards: readonly number[] }): void {
    this.#table.restore(table);
    this.#wildcards = [...wildcards];
  }

  /** Takes out an entity that no tuple needs any more, and the object of a set with it. */
  release(entity: number): void {
    if (this.headOf(entity) !== 0) return;
    if (this.isSet(entity)) {
      if (this.#arena.read(entity + USERSETS) !== 0 || this.#arena.read(entity + PLAIN) !== 0) return;
      const object = this.objectOf(entity);
      this.#table.remove(entity);
      this.#arena.free(entity, SET_WORDS);
      this.release(object);
      return;
    }
    const relations = this.vocabulary.relations.names.length;
    for (let relation = 0; relation < relations; relation++) {
      if (this.#table.findSet(entity, relation) !== 0) return;
    }
    if (this.isWildcard(entity)) this.#wildcards[this.typeOf(entity)] = 0;
    this.#table.remove(entity);
    const length = this.#arena.read(entity + KEY_WORD) & 0xffff;
    this.#arena.free(entity, NAME_WORDS + ((length + 3) >>> 2));
  }

  #encodeId(type: number, text: string, end: number): number {
    return encodeText(text, this.vocabulary.types.names[type]!.length + 1, end);
  }

  /** The collection of sets that an entity is a user of. */
  headOf(entity: number): number {
    return this.#arena.read(entity);
  }

  setHead(entity: number, head: number): void {
    this.#arena.write(entity, head);
  }

  isSet(entity: number): boolean {
    return this.#arena.read(entity + KEY_WORD) >= SET_BIT;
  }

  typeOf(name: number): number {
    return this.#arena.read(name + KEY_WORD) >>> 16;
  }

  isWildcard(name: number): boolean {
    return (this.#arena.read(name + KEY_WORD) & 0xffff) === 1 && this.#arena.read(name + NAME_WORDS) === ASTERISK;
  }

  objectOf(set: number): number {
    return this.#arena.read(set + OBJECT);
  }

  relationOf(set: number): number {
    return this.#arena.read(set + KEY_WORD) & 0xffff;
  }

  /** `type:id`, or `type:id#relation` of a set. */
  textOf(entity: number): string {
    const { types, relations } = this.vocabulary;
    if (this.isSet(entity)) return `${this.textOf(this.objectOf(entity))}#${relations.names[this.relationOf(entity)]!}`;
    const header = this.#arena.read(entity + KEY_WORD);
    const offset = this.#arena.offsetOf(entity) + NAME_WORDS;
    return `${types.names[header >>> 16]!}:${decodeText(this.#arena.chunkOf(entity), offset, header & 0xffff)}`;
  }
}

/** The place of the first colon before `end`, -1 where there is none. */
export function colonOf(text: string, end: number): number {
  for (let at = 0; at < end; at++) if (text.charCodeAt(at) === COLON) return at;
  return -1;
}

/** Whether `text` is this type, a colon, and something before `end`. */
function startsWith(text: string, type: string, end: number): boolean {
  const { length } = type;
  if (length >= end || text.charCodeAt(length) !== COLON) return false;
  for (let at = 0; at < length; at++) if (text.charCodeAt(at) !== type.charCodeAt(at)) return false;
  return true;
}
