import { compileModel } from '../../domain/relation/compile-model.ts';
import type { AuthorizationModel } from '../../domain/relation/model.ts';
import { TYPES_MAX } from '../../domain/relation/model-problems.ts';
import type { StoredModel } from '../../ports/authorization-store.ts';
import type { Caller } from '../caller.ts';
import { formatToken, positionIn } from './continuation-token.ts';
import { noModel, openKeptStore, openStore, storeEvent, type OpenFgaParts } from './open-store.ts';
import { OpenFgaError } from './openfga-error.ts';
import { PAGE_SIZE_DEFAULT } from './openfga-limits.ts';

/**
 * Keeps a model, never to be changed. `bytes`: its length as protobuf. Throws exceeded_entity_limit, and invalid_authorization_model with the first
 * problem that there is.
 */
export async function writeModel(
  parts: OpenFgaParts,
  caller: Caller,
  request: { readonly storeId: string; readonly source: AuthorizationModel; readonly bytes: number },
): Promise<string> {
  const { source, bytes, storeId } = request;
  const record = openKeptStore(parts, caller, storeId);
  const { modelBytesMax } = parts.limits;
  if (source.type_definitions.length > TYPES_MAX) {
    throw tooMany(`The number of type definitions in an authorization model exceeds the allowed limit of ${TYPES_MAX}`);
  }
  if (bytes > modelBytesMax) throw tooMany(`model exceeds size limit: ${bytes} bytes vs ${modelBytesMax} bytes`);
  const { problems } = compileModel(source);
  if (problems) throw new OpenFgaError('invalid_authorization_model', problems[0]!.message);
  const id = parts.ulids.next(parts.clock.now());
  const event = storeEvent(parts, caller, record, 'AuthorizationModelWritten', { authorization_model_id: id });
  if (!(await parts.store.writeModel(storeId, { id, source }, [event]))) {
    throw new OpenFgaError('store_id_not_found', 'Store ID not found');
  }
  return id;
}

export function readModel(
  parts: OpenFgaParts,
  caller: Caller,
  request: { readonly storeId: string; readonly modelId: string },
): StoredModel {
  const open = openStore(parts, caller, request.storeId);
  if (open.kind === 'derived') {
    if (request.modelId !== open.derived.modelId) throw noModel(request.modelId);
    return { id: request.modelId, source: open.derived.view.model.source };
  }
  const model = parts.store.model(request.storeId, request.modelId);
  if (!model) throw noModel(request.modelId);
  return model;
}

/** Newest first. */
export function readModels(
  parts: OpenFgaParts,
  caller: Caller,
  request: { readonly storeId: string; readonly pageSize?: number | undefined; readonly token?: string | undefined },
): { models: readonly StoredModel[]; token?: string } {
  const open = openStore(parts, caller, request.storeId);
  if (open.kind === 'derived') {
    const { modelId, view } = open.derived;
    return { models: [{ id: modelId, source: view.model.source }] };
  }
  const list = `models/${request.storeId}`;
  const after = positionIn(list, request.token);
  const limit = request.pageSize ?? PAGE_SIZE_DEFAULT;
  const found = parts.store.models(request.storeId, { ...(after !== undefined && { after }), limit: limit + 1 });
  const models = found.slice(0, limit);
  return found.length > limit ? { models, token: formatToken(list, models.at(-1)!.id) } : { models };
}

const tooMany = (message: string): OpenFgaError => new OpenFgaError('exceeded_entity_limit', message);
