import { Fault } from '../domain/errors.ts';

export const PAGE_SIZE_DEFAULT = 100;
/** A page is built in memory and sent whole. */
export const PAGE_SIZE_MAX = 1000;
/** Positions are keys of the store; the longest is a tuple key, each character up to 4 bytes, in base64. */
export const PAGE_TOKEN_LENGTH_MAX = 8192;

/**
 * The token of the next page: opaque to callers, the list that it belongs to and a position in it. `list` names the kind
 * of list and what it is a list of, so that a token of another list is refused.
 */
export function formatPageToken(list: string, position: string): string {
  return Buffer.from(JSON.stringify([list, position])).toString('base64url');
}

/** The position in a token of this list; undefined for an absent one. Throws INVALID_ARGUMENT for anything else. */
export function parsePageToken(list: string, token: string | undefined): string | undefined {
  if (token === undefined || token === '') return undefined;
  const read = token.length > PAGE_TOKEN_LENGTH_MAX ? undefined : contentOf(token);
  if (!Array.isArray(read) || read.length !== 2 || read[0] !== list || typeof read[1] !== 'string')
    throw badPageToken();
  return read[1];
}

export function badPageToken(): Fault {
  return new Fault('INVALID_ARGUMENT', 'page_token: not a token of this list', {
    field: 'page_token',
    rule: 'the next_page_token of the page before',
  });
}

/** The size asked for, or the default. Throws INVALID_ARGUMENT outside 1 to 1000. */
export function parsePageSize(size: number | undefined): number {
  if (size === undefined) return PAGE_SIZE_DEFAULT;
  if (Number.isInteger(size) && size >= 1 && size <= PAGE_SIZE_MAX) return size;
  throw new Fault('INVALID_ARGUMENT', `page_size: 1 to ${PAGE_SIZE_MAX}`, {
    field: 'page_size',
    rule: `1 to ${PAGE_SIZE_MAX}`,
  });
}

function contentOf(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString());
  } catch {
    return undefined;
  }
}
