import { ADDRESS_MASK, EntryBlock, LINK_BIT } from './entry-block.ts';
import { SegmentedEntries } from './segmented-entries.ts';
import type { SegmentsImage } from './segmented-entries.ts';
import type { WordArena } from './word-arena.ts';

const BLOCK_BIT = 0x40000000;
/** Both tags on the word of a collection: `large` of this class; the index uses it for counted sets, too. */
export const LARGE_BITS = 0xc0000000;

/** Capacities of blocks that are searched in line; above them a block is a hash of twice the size and more. */
const LINEAR = [2, 3, 5, 7, 11, 15] as const;
const LINEAR_MAX = 15;
const HASH_CODE = 16;
const HASH_LOG_MIN = 5;
/** More entries than this leave the arena for segments of their own. */
const HASH_LOG_MAX = 13;
const IN_ARENA_MAX = (1 << HASH_LOG_MAX) / 2;
const COUNT_MASK = 0xffffff;

/** What lies outside the arena: by its number, null where it was given back. */
export interface CollectionsImage {
  readonly large: readonly (SegmentsImage | null)[];
  readonly arrays: readonly Uint32Array[];
}

/**
 * Unordered collections of entries, each named by one 32-bit word that its owner keeps: 0 is empty, one entry is the word
 * itself, more are a block in the arena. Every change returns the word to keep from then on. An entry is the address of the
 * other end, or with LINK_BIT that of a link record `[set, user, …]` of which word `side` is the other end. Both directions of the
 * index are made of these; searching costs one probe, or at most 15 compares in line.
 */
export class EntryCollections {
  readonly #arena: WordArena;
  #large: (SegmentedEntries | undefined)[] = [];
  /** The one that was resolved last. */
  readonly #block: EntryBlock;

  constructor(arena: WordArena, side: 0 | 1) {
    this.#arena = arena;
    this.#block = new EntryBlock(arena, side);
  }

  /** The other end of an entry. */
  keyOf(entry: number): number {
    return this.#block.keyOf(entry);
  }

  count(word: number): number {
    if (word === 0) return 0;
    if ((word & BLOCK_BIT) === 0) return 1;
    if (word >= LINK_BIT) return this.#largeOf(word).count;
    this.#resolve(word);
    return this.#block.count;
  }

  /** Places to pass to {@link at}; some of them are empty. */
  places(word: number): number {
    if (word === 0) return 0;
    if ((word & BLOCK_BIT) === 0) return 1;
    if (word >= LINK_BIT) return this.#largeOf(word).places;
    this.#resolve(word);
    return this.#block.places;
  }

  /** The entry at a place, 0 if the place is empty. */
  at(word: number, place: number): number {
    if ((word & BLOCK_BIT) === 0) return word;
    if (word < LINK_BIT) {
      const address = (word & ADDRESS_MASK) + 1 + place;
      return this.#arena.read(address);
    }
    return this.#largeOf(word).at(place);
  }

  /** All entries, in no particular order. */
  entries(word: number): number[] {
    const entries: number[] = [];
    for (let place = 0, places = this.places(word); place < places; place++) {
      const entry = this.at(word, place);
      if (entry !== 0) entries.push(entry);
    }
    return entries;
  }

  /** The entry whose other end is `key`, 0 if there is none. */
  find(word: number, key: number): number {
    if (word === 0) return 0;
    if ((word & BLOCK_BIT) === 0) return this.#block.keyOf(word) === key ? word : 0;
    this.#resolve(word, key);
    const place = this.#block.placeOf(key);
    return place < 0 ? 0 : this.#block.words[this.#block.first + place]!;
  }

  /** Adds an entry whose other end is not in the collection. */
  add(word: number, entry: number): number {
    if (word === 0) return entry;
    if ((word & BLOCK_BIT) === 0) return this.#build([word, entry], 2);
    if (word >= LINK_BIT) {
      this.#largeOf(word).add(this.#block, this.keyOf(entry), entry);
      return word;
    }
    this.#resolve(word);
    const room = this.#block.shift === 0 ? this.#block.places : (this.#block.places * 3) >>> 2;
    if (this.#block.count + 1 > room) {
      const entries = this.#block.entries();
      entries.push(entry);
      this.#release(word);
      return this.#build(entries, entries.length);
    }
    this.#block.put(entry);
    this.#setCount(this.#block.count + 1);
    return word;
  }

  /** Puts another entry with the same other end in the place of one that is there. */
  replace(word: number, key: number, entry: number): number {
    if ((word & BLOCK_BIT) === 0) return entry;
    this.#resolve(word, key);
    this.#block.words[this.#block.first + this.#block.placeOf(key)] = entry;
    return word;
  }

