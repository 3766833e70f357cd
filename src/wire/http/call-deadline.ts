import { Fault } from '../../domain/errors.ts';

/** How long a call over HTTP may take once its request is read. Over gRPC the caller says so itself. */
export const CALL_DEADLINE_MS = 10_000;

/**
 * The answer, or DEADLINE_EXCEEDED when it has not come in time: no caller is left hanging by a store that is. What was begun goes on, and
 * a repeat with the same `operation_id` or key finds what it came to.
 */
export function callDeadline<T>(answer: Promise<T>, deadlineMs: number = CALL_DEADLINE_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Fault('DEADLINE_EXCEEDED', `no answer within ${deadlineMs} ms`, { rule: `at most ${deadlineMs} ms` }));
    }, deadlineMs);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
