import type { Server } from 'node:http';

/** Refuses new connections, closes idle ones, lets answers in flight finish; after `graceMs` ends what is left. */
export async function stopServer(server: Server, graceMs: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const force = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearTimeout(force);
      resolve();
    });
    server.closeIdleConnections();
  });
}
