export type OperatorKind = 'direct' | 'computed' | 'tuple_to_userset' | 'union' | 'intersection' | 'exclusion';

/** One compiled rewrite. All are of one shape, made by {@link operator}, so that reading one is the same for every kind. */
export interface Operator {
  readonly kind: OperatorKind;
  /** As the DSL has it: `a from b`, or the kind. */
  readonly label: string;
  /** Of a union and an intersection; of an exclusion the base and what is subtracted. */
  readonly children: readonly Operator[];
  /** The computed relation, by the model's numbers; -1 where there is none. */
  readonly relation: number;
  /** The relation that lists the parents, by the model's numbers; -1 where there is none. */
  readonly tupleset: number;
}

export function operator(
  kind: OperatorKind,
  label: string,
  { children = [], relation = -1, tupleset = -1 }: Partial<Pick<Operator, 'children' | 'relation' | 'tupleset'>> = {},
): Operator {
  return { kind, label, children, relation, tupleset };
}
