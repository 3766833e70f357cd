import { status as grpcStatus } from '@grpc/grpc-js';
import type { FaultCode } from '../domain/errors.ts';

export interface WireStatus {
  readonly grpc: grpcStatus;
  readonly http: number;
  /** Short human name of the kind, the `title` of a problem document. */
  readonly title: string;
}

/**
 * The one table code -> gRPC status -> HTTP status. A denial is no fault and is not here: it is a normal answer.
 * What belongs to another partner has the codes of what does not exist (P-6).
 */
export const STATUS: Readonly<Record<FaultCode, WireStatus>> = {
  INVALID_ARGUMENT: { grpc: grpcStatus.INVALID_ARGUMENT, http: 400, title: 'Invalid argument' },
  MALFORMED_JSON: { grpc: grpcStatus.INVALID_ARGUMENT, http: 400, title: 'Malformed JSON' },
  UNKNOWN_FIELD: { grpc: grpcStatus.INVALID_ARGUMENT, http: 400, title: 'Unknown field' },
  UNKNOWN_PERMISSION: { grpc: grpcStatus.INVALID_ARGUMENT, http: 400, title: 'Unknown permission' },
  UNKNOWN_FEATURE: { grpc: grpcStatus.INVALID_ARGUMENT, http: 400, title: 'Unknown feature' },
  UNKNOWN_TYPE: { grpc: grpcStatus.INVALID_ARGUMENT, http: 400, title: 'Unknown type' },
  UNKNOWN_RELATION: { grpc: grpcStatus.INVALID_ARGUMENT, http: 400, title: 'Unknown relation' },
  INVALID_TUPLE: { grpc: grpcStatus.INVALID_ARGUMENT, http: 400, title: 'Invalid tuple' },
  BODY_TOO_LARGE: { grpc: grpcStatus.RESOURCE_EXHAUSTED, http: 413, title: 'Body too large' },
  UNAUTHENTICATED: { grpc: grpcStatus.UNAUTHENTICATED, http: 401, title: 'Unauthenticated' },
  SCOPE_MISSING: { grpc: grpcStatus.PERMISSION_DENIED, http: 403, title: 'Scope missing' },
  NOT_FOUND: { grpc: grpcStatus.NOT_FOUND, http: 404, title: 'Not found' },
  ROUTE_NOT_FOUND: { grpc: grpcStatus.UNIMPLEMENTED, http: 404, title: 'Route not found' },
  METHOD_NOT_ALLOWED: { grpc: grpcStatus.UNIMPLEMENTED, http: 405, title: 'Method not allowed' },
  UNSUPPORTED_MEDIA_TYPE: { grpc: grpcStatus.INVALID_ARGUMENT, http: 415, title: 'Unsupported media type' },
  USER_NOT_FOUND: { grpc: grpcStatus.NOT_FOUND, http: 404, title: 'User not found' },
  PLAN_NOT_FOUND: { grpc: grpcStatus.NOT_FOUND, http: 404, title: 'Plan not found' },
  SESSION_NOT_FOUND: { grpc: grpcStatus.NOT_FOUND, http: 404, title: 'Session not found' },
  PARTNER_NOT_FOUND: { grpc: grpcStatus.NOT_FOUND, http: 404, title: 'Partner not found' },
  OBJECT_NOT_FOUND: { grpc: grpcStatus.NOT_FOUND, http: 404, title: 'Object not found' },
  REFUSED: { grpc: grpcStatus.FAILED_PRECONDITION, http: 409, title: 'Change refused' },
  KEY_REUSED: { grpc: grpcStatus.ALREADY_EXISTS, http: 409, title: 'Key reused with another payload' },
  CONFLICT: { grpc: grpcStatus.ABORTED, http: 409, title: 'Conflict' },
  RATE_LIMITED: { grpc: grpcStatus.RESOURCE_EXHAUSTED, http: 429, title: 'Too many requests' },
  UNAVAILABLE: { grpc: grpcStatus.UNAVAILABLE, http: 503, title: 'Unavailable' },
  DEADLINE_EXCEEDED: { grpc: grpcStatus.DEADLINE_EXCEEDED, http: 504, title: 'Deadline exceeded' },
  CANCELLED: { grpc: grpcStatus.CANCELLED, http: 499, title: 'Cancelled' },
  INTERNAL: { grpc: grpcStatus.INTERNAL, http: 500, title: 'Internal error' },
};
