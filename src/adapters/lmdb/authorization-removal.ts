import type { AuthorizationTupleKey, Databases } from './databases.ts';
import type { Environment } from './environment.ts';
import { below } from './keys.ts';

const REMOVALS = 'authorization_removal';
/** Rows that one write removes at most: others wait no longer than that takes. */
const ROWS_A_WRITE = 500;

/** Removes what deleted stores held, those of a process that ended meanwhile included. */
export async function removeLeftovers({ databases, read, write }: Environment): Promise<void> {
  const pending = read(() => Array.from(databases.meta.getKeys(below(REMOVALS))));
  for (const key of pending) {
    const storeId = key.slice(REMOVALS.length + 1);
    for (let left = true; left;) {
      left = await write(() => {
        if (removeRows(databases, storeId) === ROWS_A_WRITE) return true;
        databases.meta.removeSync(key);
        return false;
      });
    }
  }
}

/** Within a write: how many of a store's rows are gone, at most ROWS_A_WRITE. */
function removeRows(databases: Databases, storeId: string): number {
  const { authorizationTuples, authorizationTuplesByUser, authorizationChanges } = databases;
  const { authorizationModels, authorizationAssertions } = databases;
  let removed = 0;
  for (const rows of [authorizationTuples, authorizationTuplesByUser]) {
    if (removed === ROWS_A_WRITE) break;
    const start = [storeId] as unknown as AuthorizationTupleKey;
    const keys = Array.from(rows.getKeys({ start, limit: ROWS_A_WRITE - removed }));
    for (const key of keys) {
      if (key[0] !== storeId) break;
      rows.removeSync(key);
      removed += 1;
    }
  }
  for (const rows of [authorizationChanges, authorizationModels, authorizationAssertions]) {
    if (removed === ROWS_A_WRITE) break;
    const keys = Array.from(rows.getKeys({ ...below(storeId), limit: ROWS_A_WRITE - removed }));
    for (const key of keys) rows.removeSync(key);
    removed += keys.length;
  }
  return removed;
}
