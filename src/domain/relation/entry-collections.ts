import type { WordArena } from './word-arena.ts';

/** The address part of an entry. */
export const ADDRESS_MASK = 0x3fffffff;
/** On an entry: it points to a link record, because the tuple has a condition. */
export const LINK_BIT = 0x80000000;
const BLOCK_BIT = 0x40000000;
/** Both tags on the word of a collection: `large` of this class; the index uses it for counted sets, too. */
export const LARGE_BITS = 0xc0000000;

/** Capacities of blocks that are searched in line; above them a block is a hash of twice the size and more. */
const LINEAR = [2, 3, 5, 7, 11, 15] as const;
const LINEAR_MAX = 15;
const HASH_CODE = 16;
const HASH_LOG_MIN = 5;
/** Larger hashes leave the arena for an array of their own. */
const HASH_LOG_MAX = 13;
const COUNT_MASK = 0xffffff;

/**
 * Unordered collections of entries, each named by one 32-bit word that its owner keeps: 0 is empty, one entry is the word
 * itself, more are a block in the arena. Every change returns the word to keep from then on. An entry is the address of the
 * other end, or with LINK_BIT that of a link record `[set, user, …]` of which word `side` is the other end. Both directions of the
 * index are made of these; searching costs one probe, or at most 15 compares in line.
 */
export class EntryCollections {
  readonly #arena: WordArena;
  readonly #side: 0 | 1;
  readonly #large: (Uint32Array | undefined)[] = [];
  readonly #largeCounts: number[] = [];
  // What resolve() found: the words, where the entries begin, how many places, how many entries, whether hashed.
  #words: Uint32Array = new Uint32Array(0);
  #first = 0;
  #places = 0;
  #count = 0;
  #shift = 0;

  constructor(arena: WordArena, side: 0 | 1) {
    this.#arena = arena;
    this.#side = side;
  }

  /** The other end of an entry. */
  keyOf(entry: number): number {
    return entry >= LINK_BIT ? this.#arena.read((entry & ADDRESS_MASK) + this.#side) : entry;
  }

  count(word: number): number {
    if (word === 0) return 0;
    if ((word & BLOCK_BIT) === 0) return 1;
    this.#resolve(word);
    return this.#count;
  }

  /** Places to pass to {@link at}; some of them are empty. */
  places(word: number): number {
    if (word === 0) return 0;
    if ((word & BLOCK_BIT) === 0) return 1;
    this.#resolve(word);
    return this.#places;
  }

  /** The entry at a place, 0 if the place is empty. */
  at(word: number, place: number): number {
    if ((word & BLOCK_BIT) === 0) return word;
    if (word < LINK_BIT) {
      const address = (word & ADDRESS_MASK) + 1 + place;
      return this.#arena.read(address);
    }
    return this.#large[word & ADDRESS_MASK]![place]!;
  }

  /** The entry whose other end is `key`, 0 if there is none. */
  find(word: number, key: number): number {
    if (word === 0) return 0;
    if ((word & BLOCK_BIT) === 0) return this.keyOf(word) === key ? word : 0;
    this.#resolve(word);
    const place = this.#placeOf(key);
    return place < 0 ? 0 : this.#words[this.#first + place]!;
  }

  /** Adds an entry whose other end is not in the collection. */
  add(word: number, entry: number): number {
    if (word === 0) return entry;
    if ((word & BLOCK_BIT) === 0) return this.#build([word, entry], 2);
    this.#resolve(word);
    const room = this.#shift === 0 ? this.#places : (this.#places * 3) >>> 2;
    if (this.#count + 1 > room) {
      const entries = this.#entries();
      entries.push(entry);
      this.#release(word);
      return this.#build(entries, entries.length);
    }
    this.#put(entry);
    this.#setCount(word, this.#count + 1);
    return word;
  }

  /** Puts another entry with the same other end in the place of one that is there. */
  replace(word: number, key: number, entry: number): number {
    if ((word & BLOCK_BIT) === 0) return entry;
    this.#resolve(word);
    this.#words[this.#first + this.#placeOf(key)] = entry;
    return word;
  }

