/** Longest id of an object or user, in bytes of UTF-8. */
export const ID_BYTES_MAX = 512;

const bytes = new Uint8Array(4 * ID_BYTES_MAX + 8);
/** The words of what {@link encodeText} wrote last, padded with zeros to a whole word. */
export const encodedWords = new Uint32Array(bytes.buffer);
let decoding: Uint8Array = new Uint8Array(0);

/** Writes `text.slice(from, to)` into {@link encodedWords}; returns its length in bytes, or -1 when it is over {@link ID_BYTES_MAX}. */
export function encodeText(text: string, from: number, to: number): number {
  if (to - from > ID_BYTES_MAX) return -1;
  let length = 0;
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    if (code >= 0x80) return encodeWide(text, from, to);
    bytes[length++] = code;
  }
  bytes[length] = bytes[length + 1] = bytes[length + 2] = 0;
  return length;
}

/** UTF-8; a lone surrogate is kept as three bytes, so that distinct strings stay distinct. */
function encodeWide(text: string, from: number, to: number): number {
  const length = writeUtf8(text, from, to, bytes);
  bytes.fill(0, length, length + 4);
  return length > ID_BYTES_MAX ? -1 : length;
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

/** The text whose bytes lie in `words` from word `offset`, the first byte in the low bits on every machine that wrote it. */
export function decodeText(words: Uint32Array, offset: number, length: number): string {
  decoding = new Uint8Array(words.buffer, words.byteOffset + offset * 4, length);
  let text = '';
  for (let at = 0; at < length;) {
    const lead = decoding[at++]!;
    if (lead < 0x80) text += String.fromCharCode(lead);
    else if (lead < 0xe0) text += String.fromCharCode(((lead & 0x1f) << 6) | continuation(at++));
    else if (lead < 0xf0) {
      text += String.fromCharCode(((lead & 0x0f) << 12) | (continuation(at++) << 6) | continuation(at++));
    } else {
      const high = ((lead & 0x07) << 18) | (continuation(at++) << 12);
      text += String.fromCodePoint(high | (continuation(at++) << 6) | continuation(at++));
    }
  }
  return text;
}

function continuation(at: number): number {
  return decoding[at]! & 0x3f;
}
