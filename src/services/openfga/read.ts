import type { Tuple } from '../../domain/relation/tuple.ts';
import { formatKey } from '../../domain/relation/tuple.ts';
import type { StoredTuple, TupleFilter } from '../../ports/authorization-store.ts';
import type { Caller } from '../caller.ts';
import type { PartnerView } from '../replica.ts';
import { formatToken, positionIn } from './continuation-token.ts';
import { openStore, type OpenFgaParts } from './open-store.ts';
import { OpenFgaError } from './openfga-error.ts';
import { PAGE_SIZE_DEFAULT } from './openfga-limits.ts';

export interface ReadRequest {
  readonly storeId: string;
  /** Absent: every tuple. */
  readonly filter?: TupleFilter | undefined;
  readonly pageSize?: number | undefined;
  readonly token?: string | undefined;
}

/** A page of tuples, as they are stored. */
export function readTuples(
  parts: OpenFgaParts,
  caller: Caller,
  request: ReadRequest,
): { tuples: readonly StoredTuple[]; token?: string } {
  const open = openStore(parts, caller, request.storeId);
  const filter = request.filter ?? {};
  if (request.filter !== undefined) checkFilter(request.filter);
  const list = `tuples/${request.storeId}`;
  const after = positionIn(list, request.token);
  const page = { ...(after !== undefined && { after }), limit: request.pageSize ?? PAGE_SIZE_DEFAULT };
  const { tuples, next } =
    open.kind === 'kept'
      ? parts.store.read(request.storeId, filter, page)
      : readDerived(open.derived.view, filter, page);
  return { tuples, ...(next !== undefined && { token: formatToken(list, next) }) };
}

function checkFilter({ object = '', user }: TupleFilter): void {
  const colon = object.indexOf(':');
  if (colon <= 0 || (colon === object.length - 1 && user === undefined)) {
    throw new OpenFgaError(
      'validation_error',
      "the 'tuple_key' field was provided but the object type field is required and both the object id and user cannot be empty",
    );
  }
}

/** Of the relationships that a partner's replica holds; by key. One look at all that the filter leaves for each page. */
function readDerived(
  { index, state }: PartnerView,
  { object, relation, user }: TupleFilter,
  { after, limit }: { after?: string; limit: number },
): { tuples: StoredTuple[]; next?: string } {
  const ofObject = (tuple: Tuple) =>
    object === undefined || (object.endsWith(':') ? tuple.object.startsWith(object) : tuple.object === object);
  const candidates =
    user !== undefined
      ? index.tuplesOfUser(user)
      : object !== undefined
        ? index.tuplesOfObject(object, relation)
        : index.tuples();
  const found: { key: string; tuple: Tuple }[] = [];
  for (const tuple of candidates) {
    const key = formatKey(tuple);
    if (!ofObject(tuple) || (relation !== undefined && tuple.relation !== relation)) continue;
    if (after !== undefined && key <= after) continue;
    found.push({ key, tuple });
    // Only the least are wanted; the list is thinned out now and then, so that it stays short.
    if (found.length >= 8 * (limit + 1)) thinOut(found, limit + 1);
  }
  thinOut(found, limit + 1);
  const shown = found.slice(0, limit);
  const tuples = shown.map(({ tuple }) => ({ tuple, writtenAt: state.policy.appliedAt }));
  return found.length > limit ? { tuples, next: shown.at(-1)!.key } : { tuples };
}

function thinOut(found: { readonly key: string }[], length: number): void {
  found.sort((a, b) => (a.key < b.key ? -1 : 1));
  if (found.length > length) found.length = length;
}
