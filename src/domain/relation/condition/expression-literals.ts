import { celEnv, isCelError, parse, plan } from '@bufbuild/cel';
import type { Expression } from './specialise.ts';

const CONVERSIONS = new Set(['int', 'uint', 'double', 'bool', 'string', 'bytes', 'timestamp', 'duration']);
const INT_MIN = -(2n ** 63n);
const INT_MAX = 2n ** 63n - 1n;
const UINT_MAX = 2n ** 64n - 1n;

const standard = celEnv();
const template = parse('f()');

/** Why a literal is none: an integer out of range. Undefined where there is nothing wrong. */
export function integerProblemOf(kind: string | undefined, value: unknown): string | undefined {
  if (typeof value !== 'bigint') return undefined;
  const sound = kind === 'uint64Value' ? value >= 0n && value <= UINT_MAX : value >= INT_MIN && value <= INT_MAX;
  return sound ? undefined : `${value} is out of the range of integers`;
}

/** Why a call can never succeed: a conversion of a literal that has no such value, a literal pattern that is no regular expression. */
export function literalProblemOf(expression: NonNullable<Expression>): string | undefined {
  const { exprKind } = expression;
  if (exprKind.case !== 'callExpr') return undefined;
  const { function: name, target, args } = exprKind.value;
  const last = args.at(-1);
  if (last?.exprKind.case !== 'constExpr') return undefined;
  if (CONVERSIONS.has(name) && target === undefined && args.length === 1) return failureOf(expression);
  if (name !== 'matches') return undefined;
  const onNothing = { ...exprKind.value, target: EMPTY_TEXT, args: [last] };
  return failureOf({ ...expression, exprKind: { case: 'callExpr', value: onNothing } });
}

const EMPTY_TEXT = parse('""').expr;

function failureOf(expression: NonNullable<Expression>): string | undefined {
  const result = plan(standard, { ...template, expr: expression })({});
  return isCelError(result) ? result.message : undefined;
}
