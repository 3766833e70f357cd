import type { PolicyProblem } from './policy.ts';

/** A problem before its line is known. */
export type Finding = Omit<PolicyProblem, 'line'>;

/** JSON Pointer (RFC 6901) of the given steps. */
export function pointer(...steps: readonly (string | number)[]): string {
  return steps.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

export function error(rule: string, path: string, message: string): Finding {
  return { severity: 'error', rule, path, message };
}

export function warning(rule: string, path: string, message: string): Finding {
  return { severity: 'warning', rule, path, message };
}

/** The items of a list that are there, with their index. */
export function present<T>(list: readonly (T | undefined)[] | undefined): (readonly [number, T])[] {
  return (list ?? []).flatMap((item, index) => (item === undefined ? [] : [[index, item] as const]));
}

/** The fields of a record that are there. */
export function fields<T>(record: Readonly<Record<string, T | undefined>> | undefined): (readonly [string, T])[] {
  return Object.entries(record ?? {}).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
}

/** The order in which problems are reported: by line, then path, then message. */
export function inOrder(problems: readonly PolicyProblem[]): PolicyProblem[] {
  return [...problems].sort((a, b) => a.line - b.line || compare(a.path, b.path) || compare(a.message, b.message));
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
