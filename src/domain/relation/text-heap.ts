/** Characters behind what all texts begin with that are compared as one number; what is equal in them is compared as text. */
const KEY_CHARS = 6;
/** Texts looked at between two turns: half a millisecond. */
const TEXTS_A_TURN = 4_096;

/**
 * Texts that are taken out in the order of their code units, each with a number. Taking a few of many costs less than sorting all, and
 * taking all can be interrupted at any time.
 */
export class TextHeap {
  readonly #texts: string[] = [];
  readonly #numbers: number[] = [];
  /** Of each text. */
  #keys = new Float64Array();
  /** The places of the texts that are left, as a heap. */
  #heap = new Uint32Array();
  #size = 0;

  /** Before {@link arrange}. */
  add(text: string, number: number): void {
    this.#texts.push(text);
    this.#numbers.push(number);
  }

  /** Prepares for taking texts out, with turns between. */
  *arrange(): Generator<void> {
    const texts = this.#texts;
    const length = texts.length;
    let shared = texts[0]?.length ?? 0;
    for (let at = 1; at < length; at++) {
      if (at % TEXTS_A_TURN === 0) yield;
      shared = sharedLength(texts[0]!, texts[at]!, shared);
    }
    this.#keys = new Float64Array(length);
    this.#heap = new Uint32Array(length);
    this.#size = length;
    for (let at = 0; at < length; at++) {
      if (at % TEXTS_A_TURN === 0 && at > 0) yield;
      this.#keys[at] = keyOf(texts[at]!, shared);
      this.#heap[at] = at;
    }
    for (let at = (length >> 1) - 1; at >= 0; at--) {
      if (at % TEXTS_A_TURN === 0 && at > 0) yield;
      this.#sink(at, this.#heap[at]!);
    }
  }

  /** Texts that are left. */
  get size(): number {
    return this.#size;
  }

  /** The smallest text that is left; there must be one. */
  get text(): string {
    return this.#texts[this.#heap[0]!]!;
  }

  /** The number of the smallest text. */
  get number(): number {
    return this.#numbers[this.#heap[0]!]!;
  }

  /** Takes the smallest text out. */
  drop(): void {
    this.#size--;
    if (this.#size > 0) this.#sink(0, this.#heap[this.#size]!);
  }

  #sink(from: number, place: number): void {
    const heap = this.#heap;
    let at = from;
    for (let child = 2 * at + 1; child < this.#size; child = 2 * at + 1) {
      if (child + 1 < this.#size && this.#isLess(heap[child + 1]!, heap[child]!)) child++;
      if (!this.#isLess(heap[child]!, place)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = place;
  }

  #isLess(a: number, b: number): boolean {
    const first = this.#keys[a]!;
    const second = this.#keys[b]!;
    return first === second ? this.#texts[a]! < this.#texts[b]! : first < second;
  }
}

/** How many characters two texts begin with alike, `most` at most. */
function sharedLength(a: string, b: string, most: number): number {
  let length = 0;
  while (length < most && length < b.length && a.charCodeAt(length) === b.charCodeAt(length)) length++;
  return length;
}

/** A number in the order of the texts, as far as it goes: an end of text before all, what is over Latin-1 alike. */
function keyOf(text: string, from: number): number {
  let key = 0;
  for (let at = from; at < from + KEY_CHARS; at++) {
    key = key * 257 + (at < text.length ? 1 + Math.min(255, text.charCodeAt(at)) : 0);
  }
  return key;
}
