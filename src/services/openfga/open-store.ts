import type { CompiledModel } from '../../domain/relation/compiled-model.ts';
import type { TupleIndex } from '../../domain/relation/tuple-index.ts';
import type { AuthorizationStore, StoreRecord } from '../../ports/authorization-store.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AuditEntry } from '../../ports/document-store.ts';
import type { Ulids } from '../../ports/ulids.ts';
import { actorOf, type Caller } from '../caller.ts';
import { when, type Steps } from '../steps.ts';
import type { DerivedStore, DerivedStores } from './derived-stores.ts';
import { OpenFgaError } from './openfga-error.ts';
import type { OpenFgaLimits } from './openfga-limits.ts';
import type { StoreIndex } from './store-index.ts';

/** What the use cases of OpenFGA's API work with. */
export interface OpenFgaParts {
  readonly store: AuthorizationStore;
  readonly index: StoreIndex;
  readonly derived: DerivedStores;
  readonly clock: Clock;
  readonly ulids: Ulids;
  readonly limits: OpenFgaLimits;
}

/** A store that the caller may see. */
export type OpenStore =
  | { readonly kind: 'kept'; readonly record: StoreRecord }
  | { readonly kind: 'derived'; readonly derived: DerivedStore };

/** Throws store_id_not_found for a store that does not exist, and for another partner's (P-6). */
export function openStore({ index, derived }: OpenFgaParts, caller: Caller, storeId: string): OpenStore {
  const record = index.record(storeId);
  if (record && (caller.providerId === undefined || caller.providerId === record.ownerId)) {
    return { kind: 'kept', record };
  }
  const found = record ? undefined : derived.find(storeId);
  if (found && (caller.providerId === undefined || caller.providerId === found.view.policy.providerId)) {
    return { kind: 'derived', derived: found };
  }
  throw new OpenFgaError('store_id_not_found', 'Store ID not found');
}

/** The same, for a change. Throws validation_error for a derived store: only the projection writes it (C-1). */
export function openKeptStore(parts: OpenFgaParts, caller: Caller, storeId: string): StoreRecord {
  const open = openStore(parts, caller, storeId);
  if (open.kind === 'kept') return open.record;
  throw new OpenFgaError(
    'validation_error',
    "this store holds a partner's derived relationships and is read-only (C-1); write documents, or a store of your own",
  );
}

export interface OpenModel {
  readonly id: string;
  readonly model: CompiledModel;
}

/** The model that a call names, or the newest. Throws authorization_model_not_found, latest_authorization_model_not_found. */
export function openModel({ index }: OpenFgaParts, open: OpenStore, modelId: string | undefined): OpenModel {
  if (open.kind === 'derived') {
    const { derived } = open;
    if (modelId !== undefined && modelId !== derived.modelId) throw noModel(modelId);
    return { id: derived.modelId, model: derived.view.model };
  }
  const { id: storeId, latestModelId } = open.record;
  const id = modelId ?? latestModelId;
  if (id === undefined) {
    throw new OpenFgaError(
      'latest_authorization_model_not_found',
      `No authorization models found for store '${storeId}'`,
    );
  }
  const model = index.model(storeId, id);
  if (!model) throw noModel(id);
  return { id, model };
}

export function noModel(id: string): OpenFgaError {
  return new OpenFgaError('authorization_model_not_found', `Authorization Model '${id}' not found`);
}

/** A store and a model of it, ready to be asked. */
export interface Asked {
  readonly index: TupleIndex;
  readonly model: CompiledModel;
  readonly modelId: string;
  /** The context of a request, with what Gatehouse fills in for derived relationships: `now`, where the request has none. */
  contextOf(context: Context | undefined): Context | undefined;
}

type Context = Readonly<Record<string, unknown>>;

export function* ask(
  parts: OpenFgaParts,
  caller: Caller,
  request: { readonly storeId: string; readonly modelId?: string | undefined },
): Steps<Asked> {
  const open = openStore(parts, caller, request.storeId);
  const { id: modelId, model } = openModel(parts, open, request.modelId);
  if (open.kind === 'derived') {
    const now = parts.clock.now();
    const { index } = open.derived.view;
    return { index, model, modelId, contextOf: (context) => ({ now, ...context }) };
  }
  const index = yield* when(parts.index.index(open.record, model));
  return { index, model, modelId, contextOf: (context) => context };
}

/** An entry of the audit log about a store of its owner. */
export function storeEvent(
  { clock }: OpenFgaParts,
  caller: Caller,
  { ownerId, id }: Pick<StoreRecord, 'ownerId' | 'id'>,
  event: string,
  detail: Readonly<Record<string, unknown>> = {},
): AuditEntry {
  return {
    at: clock.now(),
    providerId: ownerId,
    event,
    actor: actorOf(caller),
    cause: 'openfga api',
    detail: { store_id: id, ...detail },
  };
}
