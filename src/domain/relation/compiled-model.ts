import type { CompiledCondition } from './condition/compile-condition.ts';
import type { Formula } from './formula.ts';
import type { Lead } from './lead.ts';
import type { AuthorizationModel } from './model.ts';
import type { Operator } from './rewrite/operator.ts';
import type { Vocabulary } from './vocabulary.ts';

/** Conditions that a type restriction admits: 0 for none, else the number of the condition in the model and 1. */
export type Conditions = readonly number[];

/** Who may be written as user of a relation; numbers are those of the model's vocabulary. */
export interface Restrictions {
  /** By type. */
  readonly plain: readonly (Conditions | undefined)[];
  readonly wildcard: readonly (Conditions | undefined)[];
  /** By type and relation. */
  readonly userset: readonly (readonly (Conditions | undefined)[] | undefined)[];
  readonly admitsUsersets: boolean;
}

export interface CompiledRelation {
  readonly typeName: string;
  readonly name: string;
  readonly type: number;
  readonly relation: number;
  readonly operator: Operator;
  readonly restrictions: Restrictions;
  /** Written directly and admits no usersets: a membership is the whole answer. */
  readonly isFlat: boolean;
  /** What the operator comes to with computed relations resolved; undefined where they cannot be. */
  readonly formula: Formula | undefined;
  /** It can come to ask for itself, of whatever object. */
  readonly isRecursive: boolean;
  readonly admitsFlatUsersets: boolean;
  /** Some flat relation, whose usersets it admits, admits wildcards. */
  readonly admitsOpenUsersets: boolean;
  /** Relations of the usersets that it admits where one of that name is not flat. */
  readonly deepUsersets: readonly number[];
  /** A denial that rests on a relation asking for itself may be another when asked for by another way: a `but not` lies on that way. */
  readonly isPathDependent: boolean;
  /** The ways by which users come into it. */
  readonly leads: readonly Lead[];
  /** The same where it is taken away by a `but not`. */
  readonly leadsTaken: readonly Lead[];
  /** Some `x from this` reads its tuples. */
  readonly isTupleset: boolean;
}

/** A model, ready to be asked. Immutable, and shared by the indexes of all stores that pin it. */
export interface CompiledModel {
  readonly source: AuthorizationModel;
  readonly vocabulary: Vocabulary;
  /** By type and relation of the vocabulary. */
  readonly relations: readonly (readonly (CompiledRelation | undefined)[])[];
  /** By condition of the vocabulary. */
  readonly conditions: readonly CompiledCondition[];
  readonly hasType: (type: string) => boolean;
  readonly hasRelation: (type: string, relation: string) => boolean;
}

/** The relation of these names; undefined where the model has none. */
export function relationOf(
  model: Pick<CompiledModel, 'vocabulary' | 'relations'>,
  type: string,
  relation: string,
): CompiledRelation | undefined {
  const typeId = model.vocabulary.types.idOf(type);
  const relationId = model.vocabulary.relations.idOf(relation);
  return typeId < 0 || relationId < 0 ? undefined : model.relations[typeId]?.[relationId];
}
