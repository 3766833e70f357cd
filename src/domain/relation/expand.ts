import type { CompiledRelation } from './compiled-model.ts';
import type { CheckOptions } from './check-options.ts';
import type { Evaluation } from './evaluation.ts';
import { CERTAIN, ListRun } from './list-run.ts';
import type { Listing } from './listing.ts';
import { ALLOWED } from './outcome.ts';
import type { UnknownReason } from './outcome.ts';
import type { Operator } from './rewrite/operator.ts';
import type { TupleIndex } from './tuple-index.ts';
import { TextHeap } from './text-heap.ts';
import { WrittenUsers } from './written-users.ts';
import type { SeeUser } from './written-users.ts';

export interface SetQuestion {
  readonly object: string;
  readonly relation: string;
}

/** One rewrite of a relation, one level deep, as OpenFGA's Expand has it. `name`: `object#relation` of the question. */
export type UsersetNode = { readonly name: string } & (
  | { readonly leaf: UsersetLeaf }
  | { readonly union: readonly UsersetNode[] }
  | { readonly intersection: readonly UsersetNode[] }
  | { readonly difference: { readonly base: UsersetNode; readonly subtract: UsersetNode } }
);

export type UsersetLeaf =
  /** The user fields of the tuples, sorted by code units; conditions are not asked. */
  | { readonly users: readonly string[] }
  /** `object#relation`. */
  | { readonly computed: string }
  /** `tupleset`: `object#relation`; `computed`: `parent#relation` of each parent, sorted by code units. */
  | { readonly tupleToUserset: { readonly tupleset: string; readonly computed: readonly string[] } };

export interface UsersetTree {
  readonly root: UsersetNode;
  /** Of a tree that lacks users: `breadth`, its steps were over, or `deadline`. */
  readonly cutBy?: UnknownReason;
}

/**
 * The users of a set as they are written: its rewrite, with what tuples say at each leaf, contextual ones included. Yields nothing but
 * turns. Tuples that the model does not allow are left out. Faults, thrown by the first `next()`: UNKNOWN_TYPE, UNKNOWN_RELATION,
 * INVALID_ARGUMENT (a malformed object), INVALID_TUPLE (contextual).
 */
export function* expand(
  index: TupleIndex,
  { object, relation }: SetQuestion,
  options: CheckOptions = {},
): Listing<UsersetTree> {
  const run = new ListRun(index, options);
  const { evaluation } = run;
  const { model, question } = evaluation;
  const resume = (): void => {
    evaluation.resume(model);
    question.resolveObject(index, evaluation.binding, evaluation.names, object, relation);
  };
  const root = yield* run.make(() => new Expansion(run, object).node(question.relation.operator), resume);
  const { cutBy } = run;
  return { root, ...(cutBy !== undefined && { cutBy }) };
}

/** The tree of one relation of one object. A part is undefined when what was read holds no more. */
class Expansion {
  readonly #run: ListRun;
  readonly #evaluation: Evaluation;
  readonly #written: WrittenUsers;
  readonly #object: string;
  readonly #relation: CompiledRelation;

  constructor(run: ListRun, object: string) {
    this.#run = run;
    this.#evaluation = run.evaluation;
    this.#written = new WrittenUsers(run, false);
    this.#object = object;
    this.#relation = run.evaluation.question.relation;
  }

  *node(operator: Operator): Generator<void, UsersetNode | undefined> {
    const name = `${this.#object}#${this.#relation.name}`;
    const { model } = this.#evaluation;
    const { relations } = model.vocabulary;
    switch (operator.kind) {
      case 'direct': {
        const users = yield* this.#texts(this.#relation, (named) => (named < 0 ? '' : `#${relations.names[named]!}`));
        return users && { name, leaf: { users } };
      }
      case 'computed':
        return { name, leaf: { computed: `${this.#object}#${relations.names[operator.relation]!}` } };
      case 'tuple_to_userset': {
        const tupleset = model.relations[this.#relation.type]![operator.tupleset]!;
        const computed = yield* this.#texts(tupleset, () => `#${relations.names[operator.relation]!}`);
        return (
          computed && { name, leaf: { tupleToUserset: { tupleset: `${this.#object}#${tupleset.name}`, computed } } }
        );
      }
      case 'union': {
        const union = yield* this.#nodes(operator.children);
        return union && { name, union };
      }
      case 'intersection': {
        const intersection = yield* this.#nodes(operator.children);
        return intersection && { name, intersection };
      }
      case 'exclusion': {
        const parts = yield* this.#nodes(operator.children);
        return parts && { name, difference: { base: parts[0]!, subtract: parts[1]! } };
      }
      default:
        return operator.kind satisfies never;
    }
  }

  *#nodes(operators: readonly Operator[]): Generator<void, UsersetNode[] | undefined> {
    const nodes: UsersetNode[] = [];
    for (const operator of operators) {
      const node = yield* this.node(operator);
      if (node === undefined) return undefined;
      nodes.push(node);
    }
    return nodes;
  }

  /** The users of a relation, each once, sorted. `suffixOf`: what comes after the name, by the relation of a userset. */
  *#texts(relation: CompiledRelation, suffixOf: (named: number) => string): Generator<void, string[] | undefined> {
    const texts = new Set<string>();
    const see: SeeUser = (name, _, held, named) => {
      if (held === ALLOWED) texts.add(this.#evaluation.names.textOf(name) + suffixOf(named));
    };
    const { question } = this.#evaluation;
    if (!(yield* this.#written.names(relation, question.object, see))) return undefined;
    if (!(yield* this.#written.usersets(relation, question.object, see))) return undefined;
    const heap = new TextHeap();
    for (const text of texts) heap.add(text, CERTAIN);
    return yield* this.#run.sorted(heap);
  }
}
