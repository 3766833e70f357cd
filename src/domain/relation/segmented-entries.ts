import { hashOf } from './entry-block.ts';
import type { EntryBlock } from './entry-block.ts';

/** Places of a segment: a full one is split in two, so no growth touches more than its three quarters. */
const SEGMENT_LOG = 13;
const SEGMENT_PLACES = 1 << SEGMENT_LOG;
const COUNT_MAX = (SEGMENT_PLACES * 3) >>> 2;
/** Two neighbours that together hold no more become one. */
const MERGED_MAX = SEGMENT_PLACES >>> 2;
/** Places within a segment come from these bits of the hash, below those that choose the segment. */
const SEGMENT_SHIFT = 5;
/** Segments are told apart by so many bits of the hash: room for more entries than an index has addresses for. */
const DEPTH_MAX = 32 - SEGMENT_LOG - SEGMENT_SHIFT;

interface Segment {
  readonly words: Uint32Array;
  count: number;
  readonly depth: number;
}

export interface SegmentsImage {
  readonly depth: number;
  /** Count and depth of each segment, in the order of the hash. */
  readonly segments: readonly (readonly [count: number, depth: number])[];
}

/** A collection of many entries: an extendible hash of segments by the other end of each. */
export class SegmentedEntries {
  #directory: Segment[];
  #depth: number;
  count = 0;

  /** `image` and `arrays`, one a segment, of a collection that is restored. */
  constructor(image?: SegmentsImage, arrays: readonly Uint32Array[] = []) {
    this.#depth = image?.depth ?? 0;
    this.#directory = [];
    const segments = image?.segments ?? [[0, 0] as const];
    for (const [at, [count, depth]] of segments.entries()) {
      const segment = { words: arrays[at] ?? new Uint32Array(SEGMENT_PLACES), count, depth };
      for (let slot = 0; slot < 1 << (this.#depth - depth); slot++) this.#directory.push(segment);
      this.count += count;
    }
  }

  get bytes(): number {
    return this.#distinct().reduce((sum, { words }) => sum + words.byteLength, this.#directory.length * 8);
  }

  /** Places of {@link at}. */
  get places(): number {
    return this.#directory.length * SEGMENT_PLACES;
  }

  /** The entry at a place, 0 if it is empty. */
  at(place: number): number {
    const slot = place >>> SEGMENT_LOG;
    const segment = this.#directory[slot]!;
    return slot > 0 && this.#directory[slot - 1] === segment ? 0 : segment.words[place & (SEGMENT_PLACES - 1)]!;
  }

  /** Opens the segment that holds an entry with this other end, if there is one. */
  open(block: EntryBlock, key: number): void {
    openSegment(block, this.#segmentOf(key));
  }

  /** Adds an entry whose other end is `key` and not in the collection. Throws RangeError when no segment can be split any more. */
  add(block: EntryBlock, key: number, entry: number): void {
    let segment = this.#segmentOf(key);
    while (segment.count === COUNT_MAX) {
      if (segment.depth === DEPTH_MAX) throw new RangeError('the tuple index is full');
      this.#split(block, segment, key);
      segment = this.#segmentOf(key);
    }
    openSegment(block, segment);
    block.put(entry);
    segment.count++;
    this.count++;
  }

  /** Takes out the entry whose other end is `key`, which must be there. */
  remove(block: EntryBlock, key: number): void {
    const segment = this.#segmentOf(key);
    openSegment(block, segment);
    block.vacate(block.placeOf(key));
    segment.count--;
    this.count--;
    if (segment.depth > 0 && segment.count <= MERGED_MAX) this.#merge(block, segment, key);
  }

  /** Entries of the segment of a hash, with the first hash after it. */
  segmentAt(hash: number): { readonly words: Uint32Array; readonly end: number } {
    const slot = this.#depth === 0 ? 0 : hash >>> (32 - this.#depth);
    const { words, depth } = this.#directory[slot]!;
    const width = 2 ** (32 - depth);
    return { words, end: (Math.floor(hash / width) + 1) * width };
  }

  image(): SegmentsImage & { readonly arrays: readonly Uint32Array[] } {
    const segments = this.#distinct();
    return {
      depth: this.#depth,
      segments: segments.map(({ count, depth }) => [count, depth] as const),
      arrays: segments.map(({ words }) => words),
    };
  }

  #distinct(): Segment[] {
    return this.#directory.filter((segment, slot) => slot === 0 || this.#directory[slot - 1] !== segment);
  }

  #segmentOf(key: number): Segment {
    return this.#directory[this.#depth === 0 ? 0 : hashOf(key) >>> (32 - this.#depth)]!;
  }

  #split(block: EntryBlock, segment: Segment, key: number): void {
    if (segment.depth === this.#depth) {
      this.#directory = this.#directory.flatMap((entry) => [entry, entry]);
      this.#depth++;
    }
    const depth = segment.depth + 1;
    const halves = [0, 1].map((): Segment => ({ words: new Uint32Array(SEGMENT_PLACES), count: 0, depth }));
    this.#distribute(block, segment, (entry) => halves[(hashOf(block.keyOf(entry)) >>> (32 - depth)) & 1]!);
    this.#place(hashOf(key), segment.depth, halves);
  }

  /** Joins a segment with its neighbour of the same prefix, if both are nearly empty. */
  #merge(block: EntryBlock, segment: Segment, key: number): void {
    const depth = segment.depth - 1;
    const slot = hashOf(key) >>> (32 - this.#depth);
    const twin = this.#directory[slot ^ (1 << (this.#depth - segment.depth))]!;
    if (twin.depth !== segment.depth || twin.count + segment.count > MERGED_MAX) return;
    const joined: Segment = { words: new Uint32Array(SEGMENT_PLACES), count: 0, depth };
    for (const half of [segment, twin]) this.#distribute(block, half, () => joined);
    this.#place(hashOf(key), depth, [joined]);
  }

  #distribute(block: EntryBlock, from: Segment, target: (entry: number) => Segment): void {
    for (const entry of from.words) {
      if (entry === 0) continue;
      const to = target(entry);
      openSegment(block, to);
      block.put(entry);
      to.count++;
    }
  }

  /** Puts segments, in order, in all the places of a prefix of so many bits. */
  #place(hash: number, bits: number, segments: readonly Segment[]): void {
    const span = 1 << (this.#depth - bits);
    const start = bits === 0 ? 0 : (hash >>> (32 - bits)) * span;
    for (let at = 0; at < span; at++) {
      this.#directory[start + at] = segments[Math.floor((at * segments.length) / span)]!;
    }
  }
}

function openSegment(block: EntryBlock, { words, count }: Segment): void {
  block.open(words, 0, words.length, count, SEGMENT_SHIFT);
}
