import type { LinkReader } from '../link-record.ts';
import type { NameList } from '../vocabulary.ts';

export type Context = Readonly<Record<string, unknown>>;

/** Where the values of a condition's parameters are found. One object, filled anew for every tuple: what is stored wins over the request. */
export interface ConditionInput {
  /** Context of the request. */
  request: Context | undefined;
  /** Stored context of a contextual tuple. */
  context: Context | undefined;
  /** Link record of a stored tuple, 0 if the tuple is a contextual one. */
  link: number;
  links: LinkReader;
  /** For each context key of the model its number in the index, -1 if no tuple has it. */
  keyFromModel: Int32Array;
  /** Context keys of the index. */
  keys: NameList;
}

/** The stored context as an object. */
export function storedContext(input: ConditionInput): Context | undefined {
  return input.link === 0 ? input.context : input.links.context(input.link, input.keys);
}
