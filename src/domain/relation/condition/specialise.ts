import type { parse } from '@bufbuild/cel';
import { ALLOWED, DENIED } from '../outcome.ts';
import type { ConditionInput, Context } from './condition-input.ts';
import type { Parameter } from './compile-condition.ts';
import { MILLIS_MAX, MILLIS_MIN } from './parameter-type.ts';

export type Expression = ReturnType<typeof parse>['expr'];
/** A condition of a usual shape as a closure: DENIED, ALLOWED, or -1 where the values are not of the plain kind and CEL has to say. */
export type Specialised = (input: ConditionInput) => typeof DENIED | typeof ALLOWED | -1;

/** A number of the input, NaN where it is absent or not of the plain kind. */
type NumberOperand = (input: ConditionInput) => number;
type StringOperand = (input: ConditionInput) => string | undefined;
type NumberKind = 'int' | 'timestamp' | 'bool';

const COMPARISONS = {
  '_<_': (a: number, b: number) => a < b,
  '_<=_': (a: number, b: number) => a <= b,
  '_>_': (a: number, b: number) => a > b,
  '_>=_': (a: number, b: number) => a >= b,
  '_==_': (a: number, b: number) => a === b,
  '_!=_': (a: number, b: number) => a !== b,
} as const;
type Comparison = keyof typeof COMPARISONS;

/**
 * The closure of an expression that consists of `<  <=  >  >=  ==  !=` between parameters or literals of int, timestamp, bool and (for
 * `==` and `!=`) string, joined by `&&`, and that uses every parameter; undefined for all others. Equal to CEL by property.
 */
export function specialise(expression: Expression, parameters: readonly Parameter[]): Specialised | undefined {
  const used = new Set<string>();
  const closure = compile(expression, new Map(parameters.map((parameter) => [parameter.name, parameter])), used);
  return used.size === parameters.length ? closure : undefined;
}

function compile(
  expression: Expression | undefined,
  parameters: ReadonlyMap<string, Parameter>,
  used: Set<string>,
): Specialised | undefined {
  if (expression?.exprKind.case !== 'callExpr') return undefined;
  const call = expression.exprKind.value;
  const [left, right] = call.args;
  if (call.target !== undefined || left === undefined || right === undefined) return undefined;
  if (call.function === '_&&_') {
    const parts = call.args.map((part) => compile(part, parameters, used));
    return parts.reduce((all, part) => (all === undefined || part === undefined ? undefined : conjunction(all, part)));
  }
  if (!Object.hasOwn(COMPARISONS, call.function)) return undefined;
  const comparison = call.function as Comparison;
  return (
    compareStrings(comparison, stringOperand(left, parameters, used), stringOperand(right, parameters, used)) ??
    compareNumbers(comparison, numberOperand(left, parameters, used), numberOperand(right, parameters, used))
  );
}

/** Both sides are always evaluated: a parameter that is missing must not hide behind a false one. */
function conjunction(a: Specialised, b: Specialised): Specialised {
  return (input) => {
    const first = a(input);
    const second = b(input);
    if (first < 0 || second < 0) return -1;
    return first === ALLOWED && second === ALLOWED ? ALLOWED : DENIED;
  };
}

function compareNumbers(
  comparison: Comparison,
  left: { kind: NumberKind; read: NumberOperand } | undefined,
  right: { kind: NumberKind; read: NumberOperand } | undefined,
): Specialised | undefined {
  if (left === undefined || right === undefined || left.kind !== right.kind) return undefined;
  const holds = COMPARISONS[comparison];
  const readLeft = left.read;
  const readRight = right.read;
  return (input) => {
    const a = readLeft(input);
    const b = readRight(input);
    if (a !== a || b !== b) return -1;
    return holds(a, b) ? ALLOWED : DENIED;
  };
}

