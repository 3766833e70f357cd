import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { PlanId, UserId } from '../domain/values.ts';

/** Crockford's base32: no letters that are read for digits. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** 40 bits: with the few attempts that B-5 allows, not to be guessed. */
const CODE_LENGTH = 8;

/** The commit that a code belongs to: the user, the plan, and the `rev` that the commit makes. */
export interface CodeOrigin {
  readonly userId: UserId;
  readonly planId: PlanId;
  readonly rev: number;
}

/**
 * The confirmation code of one signing (B-5): 8 characters of Crockford's base32, derived from the store's secret, so
 * that a replay issues the same one and nothing but its hash is ever kept.
 */
export function confirmationCode(secret: Uint8Array, { userId, planId, rev }: CodeOrigin): string {
  const digest = createHmac('sha256', secret).update(`${userId}/${planId}/${rev}`).digest();
  let bits = digest.readBigUInt64BE();
  let code = '';
  for (let i = 0; i < CODE_LENGTH; i += 1) {
    code += ALPHABET.charAt(Number(bits & 31n));
    bits >>= 5n;
  }
  return code;
}

/** SHA-256 of a code, hex. Upper and lower case, and letters read for digits (O, I, L), are one, as Crockford says. */
export function hashOfCode(code: string): string {
  const read = code.trim().toUpperCase().replaceAll('O', '0').replaceAll(/[IL]/g, '1');
  return createHash('sha256').update(read).digest('hex');
}

/** Whether a given code is the one with this hash, compared in constant time. */
export function isCodeOf(given: string, codeHash: string): boolean {
  const expected = Buffer.from(codeHash, 'hex');
  const actual = Buffer.from(hashOfCode(given), 'hex');
  return expected.length === actual.length && timingSafeEqual(actual, expected);
}
