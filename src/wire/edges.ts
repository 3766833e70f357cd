import type { Log } from '../ports/log.ts';
import type { Authenticate } from '../services/authenticate.ts';
import type { Services } from '../services/services.ts';
import type { Address } from './address.ts';
import { bindOperations } from './bound-operation.ts';
import { CallMetrics } from './call-metrics.ts';
import { startGrpcEdge } from './grpc/server.ts';
import { startAdminEdge, type Ready } from './http/admin.ts';
import { startHttpEdge } from './http/server.ts';
import { bindOpenFga } from './openfga/bound-operation.ts';
import type { Operation } from './operation.ts';
import { OPERATIONS } from './operations/all-operations.ts';

export interface EdgesParts {
  readonly services: Services;
  readonly authenticate: Authenticate;
  readonly config: {
    readonly httpAddr: Address;
    readonly grpcAddr: Address;
    readonly adminAddr: Address;
    /** The folder that holds `gatehouse/`, `openfga/` and `google/`. */
    readonly protosDir: string;
  };
  readonly log: Log;
  readonly ready: Ready;
  /** More Prometheus text for `/metrics`. */
  readonly serviceMetrics?: (() => string | Promise<string>) | undefined;
  /** Every operation of the API, and OpenFGA's beside it, unless given: then these alone. */
  readonly operations?: readonly Operation[];
}

export interface Edges {
  /** With the ports that were got where port 0 was asked for. */
  readonly addresses: { readonly http: Address; readonly grpc: Address; readonly admin: Address };
  /**
   * `/readyz` and health say no, new calls are refused, calls in flight finish; after `graceMs` they are ended. Once it
   * resolves no operation runs. A second call waits for the first.
   */
  stop(options: { graceMs: number }): Promise<void>;
}

/** Starts all three edges or none. Rejects with ListenError. */
export async function startEdges(parts: EdgesParts): Promise<Edges> {
  const { config, log } = parts;
  const metrics = new CallMetrics();
  const operations = bindOperations(parts.operations ?? OPERATIONS, parts.services, parts.authenticate);
  const openfga = parts.operations ? undefined : bindOpenFga(parts.services, parts.authenticate);
  let draining = false;
  const ready: Ready = () => (draining ? { ready: false, detail: { draining } } : parts.ready());
  const started: { stop(graceMs: number): Promise<void> }[] = [];
  const keep = <E extends { stop(graceMs: number): Promise<void> }>(edge: E): E => {
    started.push(edge);
    return edge;
  };
  try {
    const admin = keep(
      await startAdminEdge({ address: config.adminAddr, ready, metrics, serviceMetrics: parts.serviceMetrics, log }),
    );
    const grpc = keep(
      await startGrpcEdge(operations, { address: config.grpcAddr, protosDir: config.protosDir, metrics, log, openfga }),
    );
    const http = keep(await startHttpEdge(operations, { address: config.httpAddr, metrics, log, openfga }));
    let stopping: Promise<void> | undefined;
    return {
      addresses: { http: http.address, grpc: grpc.address, admin: admin.address },
      stop({ graceMs }) {
        draining = true;
        // The admin address answers until the last call is done.
        stopping ??= Promise.all([http.stop(graceMs), grpc.stop(graceMs)]).then(() => admin.stop(0));
        return stopping;
      },
    };
  } catch (error) {
    await Promise.all(started.map((edge) => edge.stop(0)));
    throw error;
  }
}
