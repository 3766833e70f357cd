import { Fault } from '../domain/errors.ts';
import type { Authenticate } from '../services/authenticate.ts';
import { requireScope, type Caller } from '../services/caller.ts';
import type { Services } from '../services/services.ts';
import type { Operation } from './operation.ts';
import { requestCheckCompiler } from './request-check.ts';

/** One operation ready to serve: what both edges do with a call, in the order in which they do it. */
export interface BoundOperation {
  readonly operation: Operation;
  /** `DecisionService/Check`. */
  readonly name: string;
  /** First, before the request is looked at. Throws, or rejects with, UNAUTHENTICATED, SCOPE_MISSING, RATE_LIMITED. */
  authorize(token: string | undefined): Caller | Promise<Caller>;
  /** Checks the request, in JSON form, and calls. At once where the operation answers at once. */
  answer(caller: Caller, request: unknown): unknown;
}

/** Compiles each request schema once. Throws for an operation whose schema is none. */
export function bindOperations(
  operations: readonly Operation[],
  services: Services,
  authenticate: Authenticate,
): readonly BoundOperation[] {
  const compile = requestCheckCompiler();
  return operations.map((operation): BoundOperation => {
    const check = compile(operation.request);
    const admit = (caller: Caller): Caller => {
      requireScopeOf(operation, caller);
      return caller;
    };
    return {
      operation,
      name: `${operation.service}/${operation.method}`,
      authorize(token) {
        const caller = authenticate(token);
        return caller instanceof Promise ? caller.then(admit) : admit(caller);
      },
      answer(caller, request) {
        check(request);
        return operation.call(services, caller, request as never);
      },
    };
  });
}

function requireScopeOf(operation: Operation, caller: Caller): void {
  if (operation.operatorsOnly && caller.providerId !== undefined) {
    throw new Fault('SCOPE_MISSING', 'this call is for operators', { rule: 'P-7: a credential of the platform' });
  }
  requireScope(caller, operation.scope);
}
