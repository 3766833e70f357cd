import type { Millis } from '../domain/values.ts';

/** The store's clock (S-15). One `now` a request: read once, pass on. */
export interface Clock {
  now(): Millis;
}
