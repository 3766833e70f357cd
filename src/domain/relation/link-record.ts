import { decodeText, packBytes, writeUtf8 } from './text-codec.ts';
import type { TupleCondition } from './tuple.ts';
import { NAMES_MAX } from './vocabulary.ts';
import type { NameList, Vocabulary } from './vocabulary.ts';
import type { WordArena } from './word-arena.ts';

/**
 * The record of a tuple with a condition: `[set, user, condition << 16 | words of payload, payload…]`. The payload is *packed*, three words
 * for each key (key << 8 | form, then a double), where every value is a number, a boolean or a timestamp in one of the two usual
 * spellings; else it is the context as JSON: `[JSON_FORM, bytes, text…]`. A packed timestamp is parsed once, when it is written.
 */
export const LINK_HEADER_WORDS = 3;

const FORM = { json: 0, number: 1, boolean: 2, seconds: 3, millis: 4 } as const;
/** More keys than this are kept as JSON. */
const PACKED_KEYS_MAX = 16;
/** Longest context of a tuple, in bytes of JSON. */
export const CONTEXT_BYTES_MAX = 32_768;

const double = new Float64Array(1);
const halves = new Uint32Array(double.buffer);

/** The payload of a condition's context; keys are sorted, so equal contexts have equal payloads. */
export function encodeContext(condition: TupleCondition, keys: NameList): Uint32Array {
  const entries = Object.entries(condition.context ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return packedOf(entries, keys) ?? jsonOf(entries);
}

function packedOf(entries: readonly (readonly [string, unknown])[], keys: NameList): Uint32Array | undefined {
  if (entries.length > PACKED_KEYS_MAX) return undefined;
  const words = new Uint32Array(entries.length * 3);
  for (const [at, [name, value]] of entries.entries()) {
    const packed = pack(value);
    if (packed === undefined) return undefined;
    const key = keys.idOf(name) >= 0 || keys.names.length < NAMES_MAX ? keys.intern(name) : -1;
    if (key < 0) return undefined;
    double[0] = packed.value;
    words.set([(key << 8) | packed.form, halves[0]!, halves[1]!], at * 3);
  }
  return words;
}

function pack(value: unknown): { form: number; value: number } | undefined {
  switch (typeof value) {
    case 'number':
      return { form: FORM.number, value };
    case 'boolean':
      return { form: FORM.boolean, value: value ? 1 : 0 };
    case 'string': {
      if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/.test(value)) return undefined;
      const millis = Date.parse(value);
      const form = value.length === 20 ? FORM.seconds : FORM.millis;
      return spell(form, millis) === value ? { form, value: millis } : undefined;
    }
    default:
      return undefined;
  }
}

function spell(form: number, millis: number): string | undefined {
  if (Number.isNaN(millis)) return undefined;
  const text = new Date(millis).toISOString();
  return form === FORM.seconds ? text.replace('.000Z', 'Z') : text;
}

function jsonOf(entries: readonly (readonly [string, unknown])[]): Uint32Array {
  const text = JSON.stringify(Object.fromEntries(entries));
  const bytes = new Uint8Array(text.length * 3);
  const length = writeUtf8(text, 0, text.length, bytes);
  const words = new Uint32Array(2 + ((length + 3) >>> 2));
  words[0] = FORM.json;
  words[1] = length;
  packBytes(bytes, length, words, 2);
  return words;
}

/** Reads link records of one index. */
export class LinkReader {
  readonly #arena: WordArena;

  constructor(arena: WordArena) {
    this.#arena = arena;
  }

  conditionOf(link: number): number {
    return this.#arena.read(link + 2) >>> 16;
  }

  wordsOf(link: number): number {
    return LINK_HEADER_WORDS + (this.#arena.read(link + 2) & 0xffff);
  }

  /** Whether the record says exactly this. */
  equals(link: number, condition: number, payload: Uint32Array): boolean {
    if (this.#arena.read(link + 2) !== ((condition << 16) | payload.length) >>> 0) return false;
    const chunk = this.#arena.chunkOf(link);
    const offset = this.#arena.offsetOf(link) + LINK_HEADER_WORDS;
    return payload.every((word, at) => chunk[offset + at] === word);
  }

  /** Whether no value of the record needs to be parsed. */
  isPacked(link: number): boolean {
    const words = this.wordsOf(link);
    return words === LINK_HEADER_WORDS || (this.#arena.read(link + LINK_HEADER_WORDS) & 0xff) !== FORM.json;
  }

  /** The place of a key in a packed record, 0 if it is not there. */
  find(link: number, key: number): number {
    const end = link + this.wordsOf(link);
    for (let at = link + LINK_HEADER_WORDS; at < end; at += 3) if (this.#arena.read(at) >>> 8 === key) return at;
    return 0;
  }

  /** The number at a place of a packed record, NaN where it is of another form. */
  numberAt(place: number): number {
    return (this.#arena.read(place) & 0xff) === FORM.number ? this.#valueAt(place) : NaN;
  }

  /** Epoch milliseconds at a place of a packed record, NaN where it is a boolean. */
  millisAt(place: number): number {
    return (this.#arena.read(place) & 0xff) === FORM.boolean ? NaN : this.#valueAt(place);
  }

  /** 0 or 1 at a place of a packed record, NaN where it is no boolean. */
  booleanAt(place: number): number {
    return (this.#arena.read(place) & 0xff) === FORM.boolean ? this.#valueAt(place) : NaN;
  }

  /** The condition as it was written, an empty context left out. */
  decode(link: number, vocabulary: Vocabulary): TupleCondition {
    const name = vocabulary.conditions.names[this.conditionOf(link)]!;
    const context = this.context(link, vocabulary.keys);
    return Object.keys(context).length === 0 ? { name } : { name, context };
  }

  context(link: number, keys: NameList): Record<string, unknown> {
    if (!this.isPacked(link)) {
      const offset = this.#arena.offsetOf(link) + LINK_HEADER_WORDS;
      const chunk = this.#arena.chunkOf(link);
      return JSON.parse(decodeText(chunk, offset + 2, chunk[offset + 1]!)) as Record<string, unknown>;
    }
    const entries: [string, unknown][] = [];
    const end = link + this.wordsOf(link);
    for (let at = link + LINK_HEADER_WORDS; at < end; at += 3) {
      const form = this.#arena.read(at) & 0xff;
      const value = this.#valueAt(at);
      const original = form === FORM.number ? value : form === FORM.boolean ? value === 1 : spell(form, value);
      entries.push([keys.names[this.#arena.read(at) >>> 8]!, original]);
    }
    return Object.fromEntries(entries);
  }

  #valueAt(place: number): number {
    halves[0] = this.#arena.read(place + 1);
    halves[1] = this.#arena.read(place + 2);
    return double[0]!;
  }
}
