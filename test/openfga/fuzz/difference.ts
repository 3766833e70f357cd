import type { Refused } from '../store.ts';
import type { Reply } from '../openfga-client.ts';
import type { Answer } from '../question.ts';
import type { Truth } from './brute-force.ts';
import type { SingleCase } from './shrink.ts';

/** Of a stream over HTTP, whatever the fault. */
export const STREAM_FAULT = 3;

/** One question, or one model, that the two servers answer otherwise. */
export interface Difference extends SingleCase {
  /** Undefined where the semantics has nothing to say: malformed questions, and Expand. */
  readonly truth: Truth | undefined;
  readonly gatehouse: Outcome;
  readonly openfga: Outcome;
}

/** What is compared: an answer, or the number of an error, and over HTTP the status, but of a stream that fails. */
export type Outcome = (Answer | { readonly error: number }) & { readonly httpStatus?: number };

export function outcomeOf(reply: Reply<Answer> | Refused): Outcome {
  const status = reply.httpStatus === undefined ? {} : { httpStatus: reply.httpStatus };
  if (reply instanceof Error) return { error: reply.code, ...status };
  if (reply.ok) return { ...reply.answer, ...status };
  // 200 where the fault came after a result, else 400: which of them is met first is each server's own affair.
  return reply.code === STREAM_FAULT ? { error: reply.code } : { error: reply.code, ...status };
}

export function isSame(one: Outcome, other: Outcome): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Whether an outcome is a right one. */
export function accepts(truth: Truth, outcome: Outcome): boolean {
  if ('accepted' in truth) return 'accepted' in outcome === truth.accepted;
  if ('error' in outcome) return 'error' in truth && [truth.error, STREAM_FAULT].includes(outcome.error);
  if ('allowed' in outcome) return 'allowed' in truth && truth.allowed === outcome.allowed;
  if (!('list' in outcome) || !('atMost' in truth)) return false;
  const listed = new Set(outcome.list);
  return (
    listed.size === outcome.list.length &&
    truth.atLeast.every((name) => listed.has(name)) &&
    outcome.list.every((name) => truth.atMost.includes(name))
  );
}
