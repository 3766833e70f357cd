import type { Clock } from '../ports/clock.ts';

/** The clock of this machine; processes that share a data directory share it too. */
export const systemClock: Clock = { now: () => Date.now() };
