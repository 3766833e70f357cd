import type { Millis } from '../domain/values.ts';

/**
 * Times of creation in nanoseconds for the order of listings: the clock's millisecond, and below it a count, so that no
 * two of one process are equal and each is greater than the one before, should the clock even stand or step back.
 */
export class CreationTimes {
  #last = -1n;

  next(now: Millis): bigint {
    const earliest = BigInt(now) * 1_000_000n;
    this.#last = earliest > this.#last ? earliest : this.#last + 1n;
    return this.#last;
  }
}
