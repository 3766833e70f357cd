import { OpenFgaError } from '../../../services/openfga/openfga-error.ts';
import { createStore, deleteStore, getStore, listStores, type StoreListing } from '../../../services/openfga/stores.ts';
import type { JsonMessage } from '../json-message.ts';
import type { OpenFgaOperation } from '../operation.ts';
import { timeOf, tokenOf, type OfStore, type Paged } from './fields.ts';

const renderStore = ({ id, name, createdAt, updatedAt }: StoreListing): JsonMessage => ({
  id,
  name,
  created_at: timeOf(createdAt),
  updated_at: timeOf(updatedAt),
});
export const STORE_OPERATIONS: readonly OpenFgaOperation[] = [
  {
    method: 'CreateStore',
    http: { method: 'POST', path: '/stores', status: 201 },
    async call(parts, caller, request: { readonly name: string }) {
      return { message: renderStore(await createStore(parts, caller, request.name)) };
    },
  },
  {
    method: 'ListStores',
    http: { method: 'GET', path: '/stores' },
    call(parts, caller, request: Paged & { readonly name?: string }) {
      const { stores, token } = listStores(parts, caller, {
        name: request.name,
        pageSize: request.page_size,
        token: request.continuation_token,
      });
      return { message: { stores: stores.map(renderStore), ...tokenOf(token) } };
    },
  },
  {
    method: 'GetStore',
    http: { method: 'GET', path: '/stores/{store_id}' },
    call: (parts, caller, request: OfStore) => ({ message: renderStore(getStore(parts, caller, request.store_id)) }),
  },
  {
    method: 'UpdateStore',
    http: { method: 'PATCH', path: '/stores/{store_id}' },
    call() {
      throw new OpenFgaError('unimplemented', 'method UpdateStore not implemented');
    },
  },
  {
    method: 'DeleteStore',
    http: { method: 'DELETE', path: '/stores/{store_id}', status: 204 },
    async call(parts, caller, request: OfStore) {
      await deleteStore(parts, caller, request.store_id);
      return { message: {} };
    },
  },
];
