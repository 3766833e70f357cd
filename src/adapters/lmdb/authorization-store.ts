import type { AuthorizationStore, StoreRecord, StoredModel } from '../../ports/authorization-store.ts';
import type { AuditEntry } from '../../ports/document-store.ts';
import { appendActs } from './audit-log.ts';
import { changesOf, readTuples, TUPLES_A_READ, tuplesAfter, writeTuples } from './authorization-tuples.ts';
import { removeLeftovers } from './authorization-removal.ts';
import type { Databases } from './databases.ts';
import type { Environment } from './environment.ts';
import { below, belowReversed } from './keys.ts';

const HEAD = 'authorization_head';
/** Stands where a partner's id would: of an operator's store. */
const NO_OWNER = '-';

/** Stores of OpenFGA's API in the embedded set-up. What deleted ones held is removed meanwhile, and after the next start where a process ends before. */
export function lmdbAuthorizationStore(environment: Environment): AuthorizationStore {
  const { databases, read, write } = environment;
  const { authorizationStores, authorizationModels, authorizationAssertions } = databases;
  const readHead = () => headOf(databases);

  let removal = Promise.resolve();
  /** Loss of the store ends it; the next delete or the next start goes on with it. */
  const removeMeanwhile = (): void => {
    removal = removal.then(() => removeLeftovers(environment)).catch(() => {});
  };
  removeMeanwhile();

  /** A store that is gone holds nothing, though its rows may still be there. */
  const readOf = <T, None>(storeId: string, query: () => T, none: None): T | None =>
    read(() => (authorizationStores.doesExist(storeId) ? query() : none));

  /** Within a write of something that hangs on a store. Answers undefined where the store is gone. */
  const change = <T>(
    storeId: string,
    events: readonly AuditEntry[],
    work: (record: StoreRecord) => T,
  ): Promise<T | undefined> =>
    write(() => {
      const record = authorizationStores.get(storeId);
      if (!record) return undefined;
      const done = work(record);
      advance(databases, events);
      return done;
    });

  return {
    head: () => read(readHead),
    createStore: (store, events) =>
      write(() => {
        authorizationStores.putSync(store.id, { ...store, changes: 0 });
        databases.authorizationStoresByOwner.putSync(ownerKey(store), null);
        advance(databases, events);
      }),
    store: (id) => read(() => authorizationStores.get(id)),
    stores: (page) => read(() => storesOf(databases, page)),
    async deleteStore(id, events) {
      const deleted = await change(id, events, (record) => {
        authorizationStores.removeSync(id);
        databases.authorizationStoresByOwner.removeSync(ownerKey(record));
        databases.meta.putSync(`authorization_removal/${id}`, true);
        return true;
      });
      if (deleted) removeMeanwhile();
      return deleted ?? false;
    },
    writeModel: async (storeId, model, events) =>
      (await change(storeId, events, (record) => {
        const latestModelId = greater(record.latestModelId, model.id);
        authorizationStores.putSync(storeId, { ...record, latestModelId });
        authorizationModels.putSync(`${storeId}/${model.id}`, model);
        return true;
      })) ?? false,
    model: (storeId, modelId) => readOf(storeId, () => authorizationModels.get(`${storeId}/${modelId}`), undefined),
    models: (storeId, page) => readOf(storeId, () => modelsOf(databases, storeId, page), []),
    write: (storeId, batch, events) =>
      write(() => {
        const outcome = writeTuples(databases, storeId, batch);
        if (outcome.done) advance(databases, events);
        return outcome;
      }),
    read: (storeId, filter, page) =>
      readOf(storeId, () => true, false) ? readTuples(environment, storeId, filter, page) : { tuples: [] },
    *all(storeId) {
      for (let after: Parameters<typeof tuplesAfter>[2]; ;) {
        const page = readOf(storeId, () => tuplesAfter(databases, storeId, after), { rows: [], last: undefined });
        for (const { tuple } of page.rows) yield tuple;
        after = page.last;
        if (page.rows.length < TUPLES_A_READ) return;
      }
    },
    changes: (storeId, page) =>
      readOf(storeId, () => changesOf(databases, storeId, page), { changes: [], through: page.after }),
    writeAssertions: async (storeId, modelId, assertions, events) =>
      (await change(storeId, events, () => {
        authorizationAssertions.putSync(`${storeId}/${modelId}`, assertions);
        return true;
      })) ?? false,
    assertions: (storeId, modelId) =>
      readOf(storeId, () => authorizationAssertions.get(`${storeId}/${modelId}`), undefined) ?? [],
  };
}

const headOf = ({ meta }: Databases): number => (meta.get(HEAD) as number | undefined) ?? 0;

/** Within a write. */
function advance(databases: Databases, events: readonly AuditEntry[]): void {
  databases.meta.putSync(HEAD, headOf(databases) + 1);
  appendActs(databases, events);
}

const ownerKey = ({ ownerId, id }: Pick<StoreRecord, 'ownerId' | 'id'>): string => `${ownerId ?? NO_OWNER}/${id}`;

const greater = (a: string | undefined, b: string): string => (a !== undefined && a > b ? a : b);

/** Records that a listing by name looks at in one read at most; more than any platform has stores. */
const STORES_SCANNED_MAX = 100_000;

function storesOf(
  databases: Databases,
  { ownerId, name, after, limit }: Parameters<AuthorizationStore['stores']>[0],
): StoreRecord[] {
  const found: StoreRecord[] = [];
  const take = (record: StoreRecord | undefined): boolean => {
    if (record && (name === undefined || record.name === name)) found.push(record);
    return found.length < limit;
  };
  const bounds = { exclusiveStart: after !== undefined, limit: STORES_SCANNED_MAX };
  if (ownerId === undefined) {
    for (const { value } of databases.authorizationStores.getRange({ start: after ?? '', ...bounds })) {
      if (!take(value)) break;
    }
    return found;
  }
  const { start, end } = below(ownerId);
  const from = after === undefined ? start : `${ownerId}/${after}`;
  for (const key of databases.authorizationStoresByOwner.getKeys({ ...bounds, start: from, end })) {
    if (!take(databases.authorizationStores.get(key.slice(ownerId.length + 1)))) break;
  }
  return found;
}

function modelsOf(
  { authorizationModels }: Databases,
  storeId: string,
  { after, limit }: { after?: string; limit: number },
): StoredModel[] {
  const range = belowReversed(storeId);
  const start = after === undefined ? range.start : `${storeId}/${after}`;
  const rows = authorizationModels.getRange({ ...range, start, exclusiveStart: true, limit });
  return Array.from(rows, ({ value }) => value);
}
