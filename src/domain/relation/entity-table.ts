import { encodedWords } from './text-codec.ts';
import type { WordArena } from './word-arena.ts';

/** Smallest and largest number of slots of a segment; a full largest one is split in two, so no growth touches more than 4,096 names. */
const SLOTS_FIRST = 16;
const SLOTS_MAX = 4096;
/** Segments are split by the top bits of the hash, up to this many of them. */
const DEPTH_MAX = 20;
const LOAD_MAX = 0.75;
/** Load of the halves of a segment that was split: one growth later they are split in turn, so a record is placed twice each time that all double. */
const LOAD_SPLIT = 0.5;
/** A segment of a lower load gets fewer slots; two neighbours that would both be of a lower load become one. */
const LOAD_MIN = 0.25;

/** Words of an entity record before its key: the collection of sets that it is a user of. */
export const KEY_WORD = 1;
/** Top bit of a header: the record is a set (object and relation), not a name. */
export const SET_BIT = 0x80000000;

/** A slot is an address with three bits of its hash on top: most other names are told apart without reading their records. */
const TAG_SHIFT = 29;
const ADDRESS = (1 << TAG_SHIFT) - 1;

interface Segment {
  slots: Uint32Array;
  count: number;
  readonly depth: number;
}

export interface TableImage {
  readonly depth: number;
  /** Count and depth of each segment, in the order of the hash. */
  readonly segments: readonly (readonly [count: number, depth: number])[];
  /** The slots of each segment. */
  readonly arrays: readonly Uint32Array[];
}

/**
 * Finds entity records (names `type:id`, sets `object#relation`) by content: an extendible hash of addresses into the arena.
 * A record is `[head, header, key…]`: of a name the header is type << 16 | bytes and the key the bytes, of a set the header is
 * SET_BIT | relation and the key the address of the object.
 */
export class EntityTable {
  readonly #arena: WordArena;
  readonly #seed: number;
  #directory: Segment[] = [{ slots: new Uint32Array(SLOTS_FIRST), count: 0, depth: 0 }];
  #depth = 0;

  constructor(arena: WordArena, seed: number) {
    this.#arena = arena;
    this.#seed = seed;
  }

