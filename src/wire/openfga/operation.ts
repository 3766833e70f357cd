import type { Caller } from '../../services/caller.ts';
import type { ListCut } from '../../services/openfga/list-objects.ts';
import type { OpenFgaParts } from '../../services/openfga/open-store.ts';
import type { CallState } from '../../services/openfga/questions.ts';
import type { JsonMessage } from './json-message.ts';

/** A call as the edge has it. */
export interface Call extends CallState {
  /** Where a list is to go on: the extension header `gatehouse-list-after`. */
  readonly listAfter: string | undefined;
}

/** An answer, and what the headers say of it. */
export interface Answer {
  readonly message: JsonMessage;
  /** Of the model that answered. */
  readonly modelId?: string;
  readonly cut?: ListCut;
}

/** The messages of a stream as they are found, in groups; its result says how the list ended. */
export interface StreamedAnswer {
  readonly modelId: string;
  readonly messages: AsyncGenerator<readonly JsonMessage[], ListCut, void>;
}

/** One call of OpenFGA's API, served alike over gRPC and HTTP. Its messages are `<method>Request` and `<method>Response`. */
export interface OpenFgaOperation {
  readonly method: string;
  readonly http: {
    readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH';
    /** A name in braces is the request's field of that name. GET takes the others from the query. */
    readonly path: string;
    /** Of a good answer; 200 when absent. */
    readonly status?: 201 | 204;
  };
  // The request has been checked against its message: its type is the operation's own affair.
  readonly call: (parts: OpenFgaParts, caller: Caller, request: never, call: Call) => Answer | Promise<Answer>;
  /** Present: the answer is a stream, and `call` is not used. */
  readonly stream?: (parts: OpenFgaParts, caller: Caller, request: never, call: Call) => Promise<StreamedAnswer>;
}
