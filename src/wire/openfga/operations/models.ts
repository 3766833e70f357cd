import type { Tuple } from '../../../domain/relation/tuple.ts';
import type { StoredModel } from '../../../ports/authorization-store.ts';
import { readAssertions, writeAssertions } from '../../../services/openfga/assertions.ts';
import { readModel, readModels, writeModel } from '../../../services/openfga/models.ts';
import type { JsonMessage } from '../json-message.ts';
import { messageSize } from '../message-size.ts';
import { modelFromMessage } from '../model-json.ts';
import type { OpenFgaOperation } from '../operation.ts';
import { keyOf, tokenOf, tupleOf, type Context, type Keyed, type OfStore, type Paged } from './fields.ts';

interface WireAssertion extends Keyed {
  readonly expectation?: boolean;
  readonly contextual_tuples?: readonly Partial<Tuple>[];
  readonly context?: Context;
}

const renderModel = ({ id, source }: StoredModel): JsonMessage => ({ ...source, id });
export const MODEL_OPERATIONS: readonly OpenFgaOperation[] = [
  {
    method: 'WriteAuthorizationModel',
    http: { method: 'POST', path: '/stores/{store_id}/authorization-models', status: 201 },
    async call(parts, caller, request: OfStore & JsonMessage) {
      const source = modelFromMessage(request);
      // Measured with an id, as it is kept.
      const bytes = messageSize('AuthorizationModel', { ...source, id: '0'.repeat(26) });
      const id = await writeModel(parts, caller, { storeId: request.store_id, source, bytes });
      return { message: { authorization_model_id: id } };
    },
  },
  {
    method: 'ReadAuthorizationModels',
    http: { method: 'GET', path: '/stores/{store_id}/authorization-models' },
    call(parts, caller, request: OfStore & Paged) {
      const { models, token } = readModels(parts, caller, {
        storeId: request.store_id,
        pageSize: request.page_size,
        token: request.continuation_token,
      });
      return { message: { authorization_models: models.map(renderModel), ...tokenOf(token) } };
    },
  },
  {
    method: 'ReadAuthorizationModel',
    http: { method: 'GET', path: '/stores/{store_id}/authorization-models/{id}' },
    call(parts, caller, request: OfStore & { readonly id: string }) {
      const model = readModel(parts, caller, { storeId: request.store_id, modelId: request.id });
      return { message: { authorization_model: renderModel(model) } };
    },
  },
  {
    method: 'WriteAssertions',
    http: { method: 'PUT', path: '/stores/{store_id}/assertions/{authorization_model_id}', status: 204 },
    async call(parts, caller, request: OfStore & { readonly assertions?: readonly WireAssertion[] }) {
      await writeAssertions(parts, caller, {
        storeId: request.store_id,
        modelId: request.authorization_model_id ?? '',
        assertions: (request.assertions ?? []).map(({ tuple_key: key, expectation = false, ...facts }) => ({
          key: keyOf(key),
          expectation,
          contextualTuples: (facts.contextual_tuples ?? []).map(tupleOf),
          ...(facts.context && { context: facts.context }),
        })),
      });
      return { message: {} };
    },
  },
  {
    method: 'ReadAssertions',
    http: { method: 'GET', path: '/stores/{store_id}/assertions/{authorization_model_id}' },
    call(parts, caller, request: OfStore) {
      const modelId = request.authorization_model_id ?? '';
      const assertions = readAssertions(parts, caller, { storeId: request.store_id, modelId });
      return {
        message: {
          authorization_model_id: modelId,
          assertions: assertions.map(({ key, expectation, contextualTuples, context }) => ({
            tuple_key: key,
            expectation,
            contextual_tuples: contextualTuples,
            ...(context && { context }),
          })),
        },
      };
    },
  },
];
