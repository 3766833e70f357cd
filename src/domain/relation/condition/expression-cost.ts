import type { Expression } from './specialise.ts';
import type { Context } from './condition-input.ts';

/** Most steps that the evaluation of one condition may take: a few milliseconds. */
export const COST_MAX = 50_000;
/** Most nodes of one expression. */
export const EXPRESSION_NODES_MAX = 1_000;
/** Literals and comprehensions: what makes the length of a value that an expression works on. */
interface Shape {
  /** Nodes by how many comprehensions they lie in. */
  readonly nodesByDepth: number[];
  lengthMax: number;
  joins: number;
  nodes: number;
}

/**
 * An upper bound of the steps of an expression over a context. Each comprehension multiplies what lies in it by the longest list,
 * map or string that there can be: of the context or a literal, doubled for each `+` inside of a comprehension.
 */
export class ExpressionCost {
  readonly #shape: Shape = { nodesByDepth: [], lengthMax: 0, joins: 0, nodes: 0 };
  readonly #names = new Set<string>();
  readonly #functions = new Set<string>();

  constructor(expression: Expression) {
    this.#walk(expression, 0);
  }

  get nodes(): number {
    return this.#shape.nodes;
  }

  /** Variables that the expression reads, those of comprehensions included. */
  get names(): ReadonlySet<string> {
    return this.#names;
  }

  get functions(): ReadonlySet<string> {
    return this.#functions;
  }

  /** Whether the context makes a difference. */
  get isFixed(): boolean {
    return this.#shape.nodesByDepth.length <= 1;
  }

  over(context: Context): number {
    if (this.isFixed) return this.#shape.nodes;
    const length = Math.max(1, longestOf(context, 0), this.#shape.lengthMax) * 2 ** Math.min(this.#shape.joins, 64);
    return this.#shape.nodesByDepth.reduce((sum, nodes, depth) => sum + nodes * length ** depth, 0);
  }

  #walk(expression: Expression | undefined, depth: number): void {
    if (expression === undefined) return;
    this.#shape.nodes++;
    this.#shape.nodesByDepth[depth] = (this.#shape.nodesByDepth[depth] ?? 0) + 1;
    const { exprKind } = expression;
    switch (exprKind.case) {
      case undefined:
        return;
      case 'identExpr':
        this.#names.add(exprKind.value.name);
        return;
      case 'constExpr':
        if (exprKind.value.constantKind.case === 'stringValue')
          this.#lengthen(exprKind.value.constantKind.value.length);
        return;
      case 'selectExpr':
        this.#walk(exprKind.value.operand, depth);
        return;
      case 'callExpr':
        this.#functions.add(exprKind.value.function);
        if (exprKind.value.function === '_+_') this.#shape.joins++;
        this.#walk(exprKind.value.target, depth);
        for (const argument of exprKind.value.args) this.#walk(argument, depth);
        return;
      case 'listExpr':
        this.#lengthen(exprKind.value.elements.length);
        for (const element of exprKind.value.elements) this.#walk(element, depth);
        return;
      case 'structExpr':
        this.#lengthen(exprKind.value.entries.length);
        for (const entry of exprKind.value.entries) {
          if (entry.keyKind.case === 'mapKey') this.#walk(entry.keyKind.value, depth);
          this.#walk(entry.value, depth);
        }
        return;
      case 'comprehensionExpr':
        this.#walk(exprKind.value.iterRange, depth);
        this.#walk(exprKind.value.accuInit, depth);
        this.#joinless(() => {
          this.#walk(exprKind.value.loopCondition, depth + 1);
          this.#walk(exprKind.value.loopStep, depth + 1);
        });
        this.#walk(exprKind.value.result, depth);
        return;
      default:
        exprKind satisfies never;
    }
  }

  /** The parser's own `accumulator + [element]` of map and filter joins nothing twice. */
  #joinless(walk: () => void): void {
    const before = this.#shape.joins;
    walk();
    if (this.#shape.joins > before) this.#shape.joins--;
  }

  #lengthen(length: number): void {
    this.#shape.lengthMax = Math.max(this.#shape.lengthMax, length);
  }
}

function longestOf(value: unknown, depth: number): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null || depth > 32) return 0;
  const items = Array.isArray(value) ? value : Object.values(value);
  return items.reduce((longest: number, item) => Math.max(longest, longestOf(item, depth + 1)), items.length);
}
