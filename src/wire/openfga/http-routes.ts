import { randomUUID } from 'node:crypto';
import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import type { Log } from '../../ports/log.ts';
import { OpenFgaError } from '../../services/openfga/openfga-error.ts';
import type { ListCut } from '../../services/openfga/list-objects.ts';
import type { CallMetrics } from '../call-metrics.ts';
import { CallWatch } from '../call-watch.ts';
import { groupBy } from '../group-by.ts';
import { authorizer, locals, starter } from '../http/call-locals.ts';
import {
  decodePosition,
  encodePosition,
  LIST_AFTER,
  LIST_NEXT,
  LIST_TRUNCATED,
  tooLarge,
  type BoundOpenFga,
  type OpenFgaApi,
} from './bound-operation.ts';
import { OPENFGA_STATUS } from './codes.ts';
import { OPENFGA_PACKAGE } from './grpc-service.ts';
import { fromJson, toJson, type JsonMessage } from './json-message.ts';
import type { Answer, Call } from './operation.ts';
import { readBody } from './read-body.ts';
import { safeError } from './safe-error.ts';

interface EdgeParts {
  readonly metrics: CallMetrics;
  readonly log: Log;
}

/** Serves `/stores…`. `close`: whether connections are to be closed after their answer. */
export function mountOpenFga(app: Express, api: OpenFgaApi, edge: EdgeParts, close: () => boolean): void {
  const byPath = groupBy(api.operations, ({ operation }) => operation.http.path.replaceAll(/\{(\w+)\}/g, ':$1'));
  const read = express.raw({ limit: api.requestBytesMax, type: () => true });
  const failUnrouted = failer('unrouted', edge.log, close);
  for (const [path, bounds] of byPath) {
    const route = app.route(path);
    for (const bound of bounds) {
      const watch = new CallWatch('http', bound.name, edge.metrics, edge.log, OPENFGA_PACKAGE);
      const method = bound.operation.http.method.toLowerCase() as 'get' | 'post' | 'put' | 'delete' | 'patch';
      const answer = bound.operation.stream ? streamer(bound, watch, close) : answerer(bound, watch, close);
      const fail = failer(bound.name, edge.log, close, watch);
      route[method](starter(watch), namer, authorizer(bound), read, answer, fail);
    }
    route.all(() => {
      throw new OpenFgaError('unimplemented', 'Method Not Allowed');
    }, failUnrouted);
  }
  app.use(
    '/stores',
    () => {
      throw new OpenFgaError('undefined_endpoint', 'Not Found');
    },
    failUnrouted,
  );
}

/** Names the call and, where it may stand in a header, the store. */
const namer: RequestHandler = ({ params }, response, next) => {
  response.setHeader('x-request-id', randomUUID());
  const { store_id: storeId } = params;
  if (typeof storeId === 'string' && /^[\x21-\x7e]+$/.test(storeId)) response.setHeader('openfga-store-id', storeId);
  next();
};

/** Path, body and, for calls without a body, the query, as the message of the operation. */
function messageOf({ operation }: BoundOpenFga, request: Request): JsonMessage {
  const { method } = operation.http;
  const name = `${operation.method}Request`;
  const sent = method === 'GET' || method === 'DELETE' ? request.query : readBody(request.body);
  return fromJson(
    name,
    typeof sent === 'object' && sent !== null && !Array.isArray(sent) ? { ...sent, ...request.params } : sent,
  );
}

function stateOf(request: Request, response: Response): Call {
  const after = request.headers[LIST_AFTER];
  return {
    deadline: Infinity,
    listAfter: decodePosition(typeof after === 'string' ? after : undefined),
    cancelled: () => response.destroyed,
  };
}

function answerer(bound: BoundOpenFga, watch: CallWatch, close: () => boolean): RequestHandler {
  const { http, method } = bound.operation;
  const status = http.status ?? 200;

  function send(response: Response, { message, modelId, cut }: Answer): void {
    if (modelId !== undefined) response.setHeader('openfga-authorization-model-id', modelId);
    if (cut?.truncated) {
      response.setHeader(LIST_TRUNCATED, 'true');
      if (cut.next !== undefined) response.setHeader(LIST_NEXT, encodePosition(cut.next));
    }
    if (status === 204) writeEmpty(response, close);
    else writeJson(response, status, toJson(`${method}Response`, message), close);
    watch.end(locals(response).started, 'OK');
  }

  return (request, response) => {
    const answer = bound.answer(locals(response).caller, messageOf(bound, request), stateOf(request, response));
    return answer instanceof Promise ? answer.then((known) => send(response, known)) : send(response, answer);
  };
}

