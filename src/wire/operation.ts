import type { Caller } from '../services/caller.ts';
import type { Services } from '../services/services.ts';
import type { Scope } from '../ports/document-store.ts';
import type { QuotaFacts } from './quota-facts.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * One call of the API, served alike over gRPC and HTTP. Requests and answers are in the JSON form of the proto: field
 * names as in the .proto, timestamps RFC 3339, 64-bit integers as numbers, absent fields absent. The gRPC edge converts
 * to and from this form; both edges check the request against `request` before `call` sees it.
 */
export interface Operation {
  /** Service and method of package gatehouse.v1. */
  readonly service: string;
  readonly method: string;
  readonly http: {
    readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
    /** As `/v1/users/{user_id}`: a name in braces is the request field of that name. GET takes the other fields from the query. */
    readonly path: string;
    /** Of a good answer; 200 when absent. */
    readonly status?: number;
  };
  /** What the key must carry. */
  readonly scope: Scope;
  /** Present: the key must be one of the platform as well (P-7). */
  readonly operatorsOnly?: true;
  /** JSON Schema 2020-12 of the request; `additionalProperties: false` throughout. */
  readonly request: JsonSchema;
  // The request has been checked against the schema: its type is the operation's own affair.
  call(services: Services, caller: Caller, request: never): unknown;
  /** What the answer says of quotas: HTTP tells it in response fields as well. Absent: the operation knows none. */
  quotaFacts?(answer: never): QuotaFacts | undefined;
}