  /** Takes out the entry whose other end is `key`, which must be there. */
  remove(word: number, key: number): number {
    if ((word & BLOCK_BIT) === 0) return 0;
    if (word >= LINK_BIT) return this.#removeLarge(word, key);
    this.#resolve(word);
    const place = this.#block.placeOf(key);
    if (this.#block.shift === 0) {
      this.#block.words[this.#block.first + place] = this.#block.words[this.#block.first + this.#block.count - 1]!;
      this.#block.words[this.#block.first + this.#block.count - 1] = 0;
    } else {
      this.#block.vacate(place);
    }
    const left = this.#block.count - 1;
    this.#setCount(left);
    if (left > 1 && (this.#block.shift === 0 || left > this.#block.places >>> 3)) return word;
    this.#resolve(word);
    const entries = this.#block.entries();
    this.#release(word);
    return left === 0 ? 0 : left === 1 ? entries[0]! : this.#build(entries, left);
  }

  /** Gives back what the collection holds. */
  clear(word: number): void {
    if ((word & BLOCK_BIT) !== 0) this.#release(word);
  }

  /** Memory held outside the arena. */
  get bytes(): number {
    return this.#large.reduce((sum, large) => sum + (large?.bytes ?? 0), 0);
  }

  /** The segments of a large collection, undefined for one that is not. */
  segmentsOf(word: number): SegmentedEntries | undefined {
    return word >= LARGE_BITS ? this.#largeOf(word) : undefined;
  }

  image(): CollectionsImage {
    const images = this.#large.map((large) => large?.image() ?? null);
    return {
      large: images.map((image) => image && { depth: image.depth, segments: image.segments }),
      arrays: images.flatMap((image) => image?.arrays ?? []),
    };
  }

  restore({ large, arrays }: CollectionsImage): void {
    let at = 0;
    this.#large = large.map((image) => {
      if (image === null) return undefined;
      const first = at;
      at += image.segments.length;
      return new SegmentedEntries(image, arrays.slice(first, at));
    });
  }

  #largeOf(word: number): SegmentedEntries {
    return this.#large[word & ADDRESS_MASK]!;
  }

  #removeLarge(word: number, key: number): number {
    const large = this.#largeOf(word);
    large.remove(this.#block, key);
    if (large.count > IN_ARENA_MAX / 2) return word;
    const entries = this.entries(word);
    this.#release(word);
    return this.#build(entries, entries.length);
  }

  /** Opens the block of a word; of a large collection the part where `key` would be. */
  #resolve(word: number, key = 0): void {
    const address = word & ADDRESS_MASK;
    if (word >= LINK_BIT) {
      this.#largeOf(word).open(this.#block, key);
      return;
    }
    const words = this.#arena.chunkOf(address);
    const offset = this.#arena.offsetOf(address);
    const header = words[offset]!;
    const code = header >>> 24;
    const log = code - HASH_CODE;
    if (log < 0) this.#block.open(words, offset + 1, code, header & COUNT_MASK, 0);
    else this.#block.open(words, offset + 1, 1 << log, header & COUNT_MASK, 32 - log);
  }

  #setCount(count: number): void {
    const at = this.#block.first - 1;
    this.#block.words[at] = ((this.#block.words[at]! & ~COUNT_MASK) | count) >>> 0;
  }

  #release(word: number): void {
    const address = word & ADDRESS_MASK;
    if (word >= LINK_BIT) {
      this.#large[address] = undefined;
      return;
    }
    this.#resolve(word);
    this.#arena.free(address, this.#block.places + 1);
  }

  #build(entries: readonly number[], count: number): number {
    if (count <= LINEAR_MAX) {
      const places = LINEAR.find((capacity) => capacity >= count)!;
      return this.#fill(this.#allocate(places, places), entries);
    }
    if (count > IN_ARENA_MAX) return this.#buildLarge(entries);
    let log = HASH_LOG_MIN;
    while (count > (1 << log) / 2) log++;
    return this.#fill(this.#allocate(1 << log, HASH_CODE + log), entries);
  }

  #buildLarge(entries: readonly number[]): number {
    const large = new SegmentedEntries();
    for (const entry of entries) large.add(this.#block, this.keyOf(entry), entry);
    let index = this.#large.indexOf(undefined);
    if (index < 0) index = this.#large.length;
    this.#large[index] = large;
    return (LARGE_BITS | index) >>> 0;
  }

  #allocate(places: number, code: number): number {
    const address = this.#arena.allocate(places + 1);
    const offset = this.#arena.offsetOf(address);
    const chunk = this.#arena.chunkOf(address);
    chunk[offset] = (code << 24) >>> 0;
    chunk.fill(0, offset + 1, offset + 1 + places);
    return (BLOCK_BIT | address) >>> 0;
  }

  #fill(word: number, entries: readonly number[]): number {
    this.#resolve(word);
    for (const entry of entries) {
      this.#block.put(entry);
      this.#block.count++;
    }
    this.#setCount(entries.length);
    return word;
  }
}
