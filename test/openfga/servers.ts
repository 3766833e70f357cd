import type { PackageDefinition } from '@grpc/proto-loader';
import { startApp } from '../app.ts';
import { startOpenFga } from '../services/start-openfga.ts';
import { grpcClient, httpClient, type OpenFgaClient, type OpenFgaServer } from './openfga-client.ts';
import { reflectedService } from './reflected-service.ts';

export type Wire = 'gRPC' | 'HTTP';

/** Both servers with a client for each wire. */
export interface Servers {
  readonly gatehouse: OpenFgaServer;
  readonly client: (server: 'gatehouse' | 'openfga', wire: Wire) => OpenFgaClient;
  stop(): Promise<void>;
}

/** A whole Gatehouse in this process, and OpenFGA in one of its own. `undefined` where OpenFGA cannot be had. */
export async function startServers(): Promise<Servers | undefined> {
  const reference = await startOpenFga();
  if (reference === undefined) return undefined;
  const app = await startApp();
  const key = app.keys['operator']!;
  const gatehouse = { httpOrigin: app.httpOrigin, grpcAddress: app.grpcAddress, key };
  const service = await reflectedService(reference.grpcAddress);
  const clients = { gatehouse: clientsOf(gatehouse, service), openfga: clientsOf(reference, service) };
  return {
    gatehouse,
    client: (server, wire) => clients[server][wire],
    async stop() {
      for (const each of Object.values(clients)) for (const client of Object.values(each)) client.close();
      await app.stop();
      await reference.stop();
    },
  };
}

function clientsOf(server: OpenFgaServer, service: PackageDefinition): Readonly<Record<Wire, OpenFgaClient>> {
  return { gRPC: grpcClient(server, service), HTTP: httpClient(server, service) };
}
