import { operatorOf } from './compile-operator.ts';
import type { Formula, FormulaPart } from './formula.ts';
import type { Rewrite } from './model.ts';
import { childrenOf } from './model-definitions.ts';
import type { RelationGraph } from './relation-graph.ts';
import type { Vocabulary } from './vocabulary.ts';

/** Parts of a formula at most: what is resolved is repeated, and a relation that is used twice would double it at every level. */
export const FORMULA_PARTS_MAX = 64;

/** Resolves the computed relations of a sound model. */
export class FormulaCompiler {
  readonly #graph: RelationGraph;
  readonly #vocabulary: Vocabulary;
  readonly #resolved = new Map<string, FormulaPart | undefined>();

  constructor(graph: RelationGraph, vocabulary: Vocabulary) {
    this.#graph = graph;
    this.#vocabulary = vocabulary;
  }

  /** Undefined for a relation that can lead to itself, and where there would be more than FORMULA_PARTS_MAX parts. */
  formulaOf(type: string, relation: string): Formula | undefined {
    const root = this.#relation(type, relation);
    return root && { root, height: heightOf(root), isLocal: isLocal(root) };
  }

  #relation(type: string, relation: string): FormulaPart | undefined {
    const key = `${type}#${relation}`;
    if (!this.#resolved.has(key)) {
      const isRecursive = this.#graph.isRecursive(type, relation);
      const root = isRecursive ? undefined : this.#rewrite(type, relation, this.#graph.rewriteOf(type, relation));
      this.#resolved.set(key, root && countOf(root) <= FORMULA_PARTS_MAX ? root : undefined);
    }
    return this.#resolved.get(key);
  }

  #rewrite(type: string, relation: string, rewrite: Rewrite): FormulaPart {
    const number = this.#vocabulary.relations.idOf(relation);
    if ('this' in rewrite) {
      if (this.#graph.admitsUsersets(type, relation)) return part('written', { relations: [number] });
      return part('any', { relations: [number], isOpen: this.#graph.admitsWildcards(type, relation) });
    }
    if ('computedUserset' in rewrite) {
      const computed = rewrite.computedUserset.relation;
      const below = this.#relation(type, computed);
      return raised(below ?? part('relation', { relations: [this.#vocabulary.relations.idOf(computed)] }));
    }
    if ('tupleToUserset' in rewrite) {
      return part('from', { relations: [number], operator: operatorOf(rewrite, this.#vocabulary) });
    }
    const children = childrenOf(rewrite).map((child) => this.#rewrite(type, relation, child));
    if ('union' in rewrite) return anyOf(children);
    return part('intersection' in rewrite ? 'all' : 'without', { children });
  }
}

function part(
  kind: FormulaPart['kind'],
  { relations = [], isOpen = false, operator, level = 0, children = [] }: Partial<FormulaPart>,
): FormulaPart {
  return { kind, relations, isOpen, operator, level, children };
}

/** One level further down. */
function raised(one: FormulaPart): FormulaPart {
  return part(one.kind, { ...one, level: one.level + 1, children: one.children.map(raised) });
}

/** All flat relations of a union, and of the unions in it, as one. */
function anyOf(children: readonly FormulaPart[]): FormulaPart {
  const unions = children.filter(({ kind }) => kind === 'any');
  return part('any', {
    relations: [...new Set(unions.flatMap(({ relations }) => relations))],
    isOpen: unions.some(({ isOpen }) => isOpen),
    level: Math.max(0, ...unions.map(({ level }) => level)),
    children: [...unions.flatMap((union) => union.children), ...children.filter(({ kind }) => kind !== 'any')],
  });
}

function countOf({ relations, children }: FormulaPart): number {
  return children.reduce((sum, child) => sum + countOf(child), 1 + relations.length);
}

function heightOf({ level, children }: FormulaPart): number {
  return Math.max(level, ...children.map(heightOf));
}

function isLocal({ kind, children }: FormulaPart): boolean {
  return (kind === 'any' || kind === 'all' || kind === 'without') && children.every(isLocal);
}
