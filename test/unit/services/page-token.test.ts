import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatPageToken, parsePageSize, parsePageToken } from '../../../src/services/page-token.ts';

describe('the token of the next page', () => {
  it('brings back the position that it was made of, for its own list', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (list, position) => {
        expect(parsePageToken(list, formatPageToken(list, position))).toBe(position);
      }),
    );
  });

  it.each([undefined, ''])('is absent on the first page: %j', (token) => {
    expect(parsePageToken('users/ALFA', token)).toBeUndefined();
  });

  it.each([
    ['no base64', '$$$'],
    ['no JSON', Buffer.from('{').toString('base64url')],
    ['another shape', Buffer.from('["users/ALFA"]').toString('base64url')],
    ['a position that is no text', Buffer.from('["users/ALFA",1]').toString('base64url')],
    ['the token of another list', formatPageToken('users/BETA', '1.user001')],
    ['a token beyond all bounds', formatPageToken('users/ALFA', 'x'.repeat(8192))],
  ])('is refused when it is %s', (_, token) => {
    expect(() => parsePageToken('users/ALFA', token)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', field: 'page_token' }),
    );
  });

  it('is one of any text, or refused', () => {
    fc.assert(
      fc.property(fc.string(), (token) => {
        if (token === '') return;
        expect(() => parsePageToken('users/ALFA', token)).toThrow(expect.objectContaining({ field: 'page_token' }));
      }),
    );
  });
});

describe('the size of a page', () => {
  it.each([
    [undefined, 100],
    [1, 1],
    [1000, 1000],
  ])('%s gives %s', (size, expected) => expect(parsePageSize(size)).toBe(expected));

  it.each([0, 1001, -1, 1.5, Number.NaN])('%s is refused', (size) => {
    expect(() => parsePageSize(size)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', field: 'page_size' }),
    );
  });
});
