const CHUNK_BITS = 16;
const CHUNK_WORDS = 1 << CHUNK_BITS;
const CHUNK_MASK = CHUNK_WORDS - 1;
/** Size of the first chunk of a new arena: an idle store stays small. */
const FIRST_WORDS = 256;
/** Records up to this size have a free list of their own; larger ones are rounded up to a power of two. */
const EXACT_WORDS = 32;
/** Addresses stay below 2^29: the two top bits of a word are tags, and the third marks names that are not stored. */
const CHUNKS_MAX = (1 << 29) / CHUNK_WORDS;

/**
 * Records of 32-bit words, addressed by the number of their first word; address 0 is never given out.
 * Grows by chunks, so growth never copies more than one chunk; freed records are given out again, by size.
 */
export class WordArena {
  readonly chunks: Uint32Array[] = [new Uint32Array(FIRST_WORDS)];
  #next = 1;
  readonly #free = new Uint32Array(EXACT_WORDS + 1 + CHUNK_BITS + 1);

  /** A record of at least `words` words (1 to 65,536). Its content is undefined. Throws RangeError when 2^29 words are in use. */
  allocate(words: number): number {
    const size = roundUp(words);
    const list = freeListOf(size);
    const reused = this.#free[list]!;
    if (reused !== 0) {
      this.#free[list] = this.read(reused);
      return reused;
    }
    if ((this.#next & CHUNK_MASK) + size > CHUNK_WORDS || this.#next === this.chunks.length * CHUNK_WORDS) {
      this.#openChunk();
    }
    const address = this.#next;
    this.#next += size;
    if (this.chunks.length === 1) this.#growFirst();
    return address;
  }

  /** Gives a record back; `words` as it was allocated. */
  free(address: number, words: number): void {
    const list = freeListOf(roundUp(words));
    this.write(address, this.#free[list]!);
    this.#free[list] = address;
  }

  read(address: number): number {
    return this.chunks[address >>> CHUNK_BITS]![address & CHUNK_MASK]!;
  }

  write(address: number, value: number): void {
    this.chunks[address >>> CHUNK_BITS]![address & CHUNK_MASK] = value;
  }

  /** The chunk that holds a whole record, with {@link offsetOf} its place in there. Valid until the next allocation. */
  chunkOf(address: number): Uint32Array {
    return this.chunks[address >>> CHUNK_BITS]!;
  }

  offsetOf(address: number): number {
    return address & CHUNK_MASK;
  }

  /** Memory held. */
  get bytes(): number {
    let sum = this.#free.byteLength;
    for (const chunk of this.chunks) sum += chunk.byteLength;
    return sum;
  }

  #openChunk(): void {
    let left = this.chunks.length * CHUNK_WORDS - this.#next;
    while (left > 0) {
      const piece = left <= EXACT_WORDS ? left : 1 << (31 - Math.clz32(left));
      this.free(this.#next, piece);
      this.#next += piece;
      left -= piece;
    }
    if (this.chunks.length === CHUNKS_MAX) throw new RangeError('the tuple index is full');
    this.chunks.push(new Uint32Array(CHUNK_WORDS));
  }

  #growFirst(): void {
    const first = this.chunks[0]!;
    if (this.#next <= first.length) return;
    let length = first.length * 2;
    while (length < this.#next) length *= 2;
    const larger = new Uint32Array(Math.min(length, CHUNK_WORDS));
    larger.set(first);
    this.chunks[0] = larger;
  }
}

function roundUp(words: number): number {
  return words <= EXACT_WORDS ? words : 1 << (32 - Math.clz32(words - 1));
}

function freeListOf(size: number): number {
  return size <= EXACT_WORDS ? size : EXACT_WORDS + 32 - Math.clz32(size) - 5;
}
