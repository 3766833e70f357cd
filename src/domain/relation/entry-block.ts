import type { WordArena } from './word-arena.ts';

/** The address part of an entry. */
export const ADDRESS_MASK = 0x3fffffff;
/** On an entry: it points to a link record, because the tuple has a condition. */
export const LINK_BIT = 0x80000000;

/** The entries of one collection as they lie in memory: in line, or as a hash with linear probing. */
export class EntryBlock {
  readonly #arena: WordArena;
  readonly #side: 0 | 1;
  words: Uint32Array = new Uint32Array(0);
  /** Where the entries begin. */
  first = 0;
  places = 0;
  count = 0;
  /** How far a hash is shifted to become a place, cut to the number of places; 0: in line. */
  shift = 0;

  /** `side`: the word of a link record that is the other end of an entry. */
  constructor(arena: WordArena, side: 0 | 1) {
    this.#arena = arena;
    this.#side = side;
  }

  /** The other end of an entry. */
  keyOf(entry: number): number {
    return entry >= LINK_BIT ? this.#arena.read((entry & ADDRESS_MASK) + this.#side) : entry;
  }

  open(words: Uint32Array, first: number, places: number, count: number, shift: number): void {
    this.words = words;
    this.first = first;
    this.places = places;
    this.count = count;
    this.shift = shift;
  }

  /** The place of the entry whose other end is `key`, -1 if there is none. */
  placeOf(key: number): number {
    const words = this.words;
    const first = this.first;
    if (this.shift === 0) {
      for (let place = 0; place < this.count; place++) {
        const entry = words[first + place]!;
        if (entry === key || (entry >= LINK_BIT && this.keyOf(entry) === key)) return place;
      }
      return -1;
    }
    const mask = this.places - 1;
    for (let place = (hashOf(key) >>> this.shift) & mask; ; place = (place + 1) & mask) {
      const entry = words[first + place]!;
      if (entry === 0) return -1;
      if (entry === key || (entry >= LINK_BIT && this.keyOf(entry) === key)) return place;
    }
  }

  /** Puts an entry where there is room for it. */
  put(entry: number): void {
    if (this.shift === 0) {
      this.words[this.first + this.count] = entry;
      return;
    }
    const mask = this.places - 1;
    let place = (hashOf(this.keyOf(entry)) >>> this.shift) & mask;
    while (this.words[this.first + place] !== 0) place = (place + 1) & mask;
    this.words[this.first + place] = entry;
  }

  /** Takes out the entry at a place of a hash. */
  vacate(place: number): void {
    const words = this.words;
    const first = this.first;
    const mask = this.places - 1;
    let hole = place;
    for (let next = (hole + 1) & mask; words[first + next] !== 0; next = (next + 1) & mask) {
      const from = (hashOf(this.keyOf(words[first + next]!)) >>> this.shift) & mask;
      if (((next - from) & mask) >= ((next - hole) & mask)) {
        words[first + hole] = words[first + next]!;
        hole = next;
      }
    }
    words[first + hole] = 0;
  }

  /** All entries, in no particular order. */
  entries(): number[] {
    const entries: number[] = [];
    for (let place = 0; place < this.places; place++) {
      const entry = this.words[this.first + place]!;
      if (entry !== 0) entries.push(entry);
    }
    return entries;
  }
}

/** 32 bits, the top ones the best mixed. */
export function hashOf(key: number): number {
  return Math.imul(key, 0x9e3779b1) >>> 0;
}
