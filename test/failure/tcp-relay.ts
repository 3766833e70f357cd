import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to a server that can be made slow, cut, or led to another server. */
export interface TcpRelay {
  readonly port: number;
  /** How late what the server answers arrives, from now on; 0 at first. */
  delayMs: number;
  /** Port of the server that new connections reach. */
  target: number;
  /** Breaks every connection; new ones are made as before. */
  cut(): void;
  close(): Promise<void>;
}

export async function startTcpRelay(target: number): Promise<TcpRelay> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
  };
  const relay = { port: 0, delayMs: 0, target };
  const server = createServer((near) => {
    const far = connect(relay.target, '127.0.0.1');
    keep(near);
    keep(far);
    near.setNoDelay(true).pipe(far.setNoDelay(true));
    // Timers of one length fire in their order, so what was sent first arrives first.
    far.on('data', (chunk: Buffer) => {
      if (relay.delayMs === 0) near.write(chunk);
      else setTimeout(() => near.writable && near.write(chunk), relay.delayMs);
    });
    far.once('close', () => near.destroy());
    near.once('close', () => far.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(relay, {
    port: (server.address() as AddressInfo).port,
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  });
}
