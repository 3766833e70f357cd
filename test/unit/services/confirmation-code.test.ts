import { describe, expect, it } from 'vitest';
import { parsePlanId, parseUserId } from '../../../src/domain/values.ts';
import { confirmationCode, hashOfCode, isCodeOf, type CodeOrigin } from '../../../src/services/confirmation-code.ts';

const secret = Uint8Array.from({ length: 32 }, (_, index) => index);
const origin: CodeOrigin = { userId: parseUserId('user001', 'user_id'), planId: parsePlanId('pro', 'plan_id'), rev: 3 };

describe('the confirmation code of a signing (B-5)', () => {
  it('is 8 characters of Crockford’s base32, the same whenever it is derived', () => {
    const code = confirmationCode(secret, origin);
    expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{8}$/);
    expect(confirmationCode(secret, { ...origin })).toBe(code);
  });

  it.each([
    ['another user', { ...origin, userId: parseUserId('user002', 'user_id') }, secret],
    ['another plan', { ...origin, planId: parsePlanId('basic', 'plan_id') }, secret],
    ['another commit of the same user', { ...origin, rev: 4 }, secret],
    ['another store', origin, secret.map((byte) => byte ^ 1)],
  ])('is another for %s', (_, other, key) => {
    expect(confirmationCode(key, other)).not.toBe(confirmationCode(secret, origin));
  });

  it.each([
    ['0O1IL', '00111'],
    ['abcdefgh', 'ABCDEFGH'],
    ['  ABCDEFGH ', 'ABCDEFGH'],
  ])('is read as people type it: %s', (typed, meant) => {
    expect(isCodeOf(typed, hashOfCode(meant))).toBe(true);
  });

  it.each(['', 'ABCDEFG', 'ABCDEFGHJ', 'x'.repeat(64)])('is not met by %j', (typed) => {
    expect(isCodeOf(typed, hashOfCode('ABCDEFGH'))).toBe(false);
  });
});
