import { Fault } from '../../domain/errors.ts';
import type { Tuple, TupleCondition, TupleKey } from '../../domain/relation/tuple.ts';
import type { ProviderId } from '../../domain/values.ts';
import type { Sequence } from '../../ports/document-store.ts';
import type { RelationshipStore } from '../../ports/relationship-store.ts';
import { appendAudit } from './audit-log.ts';
import { appendChange } from './change-feed.ts';
import type { Databases, StoredBatch } from './databases.ts';
import type { Environment } from './environment.ts';

/** How far back, in changes of the store, the batch of a write can be read; a reader that is further behind reloads. */
export const BATCHES_KEPT_DEFAULT = 10_000;
/** Batches that one write drops at most: more than it adds, so that the kept ones stay bounded. */
const BATCHES_DROPPED_MAX = 8;
/** Tuples that `all` reads from one state of the store before it lets others in. */
const ALL_PAGE = 1_000;
/** UTF-8 bytes of object, relation and user together; the driver's keys end at 1,978. */
const TUPLE_BYTES_MAX = 1_900;

type TupleRowKey = [ProviderId, string, string, string];

/** The relationship store of the embedded set-up; `batchAt` and `all` are synchronous. */
export interface LmdbRelationshipStore extends RelationshipStore {
  all(providerId: ProviderId): Iterable<Tuple>;
  batchAt(sequence: Sequence): StoredBatch | undefined;
}

export function lmdbRelationshipStore(environment: Environment, batchesKept: number): LmdbRelationshipStore {
  const { databases, read, write } = environment;
  return {
    async write(providerId, batch, events) {
      for (const tuple of [...batch.writes, ...batch.deletes]) checkTuple(tuple);
      return write(() => {
        const sequence = writeBatch(databases, { providerId, ...batch }, batchesKept);
        appendAudit(databases, sequence, events);
        return { sequence };
      });
    },
    read: async (providerId, page) => {
      const after = page.after === undefined ? undefined : parsePosition(providerId, page.after);
      return read(() => {
        const tuples = tuplesOf(databases, providerId, page.object, after, page.limit + 1);
        const shown = tuples.slice(0, page.limit);
        const last = shown.at(-1);
        return tuples.length > page.limit && last ? { tuples: shown, next: formatPosition(last) } : { tuples: shown };
      });
    },
    *all(providerId) {
      for (let after: TupleRowKey | undefined; ;) {
        const page = read(() => tuplesOf(databases, providerId, '', after, ALL_PAGE));
        yield* page;
        const last = page.at(-1);
        if (page.length < ALL_PAGE || !last) return;
        after = rowKey(providerId, last);
      }
    },
    batchAt: (sequence) => read(() => databases.batches.get(sequence)),
  };
}

const rowKey = (providerId: ProviderId, { object, relation, user }: TupleKey): TupleRowKey => [
  providerId,
  object,
  relation,
  user,
];

function checkTuple(tuple: TupleKey): void {
  const text = tuple.object + tuple.relation + tuple.user;
  if (text.includes('\0') || Buffer.byteLength(text) > TUPLE_BYTES_MAX) {
    throw new Fault('INVALID_TUPLE', `a tuple is at most ${TUPLE_BYTES_MAX} bytes long and has no NUL`, {
      rule: `at most ${TUPLE_BYTES_MAX} bytes`,
    });
  }
}

/** Within a write: the deletes, then the writes. */
function writeBatch(databases: Databases, batch: StoredBatch, batchesKept: number): Sequence {
  const { relationships, batches } = databases;
  for (const tuple of batch.deletes) relationships.removeSync(rowKey(batch.providerId, tuple));
  for (const tuple of batch.writes) relationships.putSync(rowKey(batch.providerId, tuple), tuple.condition ?? null);
  const sequence = appendChange(databases, { kind: 'relationship', id: batch.providerId }, undefined);
  batches.putSync(sequence, batch);
  dropBatches(databases, sequence - batchesKept);
  return sequence;
}

/**
 * Of the changes whose batch is gone, the latest of each partner stays in the feed: whoever is before it meets it, finds
 * no batch, and reloads that partner.
 */
function dropBatches({ batches, changes, meta }: Databases, through: Sequence): void {
  const dropped = Array.from(batches.getRange({ end: through + 1, limit: BATCHES_DROPPED_MAX }));
  for (const { key: sequence, value } of dropped) {
    const marker = `reload/${value.providerId}`;
    const earlier = meta.get(marker) as Sequence | undefined;
    if (earlier !== undefined) changes.removeSync(earlier);
    meta.putSync(marker, sequence);
    batches.removeSync(sequence);
  }
}

/** `object`: whole, or `type:`, or empty for every object. In the order of keys, strictly after `after`. */
function tuplesOf(
  { relationships }: Databases,
  providerId: ProviderId,
  object: string,
  after: TupleRowKey | undefined,
  limit: number,
): Tuple[] {
  const matches =
    object === '' || object.endsWith(':')
      ? (text: string) => text.startsWith(object)
      : (text: string) => text === object;
  const rows = relationships.getRange({
    start: after ?? [providerId, object],
    exclusiveStart: after !== undefined,
    limit,
  });
  const tuples: Tuple[] = [];
  for (const { key, value } of rows) {
    if (key[0] !== providerId || !matches(key[1])) break;
    tuples.push(tupleOf(key, value));
  }
  return tuples;
}

function tupleOf([, object, relation, user]: TupleRowKey, condition: TupleCondition | null): Tuple {
  return condition === null ? { user, relation, object } : { user, relation, object, condition };
}

function formatPosition({ object, relation, user }: TupleKey): string {
  return Buffer.from(JSON.stringify([object, relation, user])).toString('base64url');
}

function parsePosition(providerId: ProviderId, text: string): TupleRowKey {
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (Array.isArray(parts) && parts.length === 3 && parts.every((part) => typeof part === 'string')) {
      const tuple = { object: parts[0] as string, relation: parts[1] as string, user: parts[2] as string };
      checkTuple(tuple);
      return rowKey(providerId, tuple);
    }
  } catch {
    // Falls through to the fault.
  }
  throw new Fault('INVALID_ARGUMENT', 'page_token: not a position of this listing', {
    field: 'page_token',
    rule: 'as an earlier page gave it',
  });
}
