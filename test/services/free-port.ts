import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

/** A TCP port that was free on loopback a moment ago. For programs that cannot take port 0; whoever can, should. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
