import type { Operator } from './rewrite/operator.ts';

/** A way by which users come into a relation: a leaf of its rewrite, with what lies above it. */
export interface Lead {
  /** `direct`, `computed` or `tuple_to_userset`. */
  readonly operator: Operator;
  /** Who comes by it is in the relation; else an intersection or an exclusion above has a say, too. */
  readonly isCertain: boolean;
  /** It is taken away by a `but not`, or by three of them: who comes by it is in the relation for other reasons, if at all. */
  readonly isTaken: boolean;
}

/** All leads of a rewrite; `isTaken`: of one that is taken away. */
export function leadsOf(operator: Operator, isTaken = false, isCertain = !isTaken): readonly Lead[] {
  const { children } = operator;
  switch (operator.kind) {
    case 'direct':
    case 'computed':
    case 'tuple_to_userset':
      return [{ operator, isCertain, isTaken }];
    case 'union':
      return children.flatMap((child) => leadsOf(child, isTaken, isCertain));
    case 'intersection':
      return children.flatMap((child) => leadsOf(child, isTaken, false));
    case 'exclusion':
      return [...leadsOf(children[0]!, isTaken, false), ...leadsOf(children[1]!, !isTaken, false)];
    default:
      return operator.kind satisfies never;
  }
}

/**
 * As few leads as every user of the relation comes by one of: of an intersection those of one part, chosen by `costOf`, a guess at what it takes to
 * follow them; of an exclusion those of its base.
 */
export function leadsEnough(
  operator: Operator,
  costOf: (operator: Operator) => number,
  isCertain = true,
): readonly Lead[] {
  const { children } = operator;
  switch (operator.kind) {
    case 'direct':
    case 'computed':
    case 'tuple_to_userset':
      return [{ operator, isCertain, isTaken: false }];
    case 'union':
      return children.flatMap((child) => leadsEnough(child, costOf, isCertain));
    case 'intersection': {
      const [cheapest] = [...children].sort((a, b) => costOf(a) - costOf(b));
      return leadsEnough(cheapest!, costOf, false);
    }
    case 'exclusion':
      return leadsEnough(children[0]!, costOf, false);
    default:
      return operator.kind satisfies never;
  }
}
