import type { Millis } from '../../domain/values.ts';
import type { Caller } from '../caller.ts';
import { formatToken, positionIn } from './continuation-token.ts';
import { openKeptStore, openStore, storeEvent, type OpenFgaParts } from './open-store.ts';
import { OpenFgaError } from './openfga-error.ts';
import { PAGE_SIZE_DEFAULT } from './openfga-limits.ts';

export interface StoreListing {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Millis;
  readonly updatedAt: Millis;
}

/** Makes a store of the caller's partner, or of the operators. */
export async function createStore(parts: OpenFgaParts, caller: Caller, name: string): Promise<StoreListing> {
  const at = parts.clock.now();
  const store = { id: parts.ulids.next(at), name, ownerId: caller.providerId, createdAt: at };
  await parts.store.createStore(store, [storeEvent(parts, caller, store, 'AuthorizationStoreCreated', { name })]);
  return listingOf(store);
}

export function getStore(parts: OpenFgaParts, caller: Caller, storeId: string): StoreListing {
  const open = openStore(parts, caller, storeId);
  return open.kind === 'kept' ? listingOf(open.record) : derivedListing(open.derived);
}

/** By id; the caller's own and its derived one, for an operator all. */
export function listStores(
  parts: OpenFgaParts,
  caller: Caller,
  request: {
    readonly name?: string | undefined;
    readonly pageSize?: number | undefined;
    readonly token?: string | undefined;
  },
): { stores: readonly StoreListing[]; token?: string } {
  const after = positionIn('stores', request.token);
  const limit = request.pageSize ?? PAGE_SIZE_DEFAULT;
  const { name } = request;
  const kept = parts.store.stores({
    ...(caller.providerId !== undefined && { ownerId: caller.providerId }),
    ...(name !== undefined && { name }),
    ...(after !== undefined && { after }),
    limit: limit + 1,
  });
  const derived = parts.derived
    .list(caller.providerId)
    .map(derivedListing)
    .filter((store) => (after === undefined || store.id > after) && (name === undefined || store.name === name));
  const found = [...kept.map(listingOf), ...derived].sort((a, b) => (a.id < b.id ? -1 : 1));
  const stores = found.slice(0, limit);
  return found.length > limit ? { stores, token: formatToken('stores', stores.at(-1)!.id) } : { stores };
}

/** Deletes a store and all that it holds. Of a store that is not there nothing is said, as OpenFGA does. */
export async function deleteStore(parts: OpenFgaParts, caller: Caller, storeId: string): Promise<void> {
  try {
    const record = openKeptStore(parts, caller, storeId);
    await parts.store.deleteStore(storeId, [storeEvent(parts, caller, record, 'AuthorizationStoreDeleted')]);
  } catch (error) {
    if (!(error instanceof OpenFgaError && error.code === 'store_id_not_found')) throw error;
  }
}

function listingOf({ id, name, createdAt }: { id: string; name: string; createdAt: Millis }): StoreListing {
  return { id, name, createdAt, updatedAt: createdAt };
}

function derivedListing({ id, name, view }: ReturnType<OpenFgaParts['derived']['list']>[number]): StoreListing {
  return { id, name, createdAt: view.state.createdAt, updatedAt: view.state.policy.appliedAt };
}
