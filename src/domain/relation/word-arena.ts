const CHUNK_BITS = 16;
const CHUNK_WORDS = 1 << CHUNK_BITS;
const CHUNK_MASK = CHUNK_WORDS - 1;
/** Size of the first chunk of a new arena: an idle store stays small. */
const FIRST_WORDS = 256;
/** Records up to this size have a free list of their own; larger ones are rounded up to a power of two. */
const EXACT_WORDS = 32;
const LISTS = EXACT_WORDS + 1 + CHUNK_BITS + 1 - 5;
/** Words of the book of a chunk, for each list: its first free record, and the chunks before and after in the list's ring of chunks. */
const BOOK_WORDS = LISTS * 3;
const BEFORE = LISTS;
const AFTER = LISTS * 2;
/** Addresses stay below 2^29: the two top bits of a word are tags, and the third marks names that are not stored. */
const CHUNKS_MAX = (1 << 29) / CHUNK_WORDS;
const NOTHING = new Uint32Array(0);

/** All that an arena is, as numbers and arrays that are its own. */
export interface ArenaImage {
  readonly next: number;
  /** The chunk that is being filled. */
  readonly chunk: number;
  /** For each chunk its words in use, -1 where there is no chunk. */
  readonly used: readonly number[];
  /** A chunk and its book, for each chunk that is there. */
  readonly arrays: readonly Uint32Array[];
}

/**
 * Records of 32-bit words, addressed by the number of their first word; address 0 is never given out.
 * Grows by chunks, so growth never copies more than one chunk. Freed records are given out again, by size; a chunk whose last record is
 * freed is let go.
 */
export class WordArena {
  /** A chunk that was let go is an empty array until its number is used again. */
  readonly chunks: Uint32Array[] = [];
  readonly #books: Uint32Array[] = [];
  readonly #used: number[] = [];
  readonly #vacant: number[] = [];
  /** For each list the number of a chunk that has a free record, and 1. */
  readonly #first = new Uint32Array(LISTS);
  #next = 1;
  #chunk = 0;
  #wordsUsed = 0;

  constructor() {
    this.#install(0, new Uint32Array(FIRST_WORDS));
  }

