import type { ScalarKind } from './parameter-type.ts';
import type { Expression } from './specialise.ts';

/** What is known of the value of an expression; `any`: nothing. All numbers are one kind. */
type Kind =
  'any' | 'bool' | 'number' | 'string' | 'bytes' | 'null' | 'duration' | 'timestamp' | 'list' | 'map' | 'type';
/** Kinds of variables. */
type Scope = ReadonlyMap<string, Kind>;

/** What an expression can never be evaluated to, for the author of a condition. */
class TypeProblem extends Error {}

/** Functions whose value is of one kind whatever they are given. */
const RESULTS: Readonly<Record<string, Kind>> = {
  int: 'number',
  uint: 'number',
  double: 'number',
  bool: 'bool',
  bytes: 'bytes',
  string: 'string',
  timestamp: 'timestamp',
  duration: 'duration',
  ipaddress: 'any',
  dyn: 'any',
  type: 'type',
  size: 'number',
  in_cidr: 'bool',
  '@not_strictly_false': 'bool',
};
const PARTS_OF_TIME = new Set(
  'getSeconds getMinutes getHours getMilliseconds getFullYear getMonth getDate getDayOfMonth getDayOfWeek getDayOfYear'.split(
    ' ',
  ),
);
const OF_STRINGS = new Set(['contains', 'endsWith', 'startsWith', 'matches']);
const SYMBOLS = /^_?([^\w\s]+)_$/;

/** Sums and differences of unlike kinds, or with an unlike result. */
const MIXED: Readonly<Record<string, Kind>> = {
  'timestamp + duration': 'timestamp',
  'duration + timestamp': 'timestamp',
  'timestamp - duration': 'timestamp',
  'timestamp - timestamp': 'duration',
};
const SUMMED = new Set<Kind>(['number', 'string', 'bytes', 'list', 'duration']);
const SUBTRACTED = new Set<Kind>(['number', 'duration']);
const ORDERED = new Set<Kind>(['bool', 'number', 'string', 'bytes', 'duration', 'timestamp']);

/**
 * Why an expression over parameters of these kinds can never be a boolean: an operator on kinds that it is not for, an unknown function, a value
 * of another kind. Undefined where nothing is wrong for certain; values of `any` and elements are looked at when they are there.
 */
export function typeProblemOf(
  expression: Expression,
  parameters: ReadonlyMap<string, ScalarKind | 'list' | 'map'>,
): string | undefined {
  const scope = new Map([...parameters].map(([name, kind]) => [name, kindOf(kind)]));
  try {
    const kind = infer(expression, scope);
    return kind === 'any' || kind === 'bool' ? undefined : `the expression is a ${kind}, not a bool`;
  } catch (error) {
    if (error instanceof TypeProblem) return error.message;
    throw error;
  }
}

function kindOf(kind: ScalarKind | 'list' | 'map'): Kind {
  switch (kind) {
    case 'int':
    case 'uint':
    case 'double':
      return 'number';
    case 'ipaddress':
      return 'any';
    default:
      return kind;
  }
}

function infer(expression: Expression | undefined, scope: Scope): Kind {
  const { exprKind } = expression ?? { exprKind: { case: undefined } };
  switch (exprKind.case) {
    case undefined:
      return 'any';
    case 'constExpr':
      return constantKind(exprKind.value.constantKind.case);
    case 'identExpr':
      return scope.get(exprKind.value.name) ?? 'any';
    case 'selectExpr': {
      const operand = infer(exprKind.value.operand, scope);
      if (operand !== 'any' && operand !== 'map')
        throw new TypeProblem(`a ${operand} has no field \`${exprKind.value.field}\``);
      return exprKind.value.testOnly ? 'bool' : 'any';
    }
    case 'callExpr': {
      const { target, args, function: name } = exprKind.value;
      const on = target === undefined ? undefined : infer(target, scope);
      return inferCall(
        name,
        on,
        args.map((argument) => infer(argument, scope)),
      );
    }
    case 'listExpr':
      for (const element of exprKind.value.elements) infer(element, scope);
      return 'list';
    case 'structExpr':
      for (const { value } of exprKind.value.entries) infer(value, scope);
      return 'map';
    case 'comprehensionExpr': {
      const { iterVar, iterVar2, accuVar, iterRange, accuInit, loopCondition, loopStep, result } = exprKind.value;
      const range = infer(iterRange, scope);
      if (range !== 'any' && range !== 'list' && range !== 'map')
        throw new TypeProblem(`a ${range} has no elements to look at`);
      const accumulated = infer(accuInit, scope);
      const inner = new Map<string, Kind>([...scope, [iterVar, 'any'], [iterVar2, 'any'], [accuVar, accumulated]]);
      infer(loopCondition, inner);
      infer(loopStep, inner);
      return infer(result, inner);
    }
    default:
      return exprKind satisfies never;
  }
}

