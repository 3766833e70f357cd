import { CelScalar, celEnv, celFunc, celMethod, isCelError, parse, plan } from '@bufbuild/cel';
import type { CelInput } from '@bufbuild/cel';
import type { ConditionDefinition } from '../model.ts';
import { ALLOWED, CONDITION_FAILED, DENIED, MISSING_CONTEXT } from '../outcome.ts';
import type { Outcome } from '../outcome.ts';
import type { NameList } from '../vocabulary.ts';
import { storedContext } from './condition-input.ts';
import type { ConditionInput, Context } from './condition-input.ts';
import { COST_MAX, EXPRESSION_NODES_MAX, ExpressionCost } from './expression-cost.ts';
import { typeProblemOf } from './expression-type.ts';
import { canonicalIpAddress, inCidr } from './ip-address.ts';
import { convertValue, parseParameterType } from './parameter-type.ts';
import type { ParameterType } from './parameter-type.ts';
import { specialise } from './specialise.ts';

/** Longest expression, in characters. */
export const EXPRESSION_CHARS_MAX = 16_384;

export interface Parameter {
  readonly name: string;
  readonly type: ParameterType;
  /** Number among the context keys of the model. */
  readonly key: number;
}

/** A condition, ready to be asked many times. */
export interface CompiledCondition {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  /** Whether a closure answers the plain cases without CEL. */
  readonly specialised: boolean;
  /**
   * ALLOWED or DENIED; MISSING_CONTEXT where any declared parameter is in neither context (as OpenFGA, needed or not); CONDITION_FAILED where
   * a value is not of its type, the expression errs or is no boolean, or it would take more than COST_MAX steps.
   */
  readonly evaluate: (input: ConditionInput) => Outcome;
  /** The same, always through CEL. */
  readonly evaluateByCel: (context: Context) => Outcome;
}

/** A compiled condition, or why there is none. */
export function compileCondition(
  definition: ConditionDefinition,
  keys: NameList,
): { readonly condition: CompiledCondition } | { readonly problem: string } {
  const parameters: Parameter[] = [];
  for (const [name, parameter] of Object.entries(definition.parameters ?? {})) {
    const type = parseParameterType(parameter);
    if (type === undefined) return { problem: `parameter '${name}' has no known type` };
    parameters.push({ name, type, key: keys.intern(name) });
  }
  if (definition.expression.length > EXPRESSION_CHARS_MAX) return { problem: 'the expression is too long' };
  try {
    return compileExpression(definition, parameters);
  } catch (error) {
    return { problem: error instanceof Error ? error.message : 'the expression cannot be parsed' };
  }
}

const isMatched = plan(celEnv(), parse('text.matches(pattern)'));

const FUNCTIONS = [
  // The library has it as a method only.
  celFunc('matches', [CelScalar.STRING, CelScalar.STRING], CelScalar.BOOL, (text, pattern) => {
    const matched = isMatched({ text, pattern });
    if (typeof matched !== 'boolean') throw new Error('not a regular expression');
    return matched;
  }),
  celFunc('ipaddress', [CelScalar.STRING], CelScalar.STRING, (text) => {
    const address = canonicalIpAddress(text);
    if (address === undefined) throw new Error('not an IP address');
    return address;
  }),
  celMethod('in_cidr', CelScalar.STRING, [CelScalar.STRING], CelScalar.BOOL, function (cidr) {
    const inside = inCidr(this, cidr);
    if (inside === undefined) throw new Error('not an IP address in a network');
    return inside;
  }),
];

const environment = celEnv({ funcs: FUNCTIONS });

function compileExpression(
  definition: ConditionDefinition,
  parameters: readonly Parameter[],
): { readonly condition: CompiledCondition } | { readonly problem: string } {
  const parsed = parse(definition.expression);
  const cost = new ExpressionCost(parsed.expr);
  if (cost.nodes > EXPRESSION_NODES_MAX)
    return { problem: `the expression has more than ${EXPRESSION_NODES_MAX} parts` };
  const unknown = undeclaredOf(parsed.expr, new Set(parameters.map((parameter) => parameter.name)));
  if (unknown !== undefined) return { problem: `undeclared reference to '${unknown}'` };
  const mistyped = typeProblemOf(parsed.expr, new Map(parameters.map(({ name, type }) => [name, type])));
  if (mistyped !== undefined) return { problem: mistyped };
  if (cost.over({}) > COST_MAX) {
    return { problem: `the expression takes more than ${COST_MAX} steps whatever the context` };
  }
  const run = plan(environment, parsed);
  const closure = specialise(parsed.expr, parameters);
  const evaluateByCel = (context: Context): Outcome => {
    const bindings: Record<string, CelInput> = {};
    for (const { name, type } of parameters) {
      if (!Object.hasOwn(context, name)) return MISSING_CONTEXT;
      const value = convertValue(type, context[name]);
      if (value === undefined) return CONDITION_FAILED;
      bindings[name] = value;
    }
    if (cost.over(context) > COST_MAX) return CONDITION_FAILED;
    const result = run(bindings);
    if (isCelError(result) || typeof result !== 'boolean') return CONDITION_FAILED;
    return result ? ALLOWED : DENIED;
  };
  const merged = (input: ConditionInput) => evaluateByCel({ ...input.request, ...storedContext(input) });
  const evaluate =
    closure === undefined
      ? merged
      : (input: ConditionInput): Outcome => {
          const plain = closure(input);
          return plain === -1 ? merged(input) : plain;
        };
  const { name } = definition;
  return { condition: { name, parameters, specialised: closure !== undefined, evaluate, evaluateByCel } };
}

const TYPE_NAMES = new Set(
  'bool bytes double duration dyn int list map null_type string timestamp type uint'.split(' '),
);

type Expression = ReturnType<typeof parse>['expr'];

/** A variable that is neither a parameter nor bound by a comprehension around it. */
function undeclaredOf(expression: Expression | undefined, names: ReadonlySet<string>): string | undefined {
  if (expression === undefined) return undefined;
  const first = (parts: readonly (Expression | undefined)[], scope = names) => {
    for (const part of parts) {
      const found = undeclaredOf(part, scope);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const { exprKind } = expression;
  switch (exprKind.case) {
    case undefined:
    case 'constExpr':
      return undefined;
    case 'identExpr':
      return names.has(exprKind.value.name) || TYPE_NAMES.has(exprKind.value.name) ? undefined : exprKind.value.name;
    case 'selectExpr':
      return first([exprKind.value.operand]);
    case 'callExpr':
      return first([exprKind.value.target, ...exprKind.value.args]);
    case 'listExpr':
      return first(exprKind.value.elements);
    case 'structExpr':
      return first(
        exprKind.value.entries.flatMap((entry) => [
          entry.keyKind.case === 'mapKey' ? entry.keyKind.value : undefined,
          entry.value,
        ]),
      );
    case 'comprehensionExpr': {
      const { iterVar, iterVar2, accuVar, iterRange, accuInit, loopCondition, loopStep, result } = exprKind.value;
      const outer = first([iterRange, accuInit]);
      return outer ?? first([loopCondition, loopStep, result], new Set([...names, iterVar, iterVar2, accuVar]));
    }
    default:
      return exprKind satisfies never;
  }
}
