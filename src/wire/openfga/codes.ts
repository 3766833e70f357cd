import { status as grpcStatus } from '@grpc/grpc-js';
import type { FaultCode } from '../../domain/errors.ts';
import type { OpenFgaCode } from '../../services/openfga/openfga-error.ts';

export interface OpenFgaStatus {
  /** The status of a gRPC call: OpenFGA's own number, or one of gRPC. */
  readonly grpc: number;
  readonly http: number;
  /** `code` of an HTTP body, where it is not the name of the code. */
  readonly name?: string;
  /** `code` in the error of an HTTP stream; the plain gRPC code of the kind. */
  readonly stream: grpcStatus;
}

const callers = (grpc: number): OpenFgaStatus => ({ grpc, http: 400, stream: grpcStatus.INVALID_ARGUMENT });
const ours = (grpc: number): OpenFgaStatus => ({ grpc, http: 500, stream: grpcStatus.INTERNAL });

/** The one table code -> number -> HTTP status of OpenFGA's API. */
export const OPENFGA_STATUS: Readonly<Record<OpenFgaCode, OpenFgaStatus>> = {
  bearer_token_missing: { grpc: 1010, http: 401, stream: grpcStatus.UNAUTHENTICATED },
  unauthenticated: { grpc: 1500, http: 401, stream: grpcStatus.UNAUTHENTICATED },
  forbidden: { grpc: 1600, http: 403, stream: grpcStatus.PERMISSION_DENIED },
  validation_error: callers(2000),
  authorization_model_not_found: callers(2001),
  authorization_model_resolution_too_complex: callers(2002),
  invalid_write_input: callers(2003),
  cannot_allow_duplicate_tuples_in_one_request: callers(2004),
  invalid_continuation_token: callers(2007),
  invalid_expand_input: callers(2010),
  write_failed_due_to_invalid_input: callers(2017),
  latest_authorization_model_not_found: callers(2020),
  type_not_found: callers(2021),
  relation_not_found: callers(2022),
  invalid_tuple: callers(2027),
  store_id_invalid_length: callers(2030),
  assertions_too_many_items: callers(2033),
  id_too_long: callers(2034),
  authorization_model_id_too_long: callers(2036),
  tuple_key_value_not_specified: callers(2037),
  tuple_keys_too_many_or_too_few_items: callers(2038),
  page_size_invalid: callers(2039),
  param_missing_value: callers(2040),
  difference_base_missing_value: callers(2041),
  subtract_base_missing_value: callers(2042),
  object_too_long: callers(2043),
  relation_too_long: callers(2044),
  type_definitions_too_few_items: callers(2045),
  type_invalid_length: callers(2046),
  type_invalid_pattern: callers(2047),
  relations_too_few_items: callers(2048),
  relations_too_long: callers(2049),
  relations_invalid_pattern: callers(2050),
  query_string_type_continuation_token_mismatch: callers(2052),
  exceeded_entity_limit: callers(2053),
  invalid_authorization_model: callers(2056),
  cancelled: callers(2058),
  internal_error: ours(4000),
  deadline_exceeded: ours(4004),
  // The gRPC statuses below are gRPC's own, as OpenFGA's framework gives them.
  resource_exhausted: { grpc: grpcStatus.RESOURCE_EXHAUSTED, http: 500, stream: grpcStatus.RESOURCE_EXHAUSTED },
  unavailable: { grpc: grpcStatus.UNAVAILABLE, http: 503, stream: grpcStatus.UNAVAILABLE },
  rate_limit_exceeded: { grpc: grpcStatus.RESOURCE_EXHAUSTED, http: 429, stream: grpcStatus.RESOURCE_EXHAUSTED },
  conflict: { grpc: grpcStatus.ABORTED, http: 409, name: 'Aborted', stream: grpcStatus.ABORTED },
  undefined_endpoint: { grpc: 5000, http: 404, stream: grpcStatus.NOT_FOUND },
  store_id_not_found: { grpc: 5002, http: 404, stream: grpcStatus.NOT_FOUND },
  unimplemented: { grpc: grpcStatus.UNIMPLEMENTED, http: 404, stream: grpcStatus.UNIMPLEMENTED },
};

/** What the faults of the house are called there. */
export const FAULT_CODES: Readonly<Record<FaultCode, OpenFgaCode>> = {
  INVALID_ARGUMENT: 'validation_error',
  MALFORMED_JSON: 'validation_error',
  UNKNOWN_FIELD: 'validation_error',
  UNKNOWN_PERMISSION: 'validation_error',
  UNKNOWN_FEATURE: 'validation_error',
  UNKNOWN_TYPE: 'validation_error',
  UNKNOWN_RELATION: 'validation_error',
  INVALID_TUPLE: 'validation_error',
  BODY_TOO_LARGE: 'resource_exhausted',
  UNAUTHENTICATED: 'unauthenticated',
  SCOPE_MISSING: 'forbidden',
  NOT_FOUND: 'store_id_not_found',
  ROUTE_NOT_FOUND: 'undefined_endpoint',
  METHOD_NOT_ALLOWED: 'unimplemented',
  UNSUPPORTED_MEDIA_TYPE: 'validation_error',
  USER_NOT_FOUND: 'store_id_not_found',
  PLAN_NOT_FOUND: 'store_id_not_found',
  SESSION_NOT_FOUND: 'store_id_not_found',
  PARTNER_NOT_FOUND: 'store_id_not_found',
  OBJECT_NOT_FOUND: 'store_id_not_found',
  REFUSED: 'validation_error',
  KEY_REUSED: 'validation_error',
  CONFLICT: 'conflict',
  RATE_LIMITED: 'rate_limit_exceeded',
  UNAVAILABLE: 'unavailable',
  DEADLINE_EXCEEDED: 'deadline_exceeded',
  CANCELLED: 'cancelled',
  INTERNAL: 'internal_error',
};
