import { createHash } from 'node:crypto';
import { formatQuestion, type Question } from '../domain/decision/question.ts';
import { Fault } from '../domain/errors.ts';
import type { SessionId, OperationId } from '../domain/values.ts';
import { canonicalJson } from './canonical-json.ts';
import type { RequestFacts } from './circumstances.ts';
import { faultAt } from './fault-at.ts';

/** One operation of a session. */
export interface AdmitOperation extends Pick<RequestFacts, 'context'> {
  readonly operationId: OperationId;
  readonly question?: Question | undefined;
  /** 1 to 1000. */
  readonly cost: number;
}

/** Everything of a request but its operation_id: what a repeat must share with the first (S-12). */
export function payloadHash(sessionId: SessionId, { question, cost, context }: AdmitOperation): string {
  return createHash('sha256')
    .update(canonicalJson([sessionId, formatQuestion(question), cost, context ?? null]))
    .digest('hex');
}

export function keyReused(): Fault {
  return new Fault('KEY_REUSED', 'operation_id: used before with another payload', {
    field: 'operation_id',
    rule: 'S-12',
  });
}

/** Throws KEY_REUSED where a batch itself uses one operation_id for two payloads: nothing of it is decided then. */
export function requireOneUse(sessionId: SessionId, operations: readonly AdmitOperation[]): void {
  const hashes = new Map<OperationId, string>();
  for (const [position, operation] of operations.entries()) {
    const hash = payloadHash(sessionId, operation);
    const earlier = hashes.get(operation.operationId);
    if (earlier !== undefined && earlier !== hash) throw faultAt('operations', position, keyReused());
    hashes.set(operation.operationId, hash);
  }
}
