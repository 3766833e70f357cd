import type { Millis } from '../../domain/values.ts';
import type { TupleChange } from '../../ports/authorization-store.ts';
import type { Caller } from '../caller.ts';
import { formatToken, invalidToken, parseToken } from './continuation-token.ts';
import { openStore, type OpenFgaParts } from './open-store.ts';
import { OpenFgaError } from './openfga-error.ts';
import { CHANGES_PAGE_MAX, PAGE_SIZE_DEFAULT } from './openfga-limits.ts';

export interface ReadChangesRequest {
  readonly storeId: string;
  /** Of objects of this type alone. */
  readonly type?: string | undefined;
  readonly pageSize?: number | undefined;
  readonly token?: string | undefined;
  /** Where to begin without a token. */
  readonly startTime?: Millis | undefined;
}

/**
 * A page of a store's changes, oldest first. The token says where to go on, also when there is nothing more yet: then it is
 * the one that was sent. Throws query_string_type_continuation_token_mismatch for a token of another type.
 */
export function readChanges(
  parts: OpenFgaParts,
  caller: Caller,
  request: ReadChangesRequest,
): { changes: readonly TupleChange[]; token: string } {
  const open = openStore(parts, caller, request.storeId);
  const pageSize = request.pageSize ?? PAGE_SIZE_DEFAULT;
  if (pageSize > CHANGES_PAGE_MAX) {
    throw new OpenFgaError(
      'page_size_invalid',
      `invalid ReadChangesRequest.PageSize: value must be inside range [1, ${CHANGES_PAGE_MAX}]`,
    );
  }
  const after = positionOf(request);
  if (open.kind === 'derived') {
    throw new OpenFgaError('unimplemented', "a partner's derived relationships keep no list of changes (C-1)");
  }
  const { changes, through } = parts.store.changes(request.storeId, {
    after: after ?? 0,
    limit: pageSize,
    ...(after === undefined && request.startTime !== undefined && { from: request.startTime }),
    ...(request.type !== undefined && { type: request.type }),
  });
  // A page may be empty though more follows: the log is long, and the changes looked at are of another type.
  const moved = changes.length > 0 || through < open.record.changes;
  return { changes, token: moved ? formatToken(listOf(request), through) : (request.token ?? '') };
}

const listOf = ({ storeId, type }: ReadChangesRequest): string => `changes/${storeId}/${type ?? ''}`;

function positionOf(request: ReadChangesRequest): number | undefined {
  const read = parseToken(request.token);
  if (read === undefined) return undefined;
  const { list, position } = read;
  if (!list.startsWith(`changes/${request.storeId}/`) || !Number.isSafeInteger(position)) throw invalidToken();
  if (list === listOf(request)) return position as number;
  throw new OpenFgaError(
    'query_string_type_continuation_token_mismatch',
    "The type in the querystring and the continuation token don't match",
  );
}