  /** A record of at least `words` words (1 to 32,768). Its content is undefined. Throws RangeError when 2^29 words are in use. */
  allocate(words: number): number {
    const size = roundUp(words);
    const list = freeListOf(size);
    this.#wordsUsed += size;
    const chunk = this.#first[list]! - 1;
    if (chunk >= 0) {
      const book = this.#books[chunk]!;
      const reused = book[list]!;
      book[list] = this.read(reused);
      if (book[list] === 0) this.#leave(chunk, list);
      this.#used[chunk]! += size;
      return reused;
    }
    if ((this.#next & CHUNK_MASK) + size > CHUNK_WORDS || this.#next === (this.#chunk + 1) * CHUNK_WORDS) {
      this.#openChunk();
    }
    const address = this.#next;
    this.#next += size;
    this.#used[this.#chunk]! += size;
    if (this.#next - this.#chunk * CHUNK_WORDS > this.chunks[this.#chunk]!.length) this.#growFirst();
    return address;
  }

  /** Gives a record back; `words` as it was allocated. */
  free(address: number, words: number): void {
    const size = roundUp(words);
    const chunk = address >>> CHUNK_BITS;
    this.#wordsUsed -= size;
    this.#used[chunk]! -= size;
    if (this.#used[chunk] === 0) this.#letGo(chunk);
    else this.#keep(address, size);
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
    let sum = this.#first.byteLength;
    for (const chunk of this.chunks) if (chunk.length > 0) sum += chunk.byteLength + BOOK_WORDS * 4;
    return sum;
  }

  /** Words held that no record uses. */
  get wordsIdle(): number {
    return this.chunks.reduce((sum, chunk) => sum + chunk.length, 0) - this.#wordsUsed;
  }

  /** The arrays are the arena's own: to be read before it changes. */
  image(): ArenaImage {
    const present = this.chunks.flatMap((chunk, at) => (chunk.length === 0 ? [] : [chunk, this.#books[at]!]));
    const used = this.#used.map((words, at) => (this.chunks[at]!.length === 0 ? -1 : words));
    return { next: this.#next, chunk: this.#chunk, used, arrays: present };
  }

  /** Becomes what an image says; the arrays are the arena's from then on. */
  restore({ next, chunk: filled, used, arrays }: ArenaImage): void {
    this.chunks.length = this.#books.length = this.#used.length = this.#vacant.length = 0;
    this.#first.fill(0);
    let at = 0;
    for (const [chunk, words] of used.entries()) {
      this.#used.push(Math.max(0, words));
      this.chunks.push(words < 0 ? NOTHING : arrays[at++]!);
      this.#books.push(words < 0 ? NOTHING : arrays[at++]!);
      if (words < 0) this.#vacant.push(chunk);
      for (let list = 0; list < LISTS; list++) if (this.#books[chunk]![list]! > 0) this.#join(chunk, list);
    }
    this.#next = next;
    this.#chunk = filled;
    this.#wordsUsed = this.#used.reduce((sum, words) => sum + words, 0);
  }

  /** A freed record goes to the front of the list of its chunk. */
  #keep(address: number, size: number): void {
    const list = freeListOf(size);
    const chunk = address >>> CHUNK_BITS;
    const book = this.#books[chunk]!;
    this.write(address, book[list]!);
    if (book[list] === 0) this.#join(chunk, list);
    book[list] = address;
  }

  #join(chunk: number, list: number): void {
    const after = this.#first[list]!;
    this.#books[chunk]![BEFORE + list] = 0;
    this.#books[chunk]![AFTER + list] = after;
    if (after > 0) this.#books[after - 1]![BEFORE + list] = chunk + 1;
    this.#first[list] = chunk + 1;
  }

  #leave(chunk: number, list: number): void {
    const book = this.#books[chunk]!;
    const before = book[BEFORE + list]!;
    const after = book[AFTER + list]!;
    if (before > 0) this.#books[before - 1]![AFTER + list] = after;
    else this.#first[list] = after;
    if (after > 0) this.#books[after - 1]![BEFORE + list] = before;
  }

  /** A chunk without a record: the one that is being filled begins anew, another is dropped. */
  #letGo(chunk: number): void {
    const book = this.#books[chunk]!;
    for (let list = 0; list < LISTS; list++) if (book[list]! > 0) this.#leave(chunk, list);
    if (chunk === this.#chunk) {
      this.#next = Math.max(1, chunk * CHUNK_WORDS);
      book.fill(0);
      if (this.chunks.length === this.#vacant.length + 1) this.#startOver();
      return;
    }
    this.chunks[chunk] = this.#books[chunk] = NOTHING;
    this.#vacant.push(chunk);
  }

  /** The last chunk of all is empty: back to the first size. */
  #startOver(): void {
    this.chunks.length = this.#books.length = this.#used.length = this.#vacant.length = 0;
    this.#next = 1;
    this.#install(0, new Uint32Array(FIRST_WORDS));
  }

  #openChunk(): void {
    let left = (this.#chunk + 1) * CHUNK_WORDS - this.#next;
    while (left > 0) {
      const piece = left <= EXACT_WORDS ? left : 1 << (31 - Math.clz32(left));
      this.#keep(this.#next, piece);
      this.#next += piece;
      left -= piece;
    }
    const number = this.#vacant.pop() ?? this.chunks.length;
    if (number === CHUNKS_MAX) throw new RangeError('the tuple index is full');
    this.#install(number, new Uint32Array(CHUNK_WORDS));
    this.#next = Math.max(1, number * CHUNK_WORDS);
  }

  #install(number: number, chunk: Uint32Array): void {
    this.chunks[number] = chunk;
    this.#books[number] = new Uint32Array(BOOK_WORDS);
    this.#used[number] = 0;
    this.#chunk = number;
  }

  /** Only a chunk that began small grows: the first of an arena. */
  #growFirst(): void {
    const first = this.chunks[this.#chunk]!;
    const needed = this.#next - this.#chunk * CHUNK_WORDS;
    let length = first.length * 2;
    while (length < needed) length *= 2;
    const larger = new Uint32Array(Math.min(length, CHUNK_WORDS));
    larger.set(first);
    this.chunks[this.#chunk] = larger;
  }
}

function roundUp(words: number): number {
  return words <= EXACT_WORDS ? words : 1 << (32 - Math.clz32(words - 1));
}

function freeListOf(size: number): number {
  return size <= EXACT_WORDS ? size : EXACT_WORDS + 32 - Math.clz32(size) - 5;
}
