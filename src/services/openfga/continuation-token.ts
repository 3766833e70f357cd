import { OpenFgaError } from './openfga-error.ts';

/** The token of the next page: opaque, base64url; the list that it belongs to and a position in it. */
export function formatToken(list: string, position: string | number): string {
  return Buffer.from(JSON.stringify([list, position])).toString('base64url');
}

/** What a token of any list says; undefined for an absent one. Throws invalid_continuation_token. */
export function parseToken(token: string | undefined): { list: string; position: unknown } | undefined {
  if (token === undefined || token === '') return undefined;
  try {
    const read: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    if (Array.isArray(read) && read.length === 2 && typeof read[0] === 'string') {
      return { list: read[0], position: read[1] as unknown };
    }
  } catch {
    // Falls through to the error.
  }
  throw invalidToken();
}

/** The position in a token of this list, a text. Throws invalid_continuation_token for one of another. */
export function positionIn(list: string, token: string | undefined): string | undefined {
  const read = parseToken(token);
  if (read === undefined) return undefined;
  if (read.list !== list || typeof read.position !== 'string') throw invalidToken();
  return read.position;
}

export function invalidToken(): OpenFgaError {
  return new OpenFgaError('invalid_continuation_token', 'Invalid continuation token');
}
