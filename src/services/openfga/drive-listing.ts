import type { Listing } from '../../domain/relation/listing.ts';
import type { Clock } from '../../ports/clock.ts';
import { asking, type CallState } from './questions.ts';
import { OpenFgaError } from './openfga-error.ts';
import { nextTurn } from './store-index.ts';

/** Time that one list may take before others have their turn. */
const TURN_MS = 5;

/** When a list is to stop: its own deadline or the caller's, or a caller that went away. */
export function stopAt(clock: Clock, deadlineMs: number, call: CallState): () => boolean {
  const end = Math.min(clock.now() + deadlineMs, call.deadline);
  return () => call.cancelled() || clock.now() >= end;
}

/** Makes a list in turns of the event loop and hands over what is found meanwhile. Throws `cancelled` for a caller that went away. */
export async function* driveListing<Result>(
  listing: Listing<Result>,
  clock: Clock,
  call: CallState,
): AsyncGenerator<readonly string[], Result, void> {
  let turnEnd = clock.now() + TURN_MS;
  for (;;) {
    const step = asking(() => listing.next());
    if (call.cancelled()) throw new OpenFgaError('cancelled', 'Request Cancelled');
    if (step.done === true) return step.value;
    if (step.value.length > 0) yield step.value;
    if (clock.now() < turnEnd) continue;
    await nextTurn();
    turnEnd = clock.now() + TURN_MS;
  }
}

/** The whole list. */
export async function finishListing<Result>(listing: Listing<Result>, clock: Clock, call: CallState): Promise<Result> {
  const driven = driveListing(listing, clock, call);
  for (;;) {
    const step = await driven.next();
    if (step.done === true) return step.value;
  }
}
