import type { Tuple, TupleKey } from '../../../domain/relation/tuple.ts';
import type { Millis } from '../../../domain/values.ts';
import type { JsonMessage } from '../json-message.ts';

export type Context = Readonly<Record<string, unknown>>;

export interface OfStore {
  readonly store_id: string;
  readonly authorization_model_id?: string;
}

export interface Paged {
  readonly page_size?: number;
  readonly continuation_token?: string;
}

export interface Keyed {
  readonly tuple_key: Partial<TupleKey>;
}

export interface WireFacts {
  readonly contextual_tuples?: { readonly tuple_keys?: readonly Partial<Tuple>[] };
  readonly context?: Context;
}

/** An absent field of a message is an empty text. */
export const keyOf = ({ user = '', relation = '', object = '' }: Partial<TupleKey>): TupleKey => ({
  user,
  relation,
  object,
});
export const tupleOf = (tuple: Partial<Tuple>): Tuple =>
  tuple.condition === undefined ? keyOf(tuple) : { ...keyOf(tuple), condition: tuple.condition };
export const factsOf = ({ contextual_tuples: contextual, context }: WireFacts) => ({
  contextualTuples: contextual?.tuple_keys?.map(tupleOf),
  context,
});
export const timeOf = (at: Millis): string => new Date(at).toISOString();

export const tokenOf = (token: string | undefined): JsonMessage =>
  token === undefined ? {} : { continuation_token: token };
