import { createServer, type ServerResponse } from 'node:http';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Log } from '../../ports/log.ts';
import { listen, type Address } from '../address.ts';
import type { CallMetrics } from '../call-metrics.ts';
import { safeFault } from '../safe-fault.ts';
import type { HttpEdge } from './server.ts';
import { stopServer } from './stop-server.ts';

/** Whether this replica may be sent calls, and the facts that decide it. */
export interface Readiness {
  readonly ready: boolean;
  readonly detail: Readonly<Record<string, unknown>>;
}

export type Ready = () => Readiness | Promise<Readiness>;

/**
 * The operators' address: `/livez` (the process runs), `/readyz` (200 or 503, detail as JSON), `/metrics` (Prometheus text).
 * It asks for no key and is not for callers. Rejects with ListenError.
 */
export async function startAdminEdge(edge: {
  address: Address;
  ready: Ready;
  metrics: CallMetrics;
  /** More Prometheus text, asked for at each scrape. */
  serviceMetrics?: (() => string | Promise<string>) | undefined;
  log: Log;
}): Promise<HttpEdge> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });

  async function answer(path: string, response: ServerResponse): Promise<void> {
    switch (path) {
      case '/livez':
        return send(response, 200, 'text/plain; charset=utf-8', 'ok\n');
      case '/readyz': {
        const { ready, detail } = await edge.ready();
        return send(response, ready ? 200 : 503, 'application/json', `${JSON.stringify({ ready, ...detail })}\n`);
      }
      case '/metrics': {
        const parts = [edge.metrics.render(), (await edge.serviceMetrics?.()) ?? '', await registry.metrics()];
        return send(response, 200, registry.contentType, parts.join(''));
      }
      default:
        return send(response, 404, 'text/plain; charset=utf-8', 'not found\n');
    }
  }

  const server = createServer((request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      send(response, 405, 'text/plain; charset=utf-8', 'method not allowed\n');
      return;
    }
    answer((request.url ?? '/').split('?', 1)[0] ?? '/', response).catch((error: unknown) => {
      const { fault } = safeFault(error, 'admin', edge.log);
      send(response, 503, 'text/plain; charset=utf-8', `${fault.message}\n`);
    });
  });
  const address = await listen(server, edge.address);
  return { address, stop: (graceMs) => stopServer(server, graceMs) };
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body);
}
