import { Fault } from '../domain/errors.ts';
import type { Sequence } from '../ports/document-store.ts';

/**
 * The consistency token (C-2): opaque to callers, the position of the write in the store's order. A check that brings it
 * back is never answered from an older state.
 */
export function formatToken(sequence: Sequence): string {
  return `gt1.${sequence.toString(36)}`;
}

const TOKEN = /^gt1\.([0-9a-z]{1,11})$/;

/** The position in a token; undefined for an absent one. Throws INVALID_ARGUMENT for anything that is no token. */
export function parseToken(token: string | undefined): Sequence | undefined {
  if (token === undefined || token === '') return undefined;
  const [, digits] = TOKEN.exec(token) ?? [];
  const sequence = digits === undefined ? Number.NaN : Number.parseInt(digits, 36);
  if (!Number.isSafeInteger(sequence)) {
    throw new Fault('INVALID_ARGUMENT', 'consistency_token: not a token of this service', {
      field: 'consistency_token',
      rule: 'a token as an answer to a write gave it',
    });
  }
  return sequence;
}