/** Lines of `{"result": …}`; what goes wrong after the first of them ends the stream with a line of `{"error": …}`. */
function streamer(bound: BoundOpenFga, watch: CallWatch, close: () => boolean): RequestHandler {
  const name = `${bound.operation.method}Response`;
  return async (request, response) => {
    const message = messageOf(bound, request);
    try {
      const { modelId, messages } = await bound.stream(locals(response).caller, message, stateOf(request, response));
      response.setHeader('openfga-authorization-model-id', modelId);
      for (;;) {
        const step = await messages.next();
        if (step.done === true) {
          endStream(response, step.value, close);
          watch.end(locals(response).started, 'OK');
          return;
        }
        if (!response.headersSent) openStream(response, close);
        const lines = step.value.map((each) => `${JSON.stringify({ result: toJson(name, each) })}\n`).join('');
        if (lines !== '' && !response.write(lines) && !response.destroyed) await drained(response);
      }
    } catch (error) {
      throw new StreamError(error);
    }
  };
}

/** Marks what a streaming operation throws: its errors have another shape. */
class StreamError extends Error {
  constructor(cause: unknown) {
    super('a stream failed', { cause });
  }
}

function openStream(response: Response, close: () => boolean): void {
  if (close()) response.setHeader('connection', 'close');
  response.writeHead(200, { 'content-type': 'application/json', trailer: `${LIST_TRUNCATED}, ${LIST_NEXT}` });
}

function endStream(response: Response, { truncated, next }: ListCut, close: () => boolean): void {
  if (!response.headersSent) openStream(response, close);
  if (truncated) {
    response.addTrailers({
      [LIST_TRUNCATED]: 'true',
      ...(next !== undefined && { [LIST_NEXT]: encodePosition(next) }),
    });
  }
  response.end();
}

function drained(response: Response): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.once('drain', done).once('close', done);
  });
}

/** The last word on anything thrown: OpenFGA's shape, and no word of the error itself. */
function failer(name: string, log: Log, close: () => boolean, watch?: CallWatch): ErrorRequestHandler {
  // Express tells an error handler by its four parameters.
  return (error: unknown, _request, response, _next) => {
    const streamed = error instanceof StreamError;
    const safe = safeError(bodyError(streamed ? error.cause : error), name, log);
    watch?.end(locals(response).started, safe.code);
    const status = OPENFGA_STATUS[safe.code];
    if (response.destroyed) return;
    const streamBody = { error: { code: status.stream, message: safe.message, details: [] } };
    if (response.headersSent) {
      response.end(streamed ? `${JSON.stringify(streamBody)}\n` : undefined);
      return;
    }
    if (status.http === 401) response.setHeader('www-authenticate', 'Bearer realm="gatehouse"');
    if (status.http === 429) response.setHeader('retry-after', '1');
    const body = streamed ? streamBody : { code: status.name ?? safe.code, message: safe.message };
    writeJson(response, status.http, body, close);
  };
}

/** What the body parser says of a request. */
function bodyError(error: unknown): unknown {
  if (typeof error !== 'object' || error === null || error instanceof OpenFgaError) return error;
  const { type, status, length, received, limit } = error as {
    type?: unknown;
    status?: unknown;
    length?: number;
    received?: number;
    limit: number;
  };
  // The length as it was announced; else as much as came until it was too much.
  if (type === 'entity.too.large') return tooLarge(length ?? received, limit);
  if (type === 'request.aborted') return new OpenFgaError('cancelled', 'Request Cancelled');
  return typeof status === 'number' && status >= 400 && status < 500
    ? new OpenFgaError('validation_error', 'the request cannot be read')
    : error;
}

function writeJson(response: Response, status: number, body: unknown, close: () => boolean): void {
  if (response.destroyed) return;
  if (close()) response.setHeader('connection', 'close');
  const text = JSON.stringify(body);
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
    .end(text);
}

function writeEmpty(response: Response, close: () => boolean): void {
  if (response.destroyed) return;
  if (close()) response.setHeader('connection', 'close');
  response.writeHead(204).end();
}
