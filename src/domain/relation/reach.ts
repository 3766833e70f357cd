import type { CompiledModel, CompiledRelation } from './compiled-model.ts';
import type { Operator } from './rewrite/operator.ts';

/** Kinds of users of one model whose reach is kept; another is found in microseconds to milliseconds, by the size of the model. */
export const REACHES_MAX = 64;

/** Who may be in a relation: names and wildcards of a type, or with a relation its usersets; by the model's numbers, relation -1 for names. */
export interface UserKind {
  readonly type: number;
  readonly relation: number;
}

/** The relations that users of a kind can be in by the model: whatever tuples there are, they are in no other. */
export class Reach {
  readonly #entered: Uint8Array;
  readonly #relationCount: number;

  constructor(model: CompiledModel, kind: UserKind, readersOf: ReadersOf) {
    this.#relationCount = model.vocabulary.relations.names.length;
    this.#entered = new Uint8Array(model.relations.length * this.#relationCount);
    const open = model.relations.flatMap((own) => own.filter((relation) => relation !== undefined));
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (this.has(next) || !this.#lets(model, kind, next)) continue;
      this.#entered[this.#placeOf(next)] = 1;
      open.push(...(readersOf.get(next) ?? []));
    }
  }

  has(target: CompiledRelation): boolean {
    return this.#entered[this.#placeOf(target)] === 1;
  }

  #placeOf({ type, relation }: CompiledRelation): number {
    return type * this.#relationCount + relation;
  }

  /** Whether a relation lets the kind in, by what is known of those that it leads to. A userset is in itself. */
  #lets(model: CompiledModel, kind: UserKind, target: CompiledRelation): boolean {
    if (target.type === kind.type && target.relation === kind.relation) return true;
    return this.#enters(model, kind, target, target.operator);
  }

  #enters(model: CompiledModel, kind: UserKind, target: CompiledRelation, operator: Operator): boolean {
    const { children } = operator;
    const enters = (child: Operator): boolean => this.#enters(model, kind, target, child);
    switch (operator.kind) {
      case 'direct':
        return isWrittenFor(kind, target) || targetsOf(model, target, operator).some((one) => this.has(one));
      case 'computed':
      case 'tuple_to_userset':
        return targetsOf(model, target, operator).some((one) => this.has(one));
      case 'union':
        return children.some(enters);
      case 'intersection':
        return children.every(enters);
      case 'exclusion':
        return enters(children[0]!);
      default:
        return operator.kind satisfies never;
    }
  }
}

function isWrittenFor({ type, relation }: UserKind, { restrictions }: CompiledRelation): boolean {
  if (relation >= 0) return restrictions.userset[type]?.[relation] !== undefined;
  return restrictions.plain[type] !== undefined || restrictions.wildcard[type] !== undefined;
}

/** The relations that a leaf of a rewrite leads to. */
function targetsOf(
  { relations }: CompiledModel,
  { type, restrictions }: CompiledRelation,
  { kind, relation, tupleset }: Operator,
): CompiledRelation[] {
  const named = (types: readonly unknown[]) =>
    types.flatMap((admitted, parent) => (admitted === undefined ? [] : (relations[parent]?.[relation] ?? [])));
  if (kind === 'computed') return [relations[type]![relation]!];
  if (kind === 'tuple_to_userset') return named(relations[type]![tupleset]!.restrictions.plain);
  return restrictions.userset.flatMap((byRelation, own) =>
    (byRelation ?? []).flatMap((admitted, one) => (admitted === undefined ? [] : [relations[own]![one]!])),
  );
}

/** By relation those that lead to it. */
type ReadersOf = ReadonlyMap<CompiledRelation, readonly CompiledRelation[]>;

function readersOf(model: CompiledModel): ReadersOf {
  const readers = new Map<CompiledRelation, CompiledRelation[]>();
  for (const reader of model.relations.flat()) {
    for (const { operator } of reader?.leads ?? []) {
      for (const target of targetsOf(model, reader!, operator)) {
        const known = readers.get(target);
        if (known === undefined) readers.set(target, [reader!]);
        else known.push(reader!);
      }
    }
  }
  return readers;
}

interface Reaches {
  readonly readers: ReadersOf;
  /** By the number of the kind. */
  readonly byKind: Map<number, Reach>;
}

const reaches = new WeakMap<CompiledModel, Reaches>();

/** The reach of a kind of users, found once while it is among the last that were asked for. */
export function reachOf(model: CompiledModel, kind: UserKind): Reach {
  let own = reaches.get(model);
  if (own === undefined) reaches.set(model, (own = { readers: readersOf(model), byKind: new Map() }));
  const number = kind.type * (model.vocabulary.relations.names.length + 1) + kind.relation + 1;
  const known = own.byKind.get(number);
  if (known !== undefined) return known;
  for (const [oldest] of own.byKind) {
    if (own.byKind.size < REACHES_MAX) break;
    own.byKind.delete(oldest);
  }
  const made = new Reach(model, kind, own.readers);
  own.byKind.set(number, made);
  return made;
}
