/** A condition of the model with the context that is stored beside a tuple. Shapes as OpenFGA's JSON. */
export interface TupleCondition {
  readonly name: string;
  readonly context?: Readonly<Record<string, unknown>>;
}

/** `user` is `type:id`, `type:id#relation` or `type:*`; `object` is `type:id`. */
export interface TupleKey {
  readonly user: string;
  readonly relation: string;
  readonly object: string;
}

export interface Tuple extends TupleKey {
  readonly condition?: TupleCondition;
}

/** The one text form of a tuple key, `object#relation@user`: equal keys, equal texts. */
export function formatKey(key: TupleKey): string {
  return `${key.object}#${key.relation}@${key.user}`;
}

/** The text form of a tuple: its key, with ` with condition` where it has one. */
export function formatTuple(tuple: Tuple): string {
  return tuple.condition ? `${formatKey(tuple)} with ${tuple.condition.name}` : formatKey(tuple);
}

/** Whether two conditions have the same name and equal contexts; an empty context is none. */
export function isSameCondition(a: TupleCondition | undefined, b: TupleCondition | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.name === b.name && isSameValue(a.context ?? {}, b.context ?? {});
}

/** Of JSON; the order of fields is without meaning. */
function isSameValue(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  const keys = Object.keys(a);
  return (
    Array.isArray(a) === Array.isArray(b) &&
    keys.length === Object.keys(b).length &&
    keys.every(
      (key) =>
        Object.hasOwn(b, key) && isSameValue((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
    )
  );
}
