import { Fault } from '../../domain/errors.ts';
import { isSameCondition, type Tuple, type TupleKey } from '../../domain/relation/tuple.ts';
import type { Millis } from '../../domain/values.ts';
import type {
  StoredTuple,
  TupleBatch,
  TupleChange,
  TupleFilter,
  WriteOutcome,
} from '../../ports/authorization-store.ts';
import type { AuthorizationTupleKey, Databases, StoredAuthorizationTuple } from './databases.ts';
import type { Environment } from './environment.ts';
import { below, ordered } from './keys.ts';

/** Tuples that one look at the store reads at most. */
export const TUPLES_A_READ = 1_000;
/** Changes that one look at the store reads at most. */
const CHANGES_SCANNED_MAX = 10_000;
/** UTF-8 bytes of object, relation and user together; with the store's id the driver's keys end at 1,978. */
const TUPLE_BYTES_MAX = 1_900;

const keyOf = (storeId: string, { object, relation, user }: TupleKey): AuthorizationTupleKey => [
  storeId,
  object,
  relation,
  user,
];
const userKeyOf = (storeId: string, { object, relation, user }: TupleKey): AuthorizationTupleKey => [
  storeId,
  user,
  object,
  relation,
];

export const changeKey = (storeId: string, number: number): string => `${storeId}/${ordered(number)}`;

/** Within a write: looks first, and changes nothing where something stands in the way. */
export function writeTuples(databases: Databases, storeId: string, batch: TupleBatch): WriteOutcome {
  const record = databases.authorizationStores.get(storeId);
  const [first] = [...batch.deletes, ...batch.writes];
  if (!record) return { done: false, reason: 'store-gone', key: first! };
  for (const key of [...batch.deletes, ...batch.writes]) checkSize(key);
  const present = (key: TupleKey) => databases.authorizationTuples.get(keyOf(storeId, key));
  const deletes = batch.deletes.filter(present);
  if (batch.onMissing === 'error' && deletes.length < batch.deletes.length) {
    return { done: false, reason: 'missing', key: batch.deletes.find((key) => !present(key))! };
  }
  const writes: Tuple[] = [];
  for (const tuple of batch.writes) {
    const stored = present(tuple);
    if (!stored) writes.push(tuple);
    else if (batch.onDuplicate === 'error') return { done: false, reason: 'exists', key: tuple };
    else if (!isSameCondition(stored.condition, tuple.condition)) return { done: false, reason: 'differs', key: tuple };
  }
  let number = record.changes;
  const append = (operation: TupleChange['operation'], tuple: Tuple): void => {
    number += 1;
    databases.authorizationChanges.putSync(changeKey(storeId, number), { number, operation, tuple, at: batch.at });
  };
  for (const { user, relation, object } of deletes) {
    const key = { user, relation, object };
    databases.authorizationTuples.removeSync(keyOf(storeId, key));
    databases.authorizationTuplesByUser.removeSync(userKeyOf(storeId, key));
    append('delete', key);
  }
  for (const tuple of writes) {
    const { condition } = tuple;
    const row: StoredAuthorizationTuple = { ...(condition && { condition }), writtenAt: batch.at };
    databases.authorizationTuples.putSync(keyOf(storeId, tuple), row);
    databases.authorizationTuplesByUser.putSync(userKeyOf(storeId, tuple), null);
    append('write', tuple);
  }
  databases.authorizationStores.putSync(storeId, { ...record, changes: number });
  return { done: true };
}

function checkSize({ object, relation, user }: TupleKey): void {
  const text = object + relation + user;
  if (text.includes('\0') || Buffer.byteLength(text) > TUPLE_BYTES_MAX) {
    const rule = `at most ${TUPLE_BYTES_MAX} bytes`;
    throw new Fault('INVALID_TUPLE', `a tuple is ${rule} long and has no NUL`, { rule });
  }
}

/** A page of all tuples, and the key to go on from. */
export function tuplesAfter(
  { authorizationTuples }: Databases,
  storeId: string,
  after: AuthorizationTupleKey | undefined,
): { rows: StoredTuple[]; last: AuthorizationTupleKey | undefined } {
  const rows: StoredTuple[] = [];
  let last: AuthorizationTupleKey | undefined;
  const start = after ?? ([storeId] as unknown as AuthorizationTupleKey);
  for (const { key, value } of authorizationTuples.getRange({
    start,
    exclusiveStart: after !== undefined,
    limit: TUPLES_A_READ,
  })) {
    if (key[0] !== storeId) break;
    rows.push(storedTuple({ object: key[1], relation: key[2], user: key[3] }, value));
    last = key;
  }
  return { rows, last };
}

const storedTuple = (key: TupleKey, { condition, writtenAt }: StoredAuthorizationTuple): StoredTuple => ({
  tuple: condition === undefined ? key : { ...key, condition },
  writtenAt,
});

