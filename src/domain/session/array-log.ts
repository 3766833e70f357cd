import type { Millis } from '../values.ts';
import type { OperationLog } from './state.ts';

/**
 * An operation log over the moments of the operations, oldest first, one entry an operation (a cost of 3: three
 * entries). `forgotten`: operations ever counted that are older than the first entry and no longer kept. A view:
 * entries appended later are seen.
 */
export function arrayLog(moments: readonly Millis[], forgotten = 0): OperationLog {
  return {
    get total() {
      return forgotten + moments.length;
    },
    totalThrough: (at) => forgotten + countThrough(moments, at),
    momentOf: (n) => moments[n - forgotten - 1],
  };
}

function countThrough(moments: readonly Millis[], at: Millis): number {
  let low = 0;
  let high = moments.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((moments[middle] ?? Infinity) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}
