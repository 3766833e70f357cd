/** Longest id of an object or user, in bytes of UTF-8. */
export const ID_BYTES_MAX = 512;

/**
 * The words of what {@link encodeText} wrote last, padded with zeros to a whole word; the first byte of a word is in its low bits on
 * every machine.
 */
export const encodedWords = new Uint32Array(ID_BYTES_MAX + 2);
const wideBytes = new Uint8Array(4 * ID_BYTES_MAX + 8);

/** Writes `text.slice(from, to)` into {@link encodedWords}; returns its length in bytes, or -1 when it is over {@link ID_BYTES_MAX}. */
export function encodeText(text: string, from: number, to: number): number {
  if (to - from > ID_BYTES_MAX) return -1;
  let word = 0;
  let at = from;
  for (; at + 4 <= to; at += 4) {
    const a = text.charCodeAt(at);
    const b = text.charCodeAt(at + 1);
    const c = text.charCodeAt(at + 2);
    const d = text.charCodeAt(at + 3);
    if ((a | b | c | d) >= 0x80) return encodeWide(text, from, to);
    encodedWords[word++] = a | (b << 8) | (c << 16) | (d << 24);
  }
  let last = 0;
  for (let shift = 0; at < to; at++, shift += 8) {
    const code = text.charCodeAt(at);
    if (code >= 0x80) return encodeWide(text, from, to);
    last |= code << shift;
  }
  encodedWords[word] = last;
  return to - from;
}

/** UTF-8; a lone surrogate is kept as three bytes, so that distinct strings stay distinct. */
function encodeWide(text: string, from: number, to: number): number {
  const length = writeUtf8(text, from, to, wideBytes);
  if (length > ID_BYTES_MAX) return -1;
  packBytes(wideBytes, length, encodedWords, 0);
  return length;
}

/** Bytes into words from word `offset`, padded with zeros; as {@link decodeText} reads them. */
export function packBytes(source: Uint8Array, length: number, words: Uint32Array, offset: number): void {
  for (let at = 0; at < length; at += 4) {
    const left = length - at;
    const high = ((left > 2 ? source[at + 2]! : 0) << 16) | ((left > 3 ? source[at + 3]! : 0) << 24);
    words[offset + (at >>> 2)] = source[at]! | ((left > 1 ? source[at + 1]! : 0) << 8) | high;
  }
}

/** Bytes written; `target` must hold three times the length of the slice. */
export function writeUtf8(text: string, from: number, to: number, target: Uint8Array): number {
  let length = 0;
  for (let at = from; at < to; at++) {
    let code = text.charCodeAt(at);
    if (code >= 0xd800 && code < 0xdc00 && at + 1 < to) {
      const low = text.charCodeAt(at + 1);
      if (low >= 0xdc00 && low < 0xe000) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        at++;
      }
    }
    if (code < 0x80) {
      target[length++] = code;
    } else if (code < 0x800) {
      target[length++] = 0xc0 | (code >> 6);
      target[length++] = 0x80 | (code & 0x3f);
    } else if (code < 0x10000) {
      target[length++] = 0xe0 | (code >> 12);
      target[length++] = 0x80 | ((code >> 6) & 0x3f);
      target[length++] = 0x80 | (code & 0x3f);
    } else {
      target[length++] = 0xf0 | (code >> 18);
      target[length++] = 0x80 | ((code >> 12) & 0x3f);
      target[length++] = 0x80 | ((code >> 6) & 0x3f);
      target[length++] = 0x80 | (code & 0x3f);
    }
  }
  return length;
}

/** The text whose bytes lie in `words` from word `offset`. */
export function decodeText(words: Uint32Array, offset: number, length: number): string {
  const byteAt = (at: number) => (words[offset + (at >>> 2)]! >>> ((at & 3) * 8)) & 0xff;
  let text = '';
  for (let at = 0; at < length;) {
    const lead = byteAt(at++);
    if (lead < 0x80) text += String.fromCharCode(lead);
    else if (lead < 0xe0) text += String.fromCharCode(((lead & 0x1f) << 6) | (byteAt(at++) & 0x3f));
    else if (lead < 0xf0) {
      const middle = (byteAt(at++) & 0x3f) << 6;
      text += String.fromCharCode(((lead & 0x0f) << 12) | middle | (byteAt(at++) & 0x3f));
    } else {
      const high = ((lead & 0x07) << 18) | ((byteAt(at++) & 0x3f) << 12);
      const middle = (byteAt(at++) & 0x3f) << 6;
      text += String.fromCodePoint(high | middle | (byteAt(at++) & 0x3f));
    }
  }
  return text;
}