  /** The name of this type whose id is what `encodeText` wrote last; 0 if there is none. */
  findName(type: number, byteLength: number): number {
    const header = (type << 16) | byteLength;
    const words = (byteLength + 3) >>> 2;
    let mixed = mix(this.#seed, header);
    for (let at = 0; at < words; at++) mixed = mix(mixed, encodedWords[at]!);
    const hash = finish(mixed);
    const slots = this.#segmentOf(hash).slots;
    const tag = tagOf(hash);
    for (let slot = homeOf(hash, slots.length); ;) {
      const word = slots[slot]!;
      if (word === 0) return 0;
      if (word >>> TAG_SHIFT === tag && this.#isName(word & ADDRESS, header, words)) return word & ADDRESS;
      if (++slot === slots.length) slot = 0;
    }
  }

  #isName(address: number, header: number, words: number): boolean {
    const chunk = this.#arena.chunkOf(address);
    const offset = this.#arena.offsetOf(address) + KEY_WORD;
    if (chunk[offset] !== header) return false;
    for (let at = 0; at < words; at++) if (chunk[offset + 1 + at] !== encodedWords[at]) return false;
    return true;
  }

  /** The set of this object and relation; 0 if there is none. */
  findSet(object: number, relation: number): number {
    const header = (SET_BIT | relation) >>> 0;
    const hash = finish(mix(mix(this.#seed, header), object));
    const slots = this.#segmentOf(hash).slots;
    const tag = tagOf(hash);
    for (let slot = homeOf(hash, slots.length); ;) {
      const word = slots[slot]!;
      if (word === 0) return 0;
      if (word >>> TAG_SHIFT === tag) {
        const address = word & ADDRESS;
        const chunk = this.#arena.chunkOf(address);
        const offset = this.#arena.offsetOf(address) + KEY_WORD;
        if (chunk[offset] === header && chunk[offset + 1] === object) return address;
      }
      if (++slot === slots.length) slot = 0;
    }
  }

  /** Adds a record that is not yet in the table. */
  add(address: number): void {
    const hash = this.#hashOf(address);
    let segment = this.#segmentOf(hash);
    while (segment.count + 1 > segment.slots.length * LOAD_MAX) {
      if (segment.slots.length < SLOTS_MAX || segment.depth === DEPTH_MAX) this.#enlarge(segment);
      else this.#split(segment, hash);
      segment = this.#segmentOf(hash);
    }
    place(segment.slots, address, hash);
    segment.count++;
  }

  /** Takes a record out; its content must still be whole. */
  remove(address: number): void {
    const hash = this.#hashOf(address);
    const segment = this.#segmentOf(hash);
    const slots = segment.slots;
    let hole = homeOf(hash, slots.length);
    while ((slots[hole]! & ADDRESS) !== address) hole = (hole + 1) % slots.length;
    for (let next = (hole + 1) % slots.length; slots[next] !== 0; next = (next + 1) % slots.length) {
      const home = homeOf(this.#hashOf(slots[next]! & ADDRESS), slots.length);
      const distance = (next - home + slots.length) % slots.length;
      if (distance >= (next - hole + slots.length) % slots.length) {
        slots[hole] = slots[next]!;
        hole = next;
      }
    }
    slots[hole] = 0;
    segment.count--;
    if (segment.count < slots.length * LOAD_MIN && slots.length > SLOTS_FIRST) this.#shrink(segment, hash);
  }

  /** Every record, in no particular order. Not to be changed meanwhile. */
  *records(): Iterable<number> {
    for (const segment of this.#distinct()) {
      for (const word of segment.slots) if (word !== 0) yield word & ADDRESS;
    }
  }

  /**
   * Records whose hash is at least `hash` (below 2^32) and less than `end`, in the order of their hashes: the rest of one segment.
   * A walk from 0 to 2^32 meets every record that is there all the while, however the table changes meanwhile.
   */
  recordsFrom(hash: number): { readonly records: { readonly address: number; readonly hash: number }[]; end: number } {
    const { slots, depth } = this.#segmentOf(hash);
    const width = 2 ** (32 - depth);
    const records = Array.from(slots, (word) => word & ADDRESS)
      .filter((address) => address !== 0)
      .map((address) => ({ address, hash: this.#hashOf(address) }))
      .filter((record) => record.hash >= hash)
      .sort((a, b) => a.hash - b.hash);
    return { records, end: (Math.floor(hash / width) + 1) * width };
  }

  /** The arrays are the table's own: to be read before it changes. */
  image(): TableImage {
    const segments = this.#distinct();
    return {
      depth: this.#depth,
      segments: segments.map(({ count, depth }) => [count, depth] as const),
      arrays: segments.map(({ slots }) => slots),
    };
  }

  /** Becomes what an image says; the arrays are the table's from then on. */
  restore({ depth, segments, arrays }: TableImage): void {
    this.#depth = depth;
    this.#directory = segments.flatMap(([count, own], at) => {
      const segment: Segment = { slots: arrays[at]!, count, depth: own };
      return Array.from({ length: 1 << (depth - own) }, () => segment);
    });
  }

  /** Memory held. */
  get bytes(): number {
    let sum = this.#directory.length * 8;
    for (const segment of this.#distinct()) sum += segment.slots.byteLength;
    return sum;
  }

  #distinct(): Segment[] {
    return this.#directory.filter((segment, at) => at === 0 || this.#directory[at - 1] !== segment);
  }

  #segmentOf(hash: number): Segment {
    return this.#directory[this.#depth === 0 ? 0 : hash >>> (32 - this.#depth)]!;
  }

  #hashOf(address: number): number {
    const chunk = this.#arena.chunkOf(address);
    const offset = this.#arena.offsetOf(address) + KEY_WORD;
    const header = chunk[offset]!;
    const words = header >= SET_BIT ? 1 : ((header & 0xffff) + 3) >>> 2;
    let hash = mix(this.#seed, header);
    for (let at = 1; at <= words; at++) hash = mix(hash, chunk[offset + at]!);
    return finish(hash);
  }

  #enlarge(segment: Segment): void {
    const size = Math.ceil(segment.slots.length * 1.5);
    this.#resize(segment, segment.depth === DEPTH_MAX ? size : Math.min(size, SLOTS_MAX));
  }

  #resize(segment: Segment, size: number): void {
    const resized = new Uint32Array(size);
    for (const word of segment.slots) {
      if (word !== 0) place(resized, word & ADDRESS, this.#hashOf(word & ADDRESS));
    }
    segment.slots = resized;
  }

  /** Joins a segment of low load with its neighbour of the same prefix where that has one too, else gives it fewer slots. */
  #shrink(segment: Segment, hash: number): void {
    const twin =
      segment.depth === 0
        ? undefined
        : this.#directory[(hash >>> (32 - this.#depth)) ^ (1 << (this.#depth - segment.depth))]!;
    const count = segment.count + (twin?.count ?? 0);
    if (twin?.depth !== segment.depth || count > SLOTS_MAX * LOAD_MIN) {
      const size = Math.max(SLOTS_FIRST, segment.count * 2);
      if (size < segment.slots.length) this.#resize(segment, size);
      return;
    }
    const depth = segment.depth - 1;
    const joined: Segment = { slots: new Uint32Array(Math.max(SLOTS_FIRST, count * 2)), count, depth };
    for (const half of [segment, twin]) {
      for (const word of half.slots) {
        if (word !== 0) place(joined.slots, word & ADDRESS, this.#hashOf(word & ADDRESS));
      }
    }
    const span = 1 << (this.#depth - depth);
    const start = depth === 0 ? 0 : (hash >>> (32 - depth)) * span;
    for (let at = 0; at < span; at++) this.#directory[start + at] = joined;
    if (depth === 0) this.#flatten(joined);
  }

  /** One segment is left: the directory is one place again. */
  #flatten(only: Segment): void {
    this.#directory = [only];
    this.#depth = 0;
  }

  #split(segment: Segment, hash: number): void {
    if (segment.depth === this.#depth) {
      this.#directory = this.#directory.flatMap((entry) => [entry, entry]);
      this.#depth++;
    }
    const depth = segment.depth + 1;
    const bit = 32 - depth;
    const records = segment.slots.filter((word) => word !== 0).map((word) => word & ADDRESS);
    // Each record is read once: it is seldom in the processor's cache.
    const hashes = records.map((address) => this.#hashOf(address));
    const ones = hashes.reduce((sum, own) => sum + ((own >>> bit) & 1), 0);
    const halves = [records.length - ones, ones].map((count): Segment => {
      return { slots: new Uint32Array(Math.max(SLOTS_FIRST, Math.ceil(count / LOAD_SPLIT))), count, depth };
    });
    for (const [at, own] of hashes.entries()) place(halves[(own >>> bit) & 1]!.slots, records[at]!, own);
    const span = 1 << (this.#depth - depth);
    const start = segment.depth === 0 ? 0 : (hash >>> (32 - segment.depth)) * 2 * span;
    for (let at = 0; at < 2 * span; at++) this.#directory[start + at] = halves[at < span ? 0 : 1]!;
  }
}

function place(slots: Uint32Array, address: number, hash: number): void {
  let slot = homeOf(hash, slots.length);
  while (slots[slot] !== 0) if (++slot === slots.length) slot = 0;
  slots[slot] = (address | (tagOf(hash) << TAG_SHIFT)) >>> 0;
}

function homeOf(hash: number, slots: number): number {
  return ((hash & 0xffff) * slots) >>> 16;
}

function tagOf(hash: number): number {
  return (hash >>> 16) & 7;
}

function mix(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}

function finish(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 13), 0x85ebca6b);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
