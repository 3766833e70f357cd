import { OpenFgaError, type RequestCheckCode } from '../../services/openfga/openfga-error.ts';

/**
 * The error of a request whose form is wrong. gRPC carries it as INVALID_ARGUMENT with the whole text, HTTP with a code of its own and the last part of
 * it, as OpenFGA does.
 */
export class RequestProblem extends OpenFgaError {
  /** All of it, with where it is embedded. */
  readonly whole: string;

  constructor(whole: string) {
    const message = (whole.split('| caused by:').at(-1) ?? whole).trim();
    super(codeOf(message), message);
    this.name = 'RequestProblem';
    this.whole = whole;
  }
}

/** By field, and by how the reason begins. */
const CODES: Readonly<Record<string, readonly (readonly [prefix: string, code: RequestCheckCode])[]>> = {
  Assertions: [['value must contain no more than', 'assertions_too_many_items']],
  AuthorizationModelId: [['value length must be at most', 'authorization_model_id_too_long']],
  Base: [['value is required', 'difference_base_missing_value']],
  Id: [['value length must be at most', 'id_too_long']],
  Object: [['value length must be at most', 'object_too_long']],
  PageSize: [['value must be inside range', 'page_size_invalid']],
  Params: [['value is required', 'param_missing_value']],
  Relation: [['value length must be at most', 'relation_too_long']],
  Relations: [['value must contain at least', 'relations_too_few_items']],
  Subtract: [['value is required', 'subtract_base_missing_value']],
  StoreId: [['value length must be', 'store_id_invalid_length']],
  TupleKey: [['value is required', 'tuple_key_value_not_specified']],
  TupleKeys: [['value must contain between', 'tuple_keys_too_many_or_too_few_items']],
  Type: [
    ['value length must be at', 'type_invalid_length'],
    ['value does not match regex pattern', 'type_invalid_pattern'],
  ],
  TypeDefinitions: [['value must contain at least', 'type_definitions_too_few_items']],
};
const OF_A_RELATION = [
  ['value length must be at most', 'relations_too_long'],
  ['value does not match regex pattern', 'relations_invalid_pattern'],
] as const;

function codeOf(message: string): RequestCheckCode | 'validation_error' {
  const colon = message.indexOf(': ');
  const place = message.slice(0, colon).split('.');
  const [, field] = place;
  if (colon < 0 || place.length !== 2 || field === undefined) return 'validation_error';
  const reason = message.slice(colon + 2);
  const codes = field.startsWith('Relations[') ? OF_A_RELATION : (CODES[field] ?? []);
  return codes.find(([prefix]) => reason.startsWith(prefix))?.[1] ?? 'validation_error';
}
