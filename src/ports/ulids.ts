import type { Millis } from '../domain/values.ts';

/** ULIDs: 26 characters of Crockford's base 32, ordered by time. */
export interface Ulids {
  /** A new one, greater than every one that this process made before. */
  next(now: Millis): string;
  /** The same for the same moment and text, everywhere and for ever. */
  derived(at: Millis, text: string): string;
}
