import type { OperationLog } from '../../domain/session/state.ts';
import type { Millis } from '../../domain/values.ts';
import type { AdmissionHead, Databases } from './databases.ts';
import { below, lastNumber, momentBound, momentKey, totalKey } from './keys.ts';

/** The log of one user as the running read or write sees it; each question is one seek. */
export function lmdbOperationLog(databases: Databases, user: string, head: AdmissionHead): OperationLog {
  const { operationsByMoment, operationsByTotal } = databases;
  const all = below(user);
  return {
    total: head.total,
    totalThrough(at) {
      if (at < 0) return head.forgotten;
      const range = { start: momentBound(user, at), end: all.start, reverse: true, limit: 1 };
      for (const key of operationsByMoment.getKeys(range)) return Math.max(lastNumber(key), head.forgotten);
      return head.forgotten;
    },
    momentOf(n) {
      if (n <= head.forgotten || n > head.total) return undefined;
      const range = { start: totalKey(user, n), end: all.end, limit: 1 };
      for (const { value } of operationsByTotal.getRange(range)) return value;
      return undefined;
    },
  };
}

/** Within a write: `total` is the log's after the operation, `at` not before the latest one's. */
export function appendOperation(databases: Databases, user: string, at: Millis, total: number): void {
  databases.operationsByTotal.putSync(totalKey(user, total), at);
  databases.operationsByMoment.putSync(momentKey(user, at, total), total);
}

/** Within a write. */
export function forgetOperation(databases: Databases, user: string, at: Millis, total: number): void {
  databases.operationsByTotal.removeSync(totalKey(user, total));
  databases.operationsByMoment.removeSync(momentKey(user, at, total));
}