function constantKind(name: string | undefined): Kind {
  switch (name) {
    case 'boolValue':
      return 'bool';
    case 'int64Value':
    case 'uint64Value':
    case 'doubleValue':
      return 'number';
    case 'stringValue':
      return 'string';
    case 'bytesValue':
      return 'bytes';
    case 'nullValue':
      return 'null';
    default:
      return 'any';
  }
}

function inferCall(name: string, on: Kind | undefined, args: readonly Kind[]): Kind {
  if (PARTS_OF_TIME.has(name)) return require(name, on ?? 'any', ['timestamp', 'duration'], 'number');
  if (OF_STRINGS.has(name)) {
    for (const kind of on === undefined ? args : [on, ...args]) require(name, kind, ['string'], 'bool');
    return 'bool';
  }
  if (Object.hasOwn(RESULTS, name)) return RESULTS[name]!;
  const symbol = SYMBOLS.exec(name)?.[1] ?? name;
  const [left = 'any', right = 'any'] = args;
  switch (name) {
    case '_&&_':
    case '_||_':
    case '!_':
      for (const kind of args) require(symbol, kind, ['bool'], 'bool');
      return 'bool';
    case '_==_':
    case '_!=_':
      if (isKnown(left, right) && left !== right && left !== 'null' && right !== 'null')
        throw unlike(symbol, left, right);
      return 'bool';
    case '_<_':
    case '_<=_':
    case '_>_':
    case '_>=_':
      if (
        (isKnown(left, right) && left !== right) ||
        ![left, right].every((kind) => kind === 'any' || ORDERED.has(kind))
      )
        throw unlike(symbol, left, right);
      return 'bool';
    case '_+_':
      return combined(symbol, left, right, SUMMED);
    case '_-_':
      return combined(symbol, left, right, SUBTRACTED);
    case '_*_':
    case '_/_':
    case '_%_':
    case '-_':
      for (const kind of args) require(symbol, kind, ['number'], 'number');
      return 'number';
    case '@in':
      return require('in', right, ['list', 'map'], 'bool');
    case '_[_]':
      return require('[]', left, ['list', 'map'], 'any');
    case '_?_:_': {
      const [asked = 'any', yes = 'any', no = 'any'] = args;
      require('?:', asked, ['bool'], 'bool');
      return yes === no ? yes : 'any';
    }
    default:
      throw new TypeProblem(`undeclared reference to '${name}'`);
  }
}

function combined(symbol: string, left: Kind, right: Kind, alike: ReadonlySet<Kind>): Kind {
  if (!isKnown(left, right)) return 'any';
  const mixed = MIXED[`${left} ${symbol} ${right}`];
  if (mixed !== undefined) return mixed;
  if (left !== right || !alike.has(left)) throw unlike(symbol, left, right);
  return left;
}

function isKnown(left: Kind, right: Kind): boolean {
  return left !== 'any' && right !== 'any';
}

function require(name: string, kind: Kind, wanted: readonly Kind[], result: Kind): Kind {
  if (kind === 'any' || wanted.includes(kind)) return result;
  throw new TypeProblem(`no matching overload for '${name}' on a ${kind}`);
}

function unlike(symbol: string, left: Kind, right: Kind): TypeProblem {
  return new TypeProblem(`no matching overload for '${symbol}' on a ${left} and a ${right}`);
}
