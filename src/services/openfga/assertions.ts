import type { Tuple, TupleKey } from '../../domain/relation/tuple.ts';
import type { Caller } from '../caller.ts';
import { openKeptStore, openModel, openStore, storeEvent, type OpenFgaParts } from './open-store.ts';
import { OpenFgaError } from './openfga-error.ts';
import { ASSERTIONS_BYTES_MAX } from './openfga-limits.ts';
import { keyProblem, printTuple, tupleProblem } from './tuple-problem.ts';

/** What a model's author expects of one question. */
export interface Assertion {
  readonly key: TupleKey;
  readonly expectation: boolean;
  readonly contextualTuples: readonly Tuple[];
  readonly context?: Readonly<Record<string, unknown>> | undefined;
}

interface AssertionsOf {
  readonly storeId: string;
  readonly modelId: string;
}

/** Replaces the assertions of a model; nothing runs them here. */
export async function writeAssertions(
  parts: OpenFgaParts,
  caller: Caller,
  request: AssertionsOf & { readonly assertions: readonly Assertion[] },
): Promise<void> {
  const record = openKeptStore(parts, caller, request.storeId);
  const { id: modelId, model } = openModel(parts, { kind: 'kept', record }, request.modelId);
  const { assertions } = request;
  if (Buffer.byteLength(JSON.stringify(assertions)) > ASSERTIONS_BYTES_MAX) {
    throw new OpenFgaError(
      'exceeded_entity_limit',
      `The number of bytes exceeds the allowed limit of ${ASSERTIONS_BYTES_MAX}`,
    );
  }
  for (const { key, contextualTuples } of assertions) {
    const problem = keyProblem(model, key);
    if (problem !== undefined) throw new OpenFgaError('validation_error', problem.reason);
    for (const tuple of contextualTuples) {
      const reason = tupleProblem(model, tuple)?.reason;
      if (reason !== undefined) {
        throw new OpenFgaError('validation_error', `Invalid tuple '${printTuple(tuple)}'. Reason: ${reason}`);
      }
    }
  }
  const event = storeEvent(parts, caller, record, 'AuthorizationAssertionsWritten', {
    authorization_model_id: modelId,
  });
  if (!(await parts.store.writeAssertions(request.storeId, modelId, assertions, [event]))) {
    throw new OpenFgaError('store_id_not_found', 'Store ID not found');
  }
}

/** Empty where none were written. Throws authorization_model_not_found. */
export function readAssertions(parts: OpenFgaParts, caller: Caller, request: AssertionsOf): readonly Assertion[] {
  const open = openStore(parts, caller, request.storeId);
  openModel(parts, open, request.modelId);
  return open.kind === 'kept' ? (parts.store.assertions(request.storeId, request.modelId) as readonly Assertion[]) : [];
}
