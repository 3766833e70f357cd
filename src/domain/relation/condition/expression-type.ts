import { integerProblemOf, literalProblemOf } from './expression-literals.ts';
import { OVERLOADS } from './expression-overloads.ts';
import type { ExpressionType, Overload } from './expression-overloads.ts';
import type { ParameterType } from './parameter-type.ts';
import type { Expression } from './specialise.ts';

/** Types of variables. */
type Scope = ReadonlyMap<string, ExpressionType>;

/** What an expression can never be evaluated to, for the author of a condition. */
class TypeProblem extends Error {}

const simple = (kind: string): ExpressionType => ({ kind, of: [] });
const DYN = simple('dyn');
const ANY = simple('any');
const FREE = simple('free');
const BOOL = simple('bool');
const INT = simple('int');
/** Types that have null among their values. */
const NULLABLE = new Set(['timestamp', 'duration', 'ipaddress']);

/**
 * Why an expression over parameters of these types is not a condition, as CEL's type check has it and OpenFGA does: no overload of an operator
 * or function for its operands (numbers of different types are not compared), an unknown function, a literal that is not of its type, a value
 * that is no boolean. Undefined
 * where nothing is wrong; what a parameter of type any holds is looked at when it is there.
 */
export function typeProblemOf(
  expression: Expression,
  parameters: ReadonlyMap<string, ParameterType>,
): string | undefined {
  try {
    const { kind } = infer(expression, new Map([...parameters].map(([name, type]) => [name, typeOf(type)])));
    return kind === 'bool' ? undefined : `the expression is a ${kind}, not a bool`;
  } catch (error) {
    if (error instanceof TypeProblem) return error.message;
    throw error;
  }
}

function refuse(problem: string | undefined): void {
  if (problem !== undefined) throw new TypeProblem(problem);
}

function typeOf(type: ParameterType): ExpressionType {
  switch (type.kind) {
    case 'any':
      return ANY;
    case 'list':
      return { kind: 'list', of: [typeOf(type.element)] };
    case 'map':
      return { kind: 'map', of: [simple('string'), typeOf(type.element)] };
    default:
      return simple(type.kind);
  }
}

function infer(expression: Expression | undefined, scope: Scope): ExpressionType {
  const { exprKind } = expression ?? { exprKind: { case: undefined } };
  switch (exprKind.case) {
    case undefined:
      return DYN;
    case 'constExpr':
      return constantType(exprKind.value.constantKind.case, exprKind.value.constantKind.value);
    case 'identExpr':
      return scope.get(exprKind.value.name) ?? simple('type');
    case 'selectExpr': {
      const { operand, field, testOnly } = exprKind.value;
      const type = infer(operand, scope);
      if (!['map', 'any', 'dyn', 'free'].includes(type.kind)) {
        throw new TypeProblem(`a value of ${textOf(type)} has no field '${field}'`);
      }
      return testOnly ? BOOL : (type.of[1] ?? DYN);
    }
    case 'callExpr': {
      const { target, args, function: name } = exprKind.value;
      const operands = [...(target === undefined ? [] : [target]), ...args].map((operand) => infer(operand, scope));
      const type = inferCall(name, target !== undefined, operands);
      refuse(literalProblemOf(expression!));
      return type;
    }
    case 'listExpr':
      return { kind: 'list', of: [joined(exprKind.value.elements.map((element) => infer(element, scope)))] };
    case 'structExpr': {
      const { entries, messageName } = exprKind.value;
      const values = entries.map(({ value }) => infer(value, scope));
      if (messageName !== '') return DYN;
      const keys = entries.map(({ keyKind }) =>
        keyKind.case === 'mapKey' ? infer(keyKind.value, scope) : simple('string'),
      );
      return { kind: 'map', of: [joined(keys), joined(values)] };
    }
    case 'comprehensionExpr': {
      const { iterVar, iterVar2, accuVar, iterRange, accuInit, loopCondition, loopStep, result } = exprKind.value;
      const [first, second] = elementsOf(infer(iterRange, scope), iterVar2 !== '');
      const start = infer(accuInit, scope);
      const around = new Map([...scope, [iterVar, first], [iterVar2, second], [accuVar, start]]);
      expectBool(infer(loopCondition, around));
      const step = infer(loopStep, around);
      const end = join(start, step);
      if (end === undefined) throw new TypeProblem(`${textOf(start)} becomes ${textOf(step)}`);
      return infer(result, new Map([...scope, [accuVar, end]]));
    }
    default:
      return exprKind satisfies never;
  }
}

