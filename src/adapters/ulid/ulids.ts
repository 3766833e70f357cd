import { createHash } from 'node:crypto';
import { encodeTime, monotonicFactory } from 'ulid';
import type { Ulids } from '../../ports/ulids.ts';

const TIME_CHARS = 10;
const RANDOM_CHARS = 16;
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

export function createUlids(): Ulids {
  const next = monotonicFactory();
  return {
    next: (now) => next(now),
    derived(at, text) {
      const digest = createHash('sha256').update(text).digest();
      const random = Array.from(digest.subarray(0, RANDOM_CHARS), (byte) => ALPHABET.charAt(byte % ALPHABET.length));
      return encodeTime(at, TIME_CHARS) + random.join('');
    },
  };
}
