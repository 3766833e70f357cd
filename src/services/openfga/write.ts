import type { Tuple, TupleKey } from '../../domain/relation/tuple.ts';
import { formatKey } from '../../domain/relation/tuple.ts';
import type { TupleBatch, WriteOutcome } from '../../ports/authorization-store.ts';
import type { Caller } from '../caller.ts';
import { openKeptStore, openModel, storeEvent, type OpenFgaParts } from './open-store.ts';
import { OpenFgaError } from './openfga-error.ts';
import { printTuple, tupleProblem } from './tuple-problem.ts';

export interface WriteRequest {
  readonly storeId: string;
  readonly modelId?: string | undefined;
  readonly writes: readonly Tuple[];
  readonly deletes: readonly TupleKey[];
  /** `error` (default) or `ignore`. */
  readonly onDuplicate?: string | undefined;
  readonly onMissing?: string | undefined;
}

/** Writes and deletes, all or none; durable when it resolves. Answers the id of the model that the tuples were checked against. */
export async function writeTuples(parts: OpenFgaParts, caller: Caller, request: WriteRequest): Promise<string> {
  const record = openKeptStore(parts, caller, request.storeId);
  const { id: modelId, model } = openModel(parts, { kind: 'kept', record }, request.modelId);
  const { writes, deletes } = request;
  if (writes.length + deletes.length === 0) {
    throw new OpenFgaError(
      'invalid_write_input',
      'Invalid input. Make sure you provide at least one write, or at least one delete',
    );
  }
  for (const tuple of writes) {
    const problem = tupleProblem(model, tuple)?.reason ?? implicit(tuple);
    if (problem !== undefined) throw invalidTuple(tuple, problem);
  }
  for (const key of deletes) {
    if (!/^[^\p{Cc} ]+$/u.test(key.user)) throw invalidTuple(key, "the 'user' field is malformed");
  }
  checkBatch(request, parts.limits.writeTuplesMax);
  const batch: TupleBatch = {
    deletes,
    writes,
    onDuplicate: conflictOption('on_duplicate', request.onDuplicate),
    onMissing: conflictOption('on_missing', request.onMissing),
    at: parts.clock.now(),
  };
  const counts = { writes: writes.length, deletes: deletes.length };
  const event = storeEvent(parts, caller, record, 'AuthorizationTuplesWritten', counts);
  const outcome = await parts.store.write(request.storeId, batch, [event]);
  if (!outcome.done) throw refusalOf(outcome);
  return modelId;
}

/** `object#relation@object#relation`: it holds unwritten. */
function implicit({ object, relation, user }: Tuple): string | undefined {
  return user === `${object}#${relation}` ? 'cannot write a tuple that is implicit' : undefined;
}

function invalidTuple(tuple: Tuple, reason: string): OpenFgaError {
  return new OpenFgaError('validation_error', `Invalid tuple '${printTuple(tuple)}'. Reason: ${reason}`);
}

function checkBatch({ deletes, writes }: WriteRequest, writeTuplesMax: number): void {
  const seen = new Set<string>();
  for (const tuple of [...deletes, ...writes]) {
    const key = formatKey(tuple);
    if (seen.has(key)) {
      throw new OpenFgaError(
        'cannot_allow_duplicate_tuples_in_one_request',
        `duplicate tuple in write: ${named(tuple)}`,
      );
    }
    seen.add(key);
  }
  if (seen.size > writeTuplesMax) {
    throw new OpenFgaError(
      'exceeded_entity_limit',
      `The number of write operations exceeds the allowed limit of ${writeTuplesMax}`,
    );
  }
}

function conflictOption(name: string, given: string | undefined): 'error' | 'ignore' {
  if (given === undefined || given === 'error') return 'error';
  if (given === 'ignore') return 'ignore';
  throw new OpenFgaError('validation_error', `invalid ${name} option: ${given}`);
}

const named = ({ user, relation, object }: TupleKey): string =>
  `user: '${user}', relation: '${relation}', object: '${object}'`;

function refusalOf({ reason, key }: Extract<WriteOutcome, { done: false }>): OpenFgaError {
  const which = 'tuple to be written already existed or the tuple to be deleted did not exist';
  switch (reason) {
    case 'store-gone':
      return new OpenFgaError('store_id_not_found', 'Store ID not found');
    case 'exists':
      return new OpenFgaError(
        'write_failed_due_to_invalid_input',
        `cannot write a tuple which already exists: ${named(key)}: ${which}`,
      );
    case 'missing':
      return new OpenFgaError(
        'write_failed_due_to_invalid_input',
        `cannot delete a tuple which does not exist: ${named(key)}: ${which}`,
      );
    case 'differs':
      return new OpenFgaError(
        'conflict',
        `transactional write failed due to conflict: attempted to write a tuple which already exists with a different condition: ${named(key)}`,
      );
    default:
      return reason satisfies never;
  }
}
