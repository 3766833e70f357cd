import type { Authenticate } from '../../services/authenticate.ts';
import { requireScope, type Caller } from '../../services/caller.ts';
import { OpenFgaError } from '../../services/openfga/openfga-error.ts';
import type { Services } from '../../services/services.ts';
import type { JsonMessage } from './json-message.ts';
import type { Answer, Call, OpenFgaOperation, StreamedAnswer } from './operation.ts';
import { OPENFGA_OPERATIONS } from './operations/all-operations.ts';
import { RequestProblem } from './request-problem.ts';
import { validateMessage } from './validate-message.ts';

/** Where a list call says that it was cut, and where it can be gone on with: HTTP header, gRPC trailer, and header of the next request. */
export const LIST_TRUNCATED = 'gatehouse-list-truncated';
export const LIST_NEXT = 'gatehouse-list-next';
export const LIST_AFTER = 'gatehouse-list-after';

/** One operation of OpenFGA's API, ready to serve: what both edges do with a call, in the order in which they do it. */
export interface BoundOpenFga {
  readonly operation: OpenFgaOperation;
  /** `OpenFGAService/Check`. */
  readonly name: string;
  /** First, before the request is looked at. */
  authorize(token: string | undefined): Caller | Promise<Caller>;
  /** Checks the request and calls; at once where the operation answers at once. */
  answer(caller: Caller, request: JsonMessage, call: Call): Answer | Promise<Answer>;
  /** The same for the operations that stream. */
  stream(caller: Caller, request: JsonMessage, call: Call): Promise<StreamedAnswer>;
}

export interface OpenFgaApi {
  readonly operations: readonly BoundOpenFga[];
  /** A longer request is resource_exhausted. */
  readonly requestBytesMax: number;
}

export function bindOpenFga(services: Services, authenticate: Authenticate): OpenFgaApi {
  const admit = (caller: Caller): Caller => {
    requireScope(caller, 'relationships');
    return caller;
  };
  const operations = OPENFGA_OPERATIONS.map((operation): BoundOpenFga => {
    const check = (request: JsonMessage): void => {
      const problem = validateMessage(`${operation.method}Request`, request, services.openfga.clock.now());
      if (problem !== undefined) throw new RequestProblem(problem);
    };
    return {
      operation,
      name: `OpenFGAService/${operation.method}`,
      authorize(token) {
        if (token === undefined || token === '') throw new OpenFgaError('bearer_token_missing', 'missing bearer token');
        const caller = authenticate(token);
        return caller instanceof Promise ? caller.then(admit) : admit(caller);
      },
      answer(caller, request, call) {
        check(request);
        return operation.call(services.openfga, caller, request as never, call);
      },
      async stream(caller, request, call) {
        check(request);
        if (!operation.stream) throw new Error(`${operation.method} does not stream`);
        return operation.stream(services.openfga, caller, request as never, call);
      },
    };
  });
  return { operations, requestBytesMax: services.openfga.limits.requestBytesMax };
}

/** Of a request that is too long, in the words of OpenFGA's framework. */
export function tooLarge(bytes: number | undefined, bytesMax: number): OpenFgaError {
  return new OpenFgaError('resource_exhausted', `grpc: received message larger than max (${bytes} vs. ${bytesMax})`);
}

/** The header that carries the end of a page, which may hold any character. */
export const encodePosition = (position: string): string => Buffer.from(position).toString('base64url');

/** Undefined for an absent one. Throws validation_error for what `encodePosition` did not make. */
export function decodePosition(header: string | undefined): string | undefined {
  if (header === undefined || header === '') return undefined;
  const position = Buffer.from(header, 'base64url').toString();
  if (encodePosition(position) === header) return position;
  throw new OpenFgaError('validation_error', `${LIST_AFTER}: not a position that a list gave`);
}