  /** Takes out the entry whose other end is `key`, which must be there. */
  remove(word: number, key: number): number {
    if ((word & BLOCK_BIT) === 0) return 0;
    this.#resolve(word);
    const place = this.#placeOf(key);
    if (this.#shift === 0) {
      this.#words[this.#first + place] = this.#words[this.#first + this.#count - 1]!;
      this.#words[this.#first + this.#count - 1] = 0;
    } else {
      this.#vacate(place);
    }
    const left = this.#count - 1;
    this.#setCount(word, left);
    if (left > 1 && (this.#shift === 0 || left > this.#places >>> 3)) return word;
    this.#resolve(word);
    const entries = this.#entries();
    this.#release(word);
    return left === 0 ? 0 : left === 1 ? entries[0]! : this.#build(entries, left);
  }

  /** Gives back what the collection holds. */
  clear(word: number): void {
    if ((word & BLOCK_BIT) !== 0) this.#release(word);
  }

  /** Memory held outside the arena. */
  get bytes(): number {
    return this.#large.reduce((sum, words) => sum + (words?.byteLength ?? 0), 0);
  }

  #resolve(word: number): void {
    const address = word & ADDRESS_MASK;
    if (word >= LINK_BIT) {
      this.#words = this.#large[address]!;
      this.#first = 0;
      this.#places = this.#words.length;
      this.#count = this.#largeCounts[address]!;
      this.#shift = Math.clz32(this.#places) + 1;
      return;
    }
    this.#words = this.#arena.chunkOf(address);
    const offset = this.#arena.offsetOf(address);
    const header = this.#words[offset]!;
    const code = header >>> 24;
    this.#first = offset + 1;
    this.#count = header & COUNT_MASK;
    if (code < HASH_CODE) {
      this.#places = code;
      this.#shift = 0;
    } else {
      this.#places = 1 << (code - HASH_CODE);
      this.#shift = 32 - (code - HASH_CODE);
    }
  }

  #placeOf(key: number): number {
    const words = this.#words;
    const first = this.#first;
    if (this.#shift === 0) {
      for (let place = 0; place < this.#count; place++) {
        const entry = words[first + place]!;
        if (entry === key || (entry >= LINK_BIT && this.keyOf(entry) === key)) return place;
      }
      return -1;
    }
    const mask = this.#places - 1;
    for (let place = home(key, this.#shift); ; place = (place + 1) & mask) {
      const entry = words[first + place]!;
      if (entry === 0) return -1;
      if (entry === key || (entry >= LINK_BIT && this.keyOf(entry) === key)) return place;
    }
  }

  #put(entry: number): void {
    if (this.#shift === 0) {
      this.#words[this.#first + this.#count] = entry;
      return;
    }
    const mask = this.#places - 1;
    let place = home(this.keyOf(entry), this.#shift);
    while (this.#words[this.#first + place] !== 0) place = (place + 1) & mask;
    this.#words[this.#first + place] = entry;
  }

  #vacate(place: number): void {
    const words = this.#words;
    const first = this.#first;
    const mask = this.#places - 1;
    let hole = place;
    for (let next = (hole + 1) & mask; words[first + next] !== 0; next = (next + 1) & mask) {
      const from = home(this.keyOf(words[first + next]!), this.#shift);
      if (((next - from) & mask) >= ((next - hole) & mask)) {
        words[first + hole] = words[first + next]!;
        hole = next;
      }
    }
    words[first + hole] = 0;
  }

  #setCount(word: number, count: number): void {
    if (word >= LINK_BIT) this.#largeCounts[word & ADDRESS_MASK] = count;
    else this.#words[this.#first - 1] = ((this.#words[this.#first - 1]! & ~COUNT_MASK) | count) >>> 0;
  }

  #entries(): number[] {
    const entries: number[] = [];
    for (let place = 0; place < this.#places; place++) {
      const entry = this.#words[this.#first + place]!;
      if (entry !== 0) entries.push(entry);
    }
    return entries;
  }

  #release(word: number): void {
    const address = word & ADDRESS_MASK;
    if (word >= LINK_BIT) {
      this.#large[address] = undefined;
      return;
    }
    this.#resolve(word);
    this.#arena.free(address, this.#places + 1);
  }

  #build(entries: readonly number[], count: number): number {
    if (count <= LINEAR_MAX) {
      const places = LINEAR.find((capacity) => capacity >= count)!;
      return this.#fill(this.#allocate(places, places), entries);
    }
    let log = HASH_LOG_MIN;
    while (count > (1 << log) / 2) log++;
    if (log <= HASH_LOG_MAX) return this.#fill(this.#allocate(1 << log, HASH_CODE + log), entries);
    let index = this.#large.indexOf(undefined);
    if (index < 0) index = this.#large.length;
    this.#large[index] = new Uint32Array(1 << log);
    this.#largeCounts[index] = 0;
    return this.#fill((LARGE_BITS | index) >>> 0, entries);
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
      this.#put(entry);
      this.#count++;
    }
    this.#setCount(word, entries.length);
    return word;
  }
}

function home(key: number, shift: number): number {
  return Math.imul(key, 0x9e3779b1) >>> shift;
}
