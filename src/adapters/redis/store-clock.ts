import type { Millis } from '../../domain/values.ts';

/** What one reply told: the store's clock, somewhere between sending and receiving (of a monotonic clock of this process). */
interface Sample {
  readonly sentMs: number;
  readonly receivedMs: number;
  readonly storeAt: Millis;
}

/** Clocks of two machines drift apart by no more than this share. */
const DRIFT = 1e-3;
/** The store tells whole milliseconds. */
const GRAIN_MS = 1;

/**
 * The store's clock as replies tell of it (S-15): the reply that took the least time is believed, and the less the older it is. A reply
 * that contradicts it means that the store's clock was set, and is believed at once.
 */
export class StoreClock {
  readonly #fallback: () => Millis;
  #offsetMs: number | undefined;
  #errorMs = 0;
  #learnedMs = 0;

  /** `fallback`: what to tell before the first reply. */
  constructor(fallback: () => Millis) {
    this.#fallback = fallback;
  }

  learn({ sentMs, receivedMs, storeAt }: Sample): void {
    const errorMs = (receivedMs - sentMs) / 2 + GRAIN_MS;
    const offsetMs = storeAt - (sentMs + receivedMs) / 2;
    const known = this.#offsetMs;
    const knownErrorMs = this.#errorMs + (receivedMs - this.#learnedMs) * DRIFT;
    if (known !== undefined && errorMs > knownErrorMs && Math.abs(offsetMs - known) <= errorMs + knownErrorMs) return;
    this.#offsetMs = offsetMs;
    this.#errorMs = errorMs;
    this.#learnedMs = receivedMs;
  }

  at(nowMs: number): Millis {
    return this.#offsetMs === undefined ? this.#fallback() : Math.floor(nowMs + this.#offsetMs);
  }
}
