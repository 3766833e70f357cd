import type { CompiledModel, CompiledRelation, Conditions } from './compiled-model.ts';
import { leadsEnough } from './lead.ts';
import type { Operator } from './rewrite/operator.ts';

/** Plans that are kept of one model; another is made in microseconds. */
const PLANS_MAX = 64;

/** A step from a relation of an object to a relation that it leads to, on the way to the relation that is asked for. */
export interface PlanStep {
  readonly to: PlanNode;
  /** Who is in the one is in the other by that alone. */
  readonly isCertain: boolean;
}

/** A relation on the way, and what it leads to. */
export interface PlanNode {
  readonly number: number;
  readonly relation: CompiledRelation;
  /** Its own tuples count, `certain` by themselves. */
  written: 'no' | 'open' | 'certain';
  /** On the same object. */
  readonly computed: PlanStep[];
  /** Where its userset may be written as a user, with the conditions admitted. */
  readonly usersets: (PlanStep & { readonly admitted: Conditions })[];
  /** On the objects whose `tupleset` (model's number) lists its object, with the conditions admitted. */
  readonly parents: (PlanStep & { readonly tupleset: number; readonly admitted: Conditions })[];
}

/** How the objects of a relation are found from the user's side: every relation that leads to it, and the steps between. */
export class ObjectPlan {
  readonly target: PlanNode;
  readonly nodes: PlanNode[] = [];
  readonly #model: CompiledModel;
  readonly #byNumbers: (PlanNode | undefined)[][] = [];

  constructor(model: CompiledModel, target: CompiledRelation) {
    this.#model = model;
    this.target = this.#nodeOf(target);
    for (let at = 0; at < this.nodes.length; at++) this.#addSteps(this.nodes[at]!);
  }

  /** The node of a relation by the model's numbers; undefined where it does not lead to the target. */
  nodeOf(type: number, relation: number): PlanNode | undefined {
    return this.#byNumbers[type]?.[relation];
  }

  #nodeOf(relation: CompiledRelation): PlanNode {
    const own = (this.#byNumbers[relation.type] ??= []);
    const known = own[relation.relation];
    if (known !== undefined) return known;
    const number = this.nodes.length;
    const node: PlanNode = { number, relation, written: 'no', computed: [], usersets: [], parents: [] };
    this.nodes.push(node);
    own[relation.relation] = node;
    return node;
  }

  #addSteps(to: PlanNode): void {
    const { type, operator, restrictions } = to.relation;
    const { relations } = this.#model;
    for (const lead of leadsEnough(operator, (part) => costOf(this.#model, to.relation, part, new Set()))) {
      const { isCertain } = lead;
      const { kind, relation, tupleset } = lead.operator;
      if (kind === 'computed') {
        this.#nodeOf(relations[type]![relation]!).computed.push({ to, isCertain });
      } else if (kind === 'tuple_to_userset') {
        for (const [parent, admitted] of relations[type]![tupleset]!.restrictions.plain.entries()) {
          const from = relations[parent]?.[relation];
          if (admitted === undefined || from === undefined) continue;
          this.#nodeOf(from).parents.push({ to, isCertain, tupleset, admitted });
        }
      } else {
        if (to.written !== 'certain') to.written = isCertain ? 'certain' : 'open';
        for (const [own, byRelation] of restrictions.userset.entries()) {
          for (const [named, admitted] of (byRelation ?? []).entries()) {
            if (admitted !== undefined)
              this.#nodeOf(relations[own]![named]!).usersets.push({ to, isCertain, admitted });
          }
        }
      }
    }
  }
}

/** Rather the users that are written than usersets, rather usersets than parents, rather anything than everybody. */
function costOf(
  model: CompiledModel,
  relation: CompiledRelation,
  part: Operator,
  passed: Set<CompiledRelation>,
): number {
  const { restrictions, type } = relation;
  const costs = part.children.map((child) => costOf(model, relation, child, passed));
  switch (part.kind) {
    case 'direct':
      return 1 + (restrictions.admitsUsersets ? 4 : 0) + (restrictions.wildcard.some((admitted) => admitted) ? 8 : 0);
    case 'computed': {
      const computed = model.relations[type]![part.relation]!;
      if (passed.has(computed)) return 8;
      passed.add(computed);
      return costOf(model, computed, computed.operator, passed);
    }
    case 'tuple_to_userset':
      return 16;
    case 'union':
      return costs.reduce((sum, cost) => sum + cost, 0);
    case 'intersection':
      return Math.min(...costs);
    case 'exclusion':
      return costs[0]!;
    default:
      return part.kind satisfies never;
  }
}

const plans = new WeakMap<CompiledModel, Map<CompiledRelation, ObjectPlan>>();

/** The plan for a relation, made once while it is among the last that were asked for. */
export function planOf(model: CompiledModel, target: CompiledRelation): ObjectPlan {
  let own = plans.get(model);
  if (own === undefined) plans.set(model, (own = new Map()));
  const known = own.get(target);
  if (known !== undefined) return known;
  for (const [oldest] of own) {
    if (own.size < PLANS_MAX) break;
    own.delete(oldest);
  }
  const made = new ObjectPlan(model, target);
  own.set(target, made);
  return made;
}
