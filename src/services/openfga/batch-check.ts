import type { TupleKey } from '../../domain/relation/tuple.ts';
import type { Caller } from '../caller.ts';
import type { Steps } from '../steps.ts';
import { answerOf } from './check.ts';
import { ask, type OpenFgaParts } from './open-store.ts';
import { OpenFgaError } from './openfga-error.ts';
import type { Facts } from './questions.ts';

export interface BatchItem extends Facts {
  readonly key: TupleKey;
  readonly correlationId: string;
}

export type BatchAnswer = { readonly allowed: boolean } | { readonly error: OpenFgaError };

/** Each item for itself, on one state of the store; an item's error is that item's answer. By correlation id. */
export function* batchCheck(
  parts: OpenFgaParts,
  caller: Caller,
  request: { readonly storeId: string; readonly modelId?: string | undefined; readonly items: readonly BatchItem[] },
): Steps<{ answers: ReadonlyMap<string, BatchAnswer>; modelId: string }> {
  const asked = yield* ask(parts, caller, request);
  checkItems(request.items, parts.limits.batchChecksMax);
  const answers = new Map<string, BatchAnswer>();
  for (const { key, correlationId, ...facts } of request.items) {
    try {
      answers.set(correlationId, { allowed: answerOf(asked, key, facts) });
    } catch (error) {
      if (!(error instanceof OpenFgaError)) throw error;
      answers.set(correlationId, { error });
    }
  }
  return { answers, modelId: asked.modelId };
}

function checkItems(items: readonly BatchItem[], checksMax: number): void {
  if (items.length > checksMax) {
    throw invalid(`batchCheck received ${items.length} checks, the maximum allowed is ${checksMax}`);
  }
  const seen = new Set<string>();
  for (const { correlationId } of items) {
    if (seen.has(correlationId)) throw invalid(`received duplicate correlation id: ${correlationId}`);
    seen.add(correlationId);
  }
}

const invalid = (message: string): OpenFgaError => new OpenFgaError('validation_error', message);