/** A page of the tuples that pass a filter; rows that do not are looked at in several reads, so that one does not hold a state for long. */
export function readTuples(
  { databases, read }: Environment,
  storeId: string,
  filter: TupleFilter,
  page: { after?: string; limit: number },
): { tuples: StoredTuple[]; next?: string } {
  const found: StoredTuple[] = [];
  let after = page.after === undefined ? undefined : parsePosition(page.after);
  for (;;) {
    const scanned = read(() =>
      filter.user === undefined
        ? scanObjects(databases, storeId, filter, after)
        : scanUser(databases, storeId, { ...filter, user: filter.user }, after),
    );
    found.push(...scanned.tuples);
    if (found.length > page.limit) {
      const tuples = found.slice(0, page.limit);
      return { tuples, next: formatPosition(tuples.at(-1)!.tuple) };
    }
    if (scanned.last === undefined) return { tuples: found };
    after = scanned.last;
  }
}

interface Scanned {
  readonly tuples: StoredTuple[];
  /** The key to go on from; absent at the end. */
  readonly last: TupleKey | undefined;
}

/** By object; the filter's object is absent or whole. */
function scanObjects(
  { authorizationTuples }: Databases,
  storeId: string,
  { object, relation }: TupleFilter,
  after: TupleKey | undefined,
): Scanned {
  const start = after ? keyOf(storeId, after) : [storeId, ...(object === undefined ? [] : [object, relation ?? ''])];
  const tuples: StoredTuple[] = [];
  let scanned = 0;
  let last: TupleKey | undefined;
  for (const { key, value } of authorizationTuples.getRange({
    start: start as AuthorizationTupleKey,
    exclusiveStart: after !== undefined,
    limit: TUPLES_A_READ,
  })) {
    const [store, ofObject, ofRelation, user] = key;
    if (store !== storeId || (object !== undefined && ofObject !== object)) return { tuples, last: undefined };
    last = { object: ofObject, relation: ofRelation, user };
    scanned += 1;
    if (relation === undefined || ofRelation === relation) tuples.push(storedTuple(last, value));
  }
  return { tuples, last: scanned < TUPLES_A_READ ? undefined : last };
}

/** By user, then object; the filter's object may end in `:`. */
function scanUser(
  { authorizationTuples, authorizationTuplesByUser }: Databases,
  storeId: string,
  { object = '', relation, user }: TupleFilter & { readonly user: string },
  after: TupleKey | undefined,
): Scanned {
  const isType = object === '' || object.endsWith(':');
  const tuples: StoredTuple[] = [];
  let scanned = 0;
  let last: TupleKey | undefined;
  for (const [store, ofUser, ofObject, ofRelation] of authorizationTuplesByUser.getKeys({
    start: after ? userKeyOf(storeId, after) : [storeId, user, object],
    exclusiveStart: after !== undefined,
    limit: TUPLES_A_READ,
  })) {
    const matches = isType ? ofObject.startsWith(object) : ofObject === object;
    if (store !== storeId || ofUser !== user || !matches) return { tuples, last: undefined };
    last = { object: ofObject, relation: ofRelation, user };
    scanned += 1;
    if (relation !== undefined && ofRelation !== relation) continue;
    const row = authorizationTuples.get(keyOf(storeId, last));
    if (row) tuples.push(storedTuple(last, row));
  }
  return { tuples, last: scanned < TUPLES_A_READ ? undefined : last };
}

/** A page of changes; after CHANGES_SCANNED_MAX of another type it ends short, and `through` says where. */
export function changesOf(
  databases: Databases,
  storeId: string,
  page: { after: number; from?: Millis; type?: string; limit: number },
): { changes: TupleChange[]; through: number } {
  const newest = databases.authorizationStores.get(storeId)?.changes ?? 0;
  const after = Math.min(
    newest,
    page.from === undefined ? page.after : Math.max(page.after, lastBefore(databases, storeId, page.from, newest)),
  );
  const changes: TupleChange[] = [];
  const prefix = page.type === undefined ? '' : `${page.type}:`;
  let through = after;
  for (const { value } of databases.authorizationChanges.getRange({
    start: changeKey(storeId, after + 1),
    end: below(storeId).end,
    limit: CHANGES_SCANNED_MAX,
  })) {
    through = value.number;
    if (!value.tuple.object.startsWith(prefix)) continue;
    changes.push(value);
    if (changes.length === page.limit) break;
  }
  return { changes, through };
}

/** The number of the last change before a moment; moments grow with numbers. */
function lastBefore({ authorizationChanges }: Databases, storeId: string, from: Millis, newest: number): number {
  let low = 0;
  let high = newest;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const change = authorizationChanges.get(changeKey(storeId, middle));
    if (change !== undefined && change.at < from) low = middle;
    else high = middle - 1;
  }
  return low;
}

function formatPosition({ object, relation, user }: TupleKey): string {
  return JSON.stringify([object, relation, user]);
}

function parsePosition(text: string): TupleKey {
  try {
    const parts: unknown = JSON.parse(text);
    if (Array.isArray(parts) && parts.length === 3 && parts.every((part) => typeof part === 'string')) {
      const key = { object: parts[0] as string, relation: parts[1] as string, user: parts[2] as string };
      checkSize(key);
      return key;
    }
  } catch {
    // Falls through to the fault.
  }
  throw new Fault('INVALID_ARGUMENT', 'not a position of this listing', { rule: 'as an earlier page gave it' });
}
