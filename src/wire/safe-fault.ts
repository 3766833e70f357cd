import { randomUUID } from 'node:crypto';
import { Fault } from '../domain/errors.ts';
import type { Log } from '../ports/log.ts';

/** A fault that may be shown to a caller. */
export interface SafeFault {
  readonly fault: Fault;
  /** Present for unexpected errors: the log has the error under the same id. */
  readonly requestId?: string;
}

/**
 * What a caller is told of anything thrown: a Fault as it is, everything else INTERNAL with an id and no word of the error.
 * The log gets the error, and the causes of faults.
 */
export function safeFault(error: unknown, method: string, log: Log): SafeFault {
  if (error instanceof Fault && error.code !== 'INTERNAL') {
    if (error.cause !== undefined && !(error.cause instanceof Fault))
      log.warn('a call met a lost dependency', { method, code: error.code, error });
    return { fault: error };
  }
  const requestId = randomUUID();
  log.error('a call failed unexpectedly', { method, requestId, error });
  return { fault: new Fault('INTERNAL', `internal error; the log has it as request ${requestId}`), requestId };
}
