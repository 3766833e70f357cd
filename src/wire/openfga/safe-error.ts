import type { Log } from '../../ports/log.ts';
import { OpenFgaError, type OpenFgaCode } from '../../services/openfga/openfga-error.ts';
import { safeFault } from '../safe-fault.ts';
import { FAULT_CODES } from './codes.ts';

/** What a caller is told of anything thrown; of what is unexpected no word, and the log has it. */
export function safeError(error: unknown, method: string, log: Log): OpenFgaError {
  if (error instanceof OpenFgaError) {
    if (error.cause !== undefined) log.warn('a call met a lost dependency', { method, code: error.code, error });
    return error;
  }
  const { fault } = safeFault(error, method, log);
  const code: OpenFgaCode = FAULT_CODES[fault.code];
  switch (code) {
    case 'internal_error':
      return new OpenFgaError(code, 'Internal Server Error');
    case 'unauthenticated':
      return new OpenFgaError(code, 'unauthenticated');
    default:
      return new OpenFgaError(code, fault.message);
  }
}
