import { createServer } from 'node:http';
import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import { Fault } from '../../domain/errors.ts';
import type { Log } from '../../ports/log.ts';
import { listen, type Address } from '../address.ts';
import type { BoundOperation } from '../bound-operation.ts';
import type { CallMetrics } from '../call-metrics.ts';
import { CallWatch } from '../call-watch.ts';
import { groupBy } from '../group-by.ts';
import type { OpenFgaApi } from '../openfga/bound-operation.ts';
import { mountOpenFga } from '../openfga/http-routes.ts';
import { safeFault } from '../safe-fault.ts';
import { bodyFault, jsonBody } from './body.ts';
import { callDeadline } from './call-deadline.ts';
import { authorizer, locals, starter } from './call-locals.ts';
import { problemOf, quotaProblem, rateFactsOf } from './problem.ts';
import { prefers429, QUOTA_PREFERENCE, rateLimitFields } from './rate-limit-fields.ts';
import { RequestForm } from './request-form.ts';
import { stopServer } from './stop-server.ts';

/** A request, headers and body, must have come by then. */
const REQUEST_TIMEOUT_MS = 30_000;
const HEADERS_TIMEOUT_MS = 10_000;

export interface HttpEdge {
  readonly address: Address;
  /** Refuses new calls, finishes those in flight; after `graceMs` ends what is left. */
  stop(graceMs: number): Promise<void>;
}

interface EdgeParts {
  readonly metrics: CallMetrics;
  readonly log: Log;
  /** Served beside the operations, on `/stores…`. */
  readonly openfga: OpenFgaApi | undefined;
}

/** Writes a whole answer; once the edge no longer accepts connections, asks for this one to be closed. */
type Write = (response: Response, status: number, type: string, body: unknown) => void;

/** Rejects with ListenError. */
export async function startHttpEdge(
  operations: readonly BoundOperation[],
  edge: EdgeParts & { readonly address: Address },
): Promise<HttpEdge> {
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: HEADERS_TIMEOUT_MS });
  server.on(
    'request',
    httpApp(operations, edge, () => server.listening),
  );
  const address = await listen(server, edge.address);
  return { address, stop: (graceMs) => stopServer(server, graceMs) };
}

function httpApp(operations: readonly BoundOperation[], edge: EdgeParts, accepting: () => boolean): Express {
  const write = writer(accepting);
  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.set('query parser', 'simple').set('case sensitive routing', true).set('strict routing', true);
  const read = jsonBody();
  const byPath = groupBy(operations, ({ operation }) => operation.http.path.replaceAll(/\{(\w+)\}/g, ':$1'));
  // Fixed segments before parameters: `/v1/users/search` is never the user `search`.
  for (const [path, bounds] of [...byPath].sort(([a], [b]) => rank(a) - rank(b))) {
    const route = app.route(path);
    for (const bound of bounds) {
      const watch = new CallWatch('http', bound.name, edge.metrics, edge.log);
      const method = bound.operation.http.method.toLowerCase() as 'get' | 'post' | 'put' | 'delete';
      const fail = failer(bound.name, edge.log, write, watch);
      route[method](starter(watch), authorizer(bound), read, answerer(bound, watch, write), fail);
    }
    const allow = bounds.map(({ operation }) => operation.http.method).join(', ');
    route.all((_request, response) => {
      response.setHeader('allow', allow);
      throw new Fault('METHOD_NOT_ALLOWED', `this path takes ${allow}`, { rule: allow });
    });
  }
  if (edge.openfga) mountOpenFga(app, edge.openfga, edge, () => !accepting());
  app.use(() => {
    throw new Fault('ROUTE_NOT_FOUND', 'there is no such path');
  });
  app.use(failer('unrouted', edge.log, write));
  return app;
}

const rank = (path: string): number => path.split(':').length;

function answerer(bound: BoundOperation, watch: CallWatch, write: Write): RequestHandler {
  const { operation } = bound;
  const { http, request: schema } = operation;
  const form = new RequestForm(http.method, schema);
  const status = http.status ?? 200;

  function send(request: Request, response: Response, answer: unknown): void {
    const facts = operation.quotaFacts?.(answer as never);
    if (facts) setFields(response, rateLimitFields(facts));
    if (facts?.refusal && prefers429(request.headers['prefer'])) {
      response.setHeader('preference-applied', QUOTA_PREFERENCE);
      const problem = quotaProblem(facts.refusal);
      write(response, problem.status, PROBLEM_TYPE, problem);
    } else {
      write(response, status, 'application/json; charset=utf-8', answer);
    }
    watch.end(locals(response).started, 'OK');
  }

  return (request, response) => {
    const answer = bound.answer(locals(response).caller, form.read(request.params, request.query, request.body));
    if (!(answer instanceof Promise)) return send(request, response, answer);
    return callDeadline(answer).then((known) => send(request, response, known));
  };
}

/** The last word on anything thrown: a problem document, and no word of the error itself. */
function failer(name: string, log: Log, write: Write, watch?: CallWatch): ErrorRequestHandler {
  // Express tells an error handler by its four parameters.
  return (error: unknown, _request, response, _next) => {
    const safe = safeFault(bodyFault(error), name, log);
    const problem = problemOf(safe);
    watch?.end(locals(response).started, problem.code);
    if (response.headersSent || response.destroyed) {
      response.destroy();
      return;
    }
    if (safe.fault.code === 'UNAUTHENTICATED')
      response.setHeader('www-authenticate', 'Bearer realm="gatehouse", Basic realm="gatehouse"');
    const facts = rateFactsOf(safe.fault);
    if (facts) setFields(response, rateLimitFields(facts));
    write(response, problem.status, PROBLEM_TYPE, facts?.refusal ? quotaProblem(facts.refusal) : problem);
  };
}

const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

function setFields(response: Response, fields: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(fields)) response.setHeader(name, value);
}

function writer(accepting: () => boolean): Write {
  return (response, status, type, body) => {
    if (response.destroyed) return;
    if (!accepting()) response.setHeader('connection', 'close');
    if (status === 204) {
      response.writeHead(status).end();
      return;
    }
    const text = JSON.stringify(body);
    response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) }).end(text);
  };
}
