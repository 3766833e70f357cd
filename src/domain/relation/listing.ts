import type { CheckOptions } from './check-options.ts';
import type { UnknownReason } from './outcome.ts';

/** How much of a list is wanted. */
export interface ListOptions {
  /** Most entries of the list; absent: all of them. */
  readonly limit?: number;
  /** Only entries behind this one in the order of the list: the `next` of the page before. */
  readonly after?: string;
}

/** `limits.stepsMax` of a list is LIST_STEPS_MAX unless given: a list looks at more than a check does. */
export type ListCallOptions = CheckOptions & ListOptions;

/** What is said of a list beside its entries. */
export interface ListEnd {
  /** False: more may follow; cut by `limit`, by the steps or by time. */
  readonly complete: boolean;
  /**
   * Something could not be decided, so an entry may be missing; what is listed is certain nevertheless. The strongest reason of those met before the list was
   * cut by `limit`.
   */
  readonly unknown?: UnknownReason;
  /** With a list that has all entries up to a last one: that one, to be the `after` of the next page. Not where steps or time were over too soon for an order. */
  readonly next?: string;
}

/**
 * A list while it is made. Each `next()` takes about a millisecond at most; between two of them the driver may let others run, and the index may change: the list
 * then goes on with the index as it is. A yield hands over the entries found since the one before, perhaps none, in the order of the list; `entries` of the
 * result has them all once more, with those that no yield had.
 */
export type Listing<Result> = Generator<readonly string[], Result, void>;