function constantType(name: string | undefined, value: unknown): ExpressionType {
  refuse(integerProblemOf(name, value));
  switch (name) {
    case 'int64Value':
      return INT;
    case 'uint64Value':
      return simple('uint');
    default:
      return name === undefined ? DYN : simple(name.replace('Value', ''));
  }
}

/** What a comprehension over a value has in its one or two variables. */
function elementsOf(range: ExpressionType, both: boolean): [ExpressionType, ExpressionType] {
  const [first = DYN, second = DYN] = range.of;
  switch (range.kind) {
    case 'list':
      return both ? [INT, first] : [first, DYN];
    case 'map':
      return [first, second];
    case 'dyn':
    case 'free':
      return [DYN, DYN];
    default:
      throw new TypeProblem(`a value of ${textOf(range)} has no elements to look at`);
  }
}

function expectBool(type: ExpressionType): void {
  if (join(type, BOOL) === undefined) throw new TypeProblem(`${textOf(type)} where a bool is expected`);
}

function inferCall(name: string, method: boolean, operands: readonly ExpressionType[]): ExpressionType {
  const overloads = OVERLOADS.get(name);
  if (overloads === undefined) throw new TypeProblem(`undeclared reference to '${name}'`);
  const results = overloads
    .filter((overload) => overload.method === method && overload.operands.length === operands.length)
    .flatMap((overload) => resultOf(overload, operands) ?? []);
  const [first, ...others] = results;
  if (first === undefined) {
    throw new TypeProblem(`no matching overload for '${symbolOf(name)}' on (${operands.map(textOf).join(', ')})`);
  }
  return others.every((other) => textOf(other) === textOf(first)) ? first : DYN;
}

/** An operator as it is written; a function's name. */
function symbolOf(name: string): string {
  return name.replaceAll(/^@|(?<=\W)_|_(?=\W)/g, '');
}

function resultOf(overload: Overload, operands: readonly ExpressionType[]): ExpressionType | undefined {
  const bound = new Map<string, ExpressionType>();
  if (!overload.operands.every((wanted, at) => matches(wanted, operands[at]!, bound))) return undefined;
  return filled(overload.result, bound);
}

function matches(wanted: ExpressionType, given: ExpressionType, bound: Map<string, ExpressionType>): boolean {
  if (isVariable(wanted)) {
    const known = join(bound.get(wanted.kind) ?? FREE, given);
    if (known !== undefined) bound.set(wanted.kind, known);
    return known !== undefined;
  }
  if (wanted.kind === given.kind) return wanted.of.every((inner, at) => matches(inner, given.of[at]!, bound));
  return join(simple(wanted.kind), given) !== undefined;
}

function filled(type: ExpressionType, bound: ReadonlyMap<string, ExpressionType>): ExpressionType {
  if (isVariable(type)) return bound.get(type.kind) ?? DYN;
  return type.of.length === 0 ? type : { kind: type.kind, of: type.of.map((inner) => filled(inner, bound)) };
}

function isVariable({ kind }: ExpressionType): boolean {
  return kind === 'A' || kind === 'B';
}

/** The type that values of two types have in common; undefined where they have none. */
function join(a: ExpressionType, b: ExpressionType): ExpressionType | undefined {
  if (a.kind === 'free') return b;
  if (b.kind === 'free') return a;
  if (isOpen(a) || isOpen(b)) return a.kind === b.kind ? a : DYN;
  if (a.kind === 'null' && NULLABLE.has(b.kind)) return b;
  if (b.kind === 'null' && NULLABLE.has(a.kind)) return a;
  if (a.kind !== b.kind) return undefined;
  const inner = a.of.flatMap((one, at) => join(one, b.of[at]!) ?? []);
  return inner.length === a.of.length ? { kind: a.kind, of: inner } : undefined;
}

function isOpen({ kind }: ExpressionType): boolean {
  return kind === 'any' || kind === 'dyn';
}

/** The type of the elements of a list, `dyn` where they differ. */
function joined(types: readonly ExpressionType[]): ExpressionType {
  return types.reduce((all, type) => join(all, type) ?? DYN, FREE);
}

function textOf({ kind, of }: ExpressionType): string {
  return of.length === 0 ? kind : `${kind}<${of.map(textOf).join(', ')}>`;
}
