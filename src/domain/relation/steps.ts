import { BREADTH, DEADLINE, DENIED } from './outcome.ts';
import type { Outcome } from './outcome.ts';

/** Steps between two looks at the deadline. */
const STEPS_A_LOOK = 256;

/** Counts the steps of one evaluation, and ends it at their limit or when time is over. */
export class Steps {
  taken = 0;
  #max = 0;
  #expired: (() => boolean) | undefined;
  /** Why no further step is made; DENIED while they are. */
  #stopped: Outcome = DENIED;

  start(max: number, expired: (() => boolean) | undefined): void {
    this.taken = 0;
    this.#max = max;
    this.#expired = expired;
    this.#stopped = DENIED;
  }

  /** Takes one step: DENIED to go on, else the reason to stop. */
  take(): Outcome {
    if (this.#stopped !== DENIED) return this.#stopped;
    if (++this.taken > this.#max) this.#stopped = BREADTH;
    else if (this.taken % STEPS_A_LOOK === 0 && this.#expired?.() === true) this.#stopped = DEADLINE;
    return this.#stopped;
  }
}
