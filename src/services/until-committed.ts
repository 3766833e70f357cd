import { Fault } from '../domain/errors.ts';

/** Attempts at one change while others win the race for the same document. */
const ATTEMPTS_MAX = 16;

/**
 * Runs attempts at a change until one is neither lost nor in vain: an attempt reads anew, and answers undefined when somebody
 * else committed first. Past the last one the caller is told CONFLICT.
 */
export async function untilCommitted<T>(attempt: () => Promise<T | undefined>): Promise<T> {
  for (let attempts = 0; attempts < ATTEMPTS_MAX; attempts += 1) {
    const done = await attempt();
    if (done !== undefined) return done;
  }
  throw new Fault('CONFLICT', 'others keep changing this; try again', { rule: 'one change at a time' });
}
