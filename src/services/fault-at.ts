import { Fault } from '../domain/errors.ts';

/** A fault of one item of a list, its field named from the list on: `operations[3].cost`. Anything else as it is. */
export function faultAt(list: string, position: number, error: unknown): unknown {
  if (!(error instanceof Fault) || error.field === undefined) return error;
  const at = `${list}[${position}]`;
  return new Fault(error.code, `${at}.${error.message}`, {
    field: `${at}.${error.field}`,
    ...(error.rule !== undefined && { rule: error.rule }),
    cause: error,
  });
}
