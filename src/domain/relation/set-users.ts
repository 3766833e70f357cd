import { ADDRESS_MASK } from './entry-block.ts';
import { EntryCollections, LARGE_BITS } from './entry-collections.ts';
import { PLAIN, USERSETS } from './entity-records.ts';
import type { EntityRecords } from './entity-records.ts';
import type { WordArena } from './word-arena.ts';

/** A set with more plain users than this keeps their number only: they are found from the user's side, or by a scan. */
export const COUNTED_ABOVE = 4096;
/** A counted set that has no more users left is worth a compaction, which lists them again: no delete reads all names. */
export const LISTED_BELOW = 1024;

/** The users of each set: the usersets always listed, the plain users up to {@link COUNTED_ABOVE} and counted beyond. */
export class SetUsers {
  readonly #arena: WordArena;
  readonly #entities: EntityRecords;
  readonly #memberships: EntryCollections;
  /** Users of a set. */
  readonly members: EntryCollections;
  /** Whether a counted set fell to {@link LISTED_BELOW}. */
  hasShrunken = false;

  /** `memberships`: the other side, sets of a user. */
  constructor(arena: WordArena, entities: EntityRecords, memberships: EntryCollections) {
    this.#arena = arena;
    this.#entities = entities;
    this.#memberships = memberships;
    this.members = new EntryCollections(arena, 1);
  }

  /** The collection of usersets. */
  usersetsOf(set: number): number {
    return this.#arena.read(set + USERSETS);
  }

  /** The collection of plain users and wildcards; not to be read as one when {@link isCounted}. */
  plainOf(set: number): number {
    return this.#arena.read(set + PLAIN);
  }

  isCounted(plain: number): boolean {
    return plain >= LARGE_BITS;
  }

  /** How many users `plainOf` stands for. */
  countOf(plain: number): number {
    return this.isCounted(plain) ? plain & ADDRESS_MASK : this.members.count(plain);
  }

  add(set: number, user: number, entry: number): void {
    if (this.#entities.isSet(user)) {
      const usersets = this.members.add(this.usersetsOf(set), entry);
      this.#arena.write(set + USERSETS, usersets);
      return;
    }
    const plain = this.plainOf(set);
    if (this.isCounted(plain)) {
      this.#arena.write(set + PLAIN, plain + 1);
    } else if (this.members.count(plain) === COUNTED_ABOVE) {
      this.members.clear(plain);
      this.#arena.write(set + PLAIN, (LARGE_BITS | (COUNTED_ABOVE + 1)) >>> 0);
    } else {
      const grown = this.members.add(plain, entry);
      this.#arena.write(set + PLAIN, grown);
    }
  }

  /** Puts another entry of a user in the place of the one that is there. */
  replace(set: number, user: number, entry: number): void {
    const field = set + (this.#entities.isSet(user) ? USERSETS : PLAIN);
    const word = this.#arena.read(field);
    if (field === set + PLAIN && this.isCounted(word)) return;
    this.#arena.write(field, this.members.replace(word, user, entry));
  }

  /** Takes a user out, whose membership must be gone already. */
  remove(set: number, user: number): void {
    const field = set + (this.#entities.isSet(user) ? USERSETS : PLAIN);
    const word = this.#arena.read(field);
    if (field === set + USERSETS || !this.isCounted(word)) {
      this.#arena.write(field, this.members.remove(word, user));
    } else {
      const left = this.countOf(word) - 1;
      if (left <= LISTED_BELOW) this.hasShrunken = true;
      this.#arena.write(field, left === 0 ? 0 : word - 1);
    }
  }

  /** Every user of a set with its entry on either side, in no particular order. Reads every name for a counted set. */
  *of(set: number): Iterable<[user: number, entry: number]> {
    const plain = this.plainOf(set);
    const counted = this.isCounted(plain);
    if (counted) yield* this.#scan(set);
    for (const word of counted ? [this.usersetsOf(set)] : [this.usersetsOf(set), plain]) {
      for (let place = 0, places = this.members.places(word); place < places; place++) {
        const entry = this.members.at(word, place);
        if (entry !== 0) yield [this.members.keyOf(entry), entry];
      }
    }
  }

  /** Plain users of a set with their entries, found from the users' side: reads every name. */
  *#scan(set: number): Iterable<[user: number, entry: number]> {
    for (const entity of this.#entities.all()) {
      if (this.#entities.isSet(entity)) continue;
      const entry = this.#memberships.find(this.#entities.headOf(entity), set);
      if (entry !== 0) yield [entity, entry];
    }
  }
}
