import type { Outcome } from './outcome.ts';
import { CYCLE, verdictOf } from './outcome.ts';
import type { UnknownReason } from './outcome.ts';
import type { OperatorKind } from './rewrite/operator.ts';

/** Most nodes of one tree; what comes after them is evaluated and counted, not kept. */
export const TREE_NODES_MAX = 10_000;

/** One thing that was evaluated. Plain: it may be sent as JSON. */
export interface EvaluatedNode {
  /** `tuple`: a tuple that was met, with what its userset or parent led to below it. */
  readonly kind: OperatorKind | 'relation' | 'tuple';
  /** `object#relation` of a relation, the text of a tuple, the relations of a rewrite. */
  readonly label: string;
  readonly result: 'allowed' | 'denied' | 'unknown';
  /** With `unknown`. */
  readonly reason?: UnknownReason;
  /** With `denied`: the relation was asked for itself. */
  readonly cycle?: true;
  /** Branches that did not fit into the tree. */
  readonly omitted?: number;
  readonly children: readonly EvaluatedNode[];
}

interface OpenNode {
  readonly kind: EvaluatedNode['kind'];
  readonly label: string;
  readonly children: EvaluatedNode[];
  omitted: number;
}

/** Builds the tree while an evaluation runs. */
export class Trace {
  readonly #open: OpenNode[] = [];
  #nodes = 0;
  #root: EvaluatedNode | undefined;

  open(kind: EvaluatedNode['kind'], label: string): void {
    this.#open.push({ kind, label, children: [], omitted: 0 });
  }

  close(outcome: Outcome): Outcome {
    const { kind, label, children, omitted } = this.#open.pop()!;
    const { allowed, unknown } = verdictOf(outcome);
    const node: EvaluatedNode = {
      kind,
      label,
      result: allowed ? 'allowed' : unknown === undefined ? 'denied' : 'unknown',
      ...(unknown === undefined ? {} : { reason: unknown }),
      ...(outcome === CYCLE ? { cycle: true as const } : {}),
      ...(omitted > 0 ? { omitted } : {}),
      children,
    };
    const parent = this.#open.at(-1);
    if (parent === undefined) this.#root = node;
    else if (++this.#nodes > TREE_NODES_MAX) parent.omitted++;
    else parent.children.push(node);
    return outcome;
  }

  get root(): EvaluatedNode {
    return this.#root!;
  }
}