function compareStrings(
  comparison: Comparison,
  left: StringOperand | undefined,
  right: StringOperand | undefined,
): Specialised | undefined {
  if (left === undefined || right === undefined || (comparison !== '_==_' && comparison !== '_!=_')) return undefined;
  const wanted = comparison === '_==_';
  return (input) => {
    const a = left(input);
    const b = right(input);
    if (a === undefined || b === undefined) return -1;
    return (a === b) === wanted ? ALLOWED : DENIED;
  };
}

function numberOperand(
  expression: Expression,
  parameters: ReadonlyMap<string, Parameter>,
  used: Set<string>,
): { kind: NumberKind; read: NumberOperand } | undefined {
  const { exprKind } = expression;
  if (exprKind.case === 'identExpr') {
    const parameter = parameters.get(exprKind.value.name);
    const kind = parameter?.type.kind;
    if (parameter === undefined || (kind !== 'int' && kind !== 'timestamp' && kind !== 'bool')) return undefined;
    used.add(parameter.name);
    return { kind, read: numberParameter(parameter, kind) };
  }
  if (exprKind.case !== 'constExpr') return undefined;
  const constant = exprKind.value.constantKind;
  if (constant.case === 'int64Value' && Number.isSafeInteger(Number(constant.value))) {
    const value = Number(constant.value);
    return { kind: 'int', read: () => value };
  }
  if (constant.case === 'boolValue') {
    const value = constant.value ? 1 : 0;
    return { kind: 'bool', read: () => value };
  }
  return undefined;
}

function numberParameter(parameter: Parameter, kind: NumberKind): NumberOperand {
  const { name, key } = parameter;
  const convert = CONVERT[kind];
  return (input) => {
    if (input.link !== 0) {
      const { links, link } = input;
      if (!links.isPacked(link)) return NaN;
      const own = input.keyFromModel[key]!;
      const place = own < 0 ? 0 : links.find(link, own);
      if (place !== 0) {
        if (kind === 'timestamp') return convert(links.millisAt(place));
        return kind === 'int' ? convert(links.numberAt(place)) : links.booleanAt(place);
      }
    } else if (input.context !== undefined && Object.hasOwn(input.context, name)) {
      return plain(input.context, name, kind);
    }
    return input.request === undefined ? NaN : plain(input.request, name, kind);
  };
}

function plain(context: Context, name: string, kind: NumberKind): number {
  if (!Object.hasOwn(context, name)) return NaN;
  const value = context[name];
  if (kind === 'bool') return typeof value === 'boolean' ? Number(value) : NaN;
  return typeof value === 'number' ? CONVERT[kind](value) : NaN;
}

const CONVERT = {
  int: (value: number) => (Number.isSafeInteger(value) ? value : NaN),
  timestamp: (value: number) => (Number.isInteger(value) && value >= MILLIS_MIN && value <= MILLIS_MAX ? value : NaN),
  bool: (value: number) => value,
} as const;

function stringOperand(
  expression: Expression,
  parameters: ReadonlyMap<string, Parameter>,
  used: Set<string>,
): StringOperand | undefined {
  const { exprKind } = expression;
  if (exprKind.case === 'constExpr' && exprKind.value.constantKind.case === 'stringValue') {
    const { value } = exprKind.value.constantKind;
    return () => value;
  }
  if (exprKind.case !== 'identExpr') return undefined;
  const parameter = parameters.get(exprKind.value.name);
  if (parameter?.type.kind !== 'string') return undefined;
  used.add(parameter.name);
  const { name, key } = parameter;
  return (input) => {
    if (input.link !== 0) {
      const { links, link } = input;
      const own = input.keyFromModel[key]!;
      if (!links.isPacked(link) || (own >= 0 && links.find(link, own) !== 0)) return undefined;
    } else if (input.context !== undefined && Object.hasOwn(input.context, name)) {
      return stringOf(input.context[name]);
    }
    return input.request !== undefined && Object.hasOwn(input.request, name)
      ? stringOf(input.request[name])
      : undefined;
  };
}

function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
