/** The error codes of OpenFGA's API that this service gives; `wire/openfga/codes.ts` maps each to its number and status. */
export type OpenFgaCode =
  | 'validation_error'
  | 'authorization_model_not_found'
  | 'authorization_model_resolution_too_complex'
  | 'invalid_write_input'
  | 'cannot_allow_duplicate_tuples_in_one_request'
  | 'invalid_continuation_token'
  | 'invalid_expand_input'
  | 'write_failed_due_to_invalid_input'
  | 'latest_authorization_model_not_found'
  | 'type_not_found'
  | 'relation_not_found'
  | 'invalid_tuple'
  | 'query_string_type_continuation_token_mismatch'
  | 'exceeded_entity_limit'
  | 'invalid_authorization_model'
  | 'cancelled'
  | 'deadline_exceeded'
  | 'resource_exhausted'
  | 'unavailable'
  | 'internal_error'
  | 'store_id_not_found'
  | 'undefined_endpoint'
  | 'unimplemented'
  | 'conflict'
  | 'bearer_token_missing'
  | 'unauthenticated'
  | 'forbidden'
  | 'rate_limit_exceeded'
  | RequestCheckCode;

/** What OpenFGA's checks of a request's form say of single fields. */
export type RequestCheckCode =
  | 'assertions_too_many_items'
  | 'authorization_model_id_too_long'
  | 'difference_base_missing_value'
  | 'id_too_long'
  | 'object_too_long'
  | 'page_size_invalid'
  | 'param_missing_value'
  | 'relation_too_long'
  | 'relations_too_few_items'
  | 'subtract_base_missing_value'
  | 'store_id_invalid_length'
  | 'tuple_key_value_not_specified'
  | 'tuple_keys_too_many_or_too_few_items'
  | 'type_invalid_length'
  | 'type_invalid_pattern'
  | 'type_definitions_too_few_items'
  | 'relations_too_long'
  | 'relations_invalid_pattern';

/** An error of a call of OpenFGA's API: `message` is safe for the caller, `cause` is for the log. */
export class OpenFgaError extends Error {
  readonly code: OpenFgaCode;

  constructor(code: OpenFgaCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'OpenFgaError';
    this.code = code;
  }
}
