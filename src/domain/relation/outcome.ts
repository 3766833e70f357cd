/**
 * What an evaluation came to, as a small number. `CYCLE` is a denial that rests on a relation asking for itself: as a denial it
 * denies, and taken away from something it denies, too. Above it are the reasons of *unknown*, the stronger ones higher.
 */
export const DENIED = 0;
export const ALLOWED = 1;
export const CYCLE = 2;
export const MISSING_CONTEXT = 3;
export const CONDITION_FAILED = 4;
export const BREADTH = 5;
export const DEPTH = 6;
export const DEADLINE = 7;

export type Outcome = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;

/**
 * Why an answer is unknown: `missing-context` a parameter of a condition is in no context; `condition` a condition could not be evaluated
 * (a value of another type, an error of the expression, too costly); `breadth` more branches or steps, `depth` more levels than the limits; `deadline`
 * time is over.
 */
export type UnknownReason = 'missing-context' | 'condition' | 'breadth' | 'depth' | 'deadline';

/** The answer to a check. `unknown` says why there is no certain one; then `allowed` is false: doubt is a denial. */
export interface Verdict {
  readonly allowed: boolean;
  readonly unknown?: UnknownReason;
}

/** Union: allowed by either; else the stronger doubt. */
export function either(a: Outcome, b: Outcome): Outcome {
  if (a === ALLOWED || b === ALLOWED) return ALLOWED;
  return a > b ? a : b;
}

/** Intersection: denied by either, by a cycle next; else the stronger doubt. */
export function both(a: Outcome, b: Outcome): Outcome {
  if (a === DENIED || b === DENIED) return DENIED;
  if (a === CYCLE || b === CYCLE) return CYCLE;
  return a > b ? a : b;
}

/** Exclusion: allowed only where the base is and the subtracted is denied for certain. */
export function without(base: Outcome, subtract: Outcome): Outcome {
  if (base === DENIED || subtract === ALLOWED) return DENIED;
  if (base === CYCLE || subtract === CYCLE) return CYCLE;
  if (subtract === DENIED) return base;
  return base > subtract ? base : subtract;
}

const UNKNOWN: readonly UnknownReason[] = ['missing-context', 'condition', 'breadth', 'depth', 'deadline'];

const VERDICTS: readonly Verdict[] = [
  Object.freeze({ allowed: false }),
  Object.freeze({ allowed: true }),
  Object.freeze({ allowed: false }),
  ...UNKNOWN.map((unknown) => Object.freeze({ allowed: false, unknown })),
];

export function verdictOf(outcome: Outcome): Verdict {
  return VERDICTS[outcome]!;
}
