import type { Tuple, TupleKey } from '../../../domain/relation/tuple.ts';
import { readChanges } from '../../../services/openfga/read-changes.ts';
import { readTuples } from '../../../services/openfga/read.ts';
import { writeTuples } from '../../../services/openfga/write.ts';
import type { OpenFgaOperation } from '../operation.ts';
import { keyOf, timeOf, tokenOf, tupleOf, type Keyed, type OfStore, type Paged } from './fields.ts';

export const TUPLE_OPERATIONS: readonly OpenFgaOperation[] = [
  {
    method: 'Write',
    http: { method: 'POST', path: '/stores/{store_id}/write' },
    async call(
      parts,
      caller,
      request: OfStore & {
        readonly writes?: { readonly tuple_keys: readonly Partial<Tuple>[]; readonly on_duplicate?: string };
        readonly deletes?: { readonly tuple_keys: readonly Partial<TupleKey>[]; readonly on_missing?: string };
      },
    ) {
      const modelId = await writeTuples(parts, caller, {
        storeId: request.store_id,
        modelId: request.authorization_model_id,
        writes: (request.writes?.tuple_keys ?? []).map(tupleOf),
        deletes: (request.deletes?.tuple_keys ?? []).map(keyOf),
        onDuplicate: request.writes?.on_duplicate,
        onMissing: request.deletes?.on_missing,
      });
      return { message: {}, modelId };
    },
  },
  {
    method: 'Read',
    http: { method: 'POST', path: '/stores/{store_id}/read' },
    call(parts, caller, request: OfStore & Paged & Partial<Keyed>) {
      const { tuples, token } = readTuples(parts, caller, {
        storeId: request.store_id,
        filter: request.tuple_key,
        pageSize: request.page_size,
        token: request.continuation_token,
      });
      return {
        message: {
          tuples: tuples.map(({ tuple, writtenAt }) => ({ key: tuple, timestamp: timeOf(writtenAt) })),
          ...tokenOf(token),
        },
      };
    },
  },
  {
    method: 'ReadChanges',
    http: { method: 'GET', path: '/stores/{store_id}/changes' },
    call(parts, caller, request: OfStore & Paged & { readonly type?: string; readonly start_time?: string }) {
      const { changes, token } = readChanges(parts, caller, {
        storeId: request.store_id,
        type: request.type,
        pageSize: request.page_size,
        token: request.continuation_token,
        startTime: request.start_time === undefined ? undefined : Date.parse(request.start_time),
      });
      return {
        message: {
          changes: changes.map(({ tuple, operation, at }) => ({
            tuple_key: tuple,
            operation: operation === 'write' ? 'TUPLE_OPERATION_WRITE' : 'TUPLE_OPERATION_DELETE',
            timestamp: timeOf(at),
          })),
          ...tokenOf(token),
        },
      };
    },
  },
];
