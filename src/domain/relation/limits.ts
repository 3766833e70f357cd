/** Bounds of one evaluation. What is over them is unknown, never denied and never allowed. */
export interface Limits {
  /** Levels of relations that lead to each other; OpenFGA's 25. 1 to 100. */
  readonly depthMax: number;
  /** Usersets that lead further, or parents, of one relation of one object. 1 to 1,024: beyond, sets only count their users. */
  readonly breadthMax: number;
  /** Relations and usersets looked at in all; some 50 ns each. 1 to 10,000,000. */
  readonly stepsMax: number;
}

export const DEFAULT_LIMITS: Limits = { depthMax: 25, breadthMax: 1_000, stepsMax: 100_000 };
export const LIMITS_MAX: Limits = { depthMax: 100, breadthMax: 1_024, stepsMax: 10_000_000 };

/** The limits with defaults for those not given, each held to its range. */
export function limitsOf(given: Partial<Limits> | undefined): Limits {
  if (given === undefined) return DEFAULT_LIMITS;
  const within = (key: keyof Limits) => Math.max(1, Math.min(LIMITS_MAX[key], given[key] ?? DEFAULT_LIMITS[key]));
  return { depthMax: within('depthMax'), breadthMax: within('breadthMax'), stepsMax: within('stepsMax') };
}
