import { EntityRecords } from './entity-records.ts';
import { ADDRESS_MASK, LINK_BIT } from './entry-block.ts';
import { EntryCollections } from './entry-collections.ts';
import type { RecordsImage } from './index-snapshot.ts';
import { LINK_HEADER_WORDS, LinkReader } from './link-record.ts';
import { SetUsers } from './set-users.ts';
import type { Vocabulary } from './vocabulary.ts';
import { WordArena } from './word-arena.ts';

/** The tuples of an index by addresses and numbers: names, sets, and what is a user of what. Knows no words. */
export class TupleRecords {
  readonly seed: number;
  readonly #arena = new WordArena();
  readonly entities: EntityRecords;
  /** Sets of a user. */
  readonly memberships: EntryCollections;
  /** Users of a set. */
  readonly users: SetUsers;
  readonly links: LinkReader;
  #size = 0;

  constructor(vocabulary: Vocabulary, seed: number) {
    this.seed = seed;
    this.entities = new EntityRecords(this.#arena, vocabulary, seed);
    this.memberships = new EntryCollections(this.#arena, 0);
    this.users = new SetUsers(this.#arena, this.entities, this.memberships);
    this.links = new LinkReader(this.#arena);
  }

  /** Tuples. */
  get size(): number {
    return this.#size;
  }

  /** Memory of the typed arrays. */
  get bytes(): number {
    return this.#arena.bytes + this.entities.bytes + this.memberships.bytes + this.users.members.bytes;
  }

  /** Words of the arena that no record uses. */
  get wordsIdle(): number {
    return this.#arena.wordsIdle;
  }

  /** Adds a tuple or replaces its condition: a number and a payload, -1 and undefined for none. Returns whether anything changed. */
  put(set: number, user: number, condition: number, payload: Uint32Array | undefined): boolean {
    const { entities, memberships, users } = this;
    const head = entities.headOf(user);
    const present = memberships.find(head, set);
    if (present !== 0 && this.#says(present, condition, payload)) return false;
    const link = payload === undefined ? 0 : this.#newLink(set, user, condition, payload);
    const own = payload === undefined ? set : (LINK_BIT | link) >>> 0;
    const other = payload === undefined ? user : own;
    if (present === 0) {
      entities.setHead(user, memberships.add(head, own));
      users.add(set, user, other);
      this.#size++;
      return true;
    }
    entities.setHead(user, memberships.replace(head, set, own));
    users.replace(set, user, other);
    this.#freeLink(present);
    return true;
  }

  /** Removes a tuple that is there, and the names and sets that no other needs. */
  remove(set: number, user: number): void {
    const { entities, memberships } = this;
    const head = entities.headOf(user);
    const entry = memberships.find(head, set);
    const object = entities.objectOf(set);
    entities.setHead(user, memberships.remove(head, set));
    this.users.remove(set, user);
    this.#freeLink(entry);
    this.#size--;
    entities.release(set);
    if (user !== set && user !== object) entities.release(user);
  }

  /** The condition and payload of an entry; undefined where its tuple has none. */
  linkOf(entry: number): { readonly condition: number; readonly payload: Uint32Array } | undefined {
    if (entry < LINK_BIT) return undefined;
    const link = entry & ADDRESS_MASK;
    const first = this.#arena.offsetOf(link) + LINK_HEADER_WORDS;
    const length = this.links.wordsOf(link) - LINK_HEADER_WORDS;
    return {
      condition: this.links.conditionOf(link),
      payload: this.#arena.chunkOf(link).subarray(first, first + length),
    };
  }

  /** The arrays are the records' own: to be read before they change. */
  image(): { readonly image: RecordsImage; readonly arrays: readonly Uint32Array[] } {
    const arena = this.#arena.image();
    const { table, wildcards } = this.entities.image();
    const memberships = this.memberships.image();
    const members = this.users.members.image();
    return {
      image: {
        seed: this.seed,
        size: this.#size,
        wildcards,
        arena: { next: arena.next, chunk: arena.chunk, used: arena.used },
        table: { depth: table.depth, segments: table.segments },
        memberships: memberships.large,
        members: members.large,
      },
      arrays: [...arena.arrays, ...table.arrays, ...memberships.arrays, ...members.arrays],
    };
  }

  /** Becomes what an image of the same seed says; the arrays are its own from then on. */
  restore(image: RecordsImage, arrays: readonly Uint32Array[]): void {
    let from = 0;
    const next = (count: number) => arrays.slice(from, (from += count));
    const segments = (large: RecordsImage['memberships']) =>
      large.reduce((sum, one) => sum + (one?.segments.length ?? 0), 0);
    this.#arena.restore({ ...image.arena, arrays: next(2 * image.arena.used.filter((words) => words >= 0).length) });
    const table = { ...image.table, arrays: next(image.table.segments.length) };
    this.entities.restore({ table, wildcards: image.wildcards });
    this.memberships.restore({ large: image.memberships, arrays: next(segments(image.memberships)) });
    this.users.members.restore({ large: image.members, arrays: next(segments(image.members)) });
    this.#size = image.size;
  }

  /** Becomes what other records of the same words and seed are, which are not to be used any more. */
  adopt(other: TupleRecords): void {
    const { image, arrays } = other.image();
    this.restore(image, arrays);
    this.users.hasShrunken = other.users.hasShrunken;
  }

  #says(entry: number, condition: number, payload: Uint32Array | undefined): boolean {
    if (payload === undefined) return entry < LINK_BIT;
    return entry >= LINK_BIT && this.links.equals(entry & ADDRESS_MASK, condition, payload);
  }

  #newLink(set: number, user: number, condition: number, payload: Uint32Array): number {
    const link = this.#arena.allocate(LINK_HEADER_WORDS + payload.length);
    const chunk = this.#arena.chunkOf(link);
    const offset = this.#arena.offsetOf(link);
    chunk[offset] = set;
    chunk[offset + 1] = user;
    chunk[offset + 2] = ((condition << 16) | payload.length) >>> 0;
    chunk.set(payload, offset + LINK_HEADER_WORDS);
    return link;
  }

  #freeLink(entry: number): void {
    if (entry < LINK_BIT) return;
    const link = entry & ADDRESS_MASK;
    this.#arena.free(link, this.links.wordsOf(link));
  }
}
