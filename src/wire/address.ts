import { lstat, unlink } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';

/** Where an edge listens. */
export type Address =
  | { readonly kind: 'tcp'; readonly host: string; /** 0: any free port. */ readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** An address that cannot be listened on; `message` is one sentence for the operator. */
export class ListenError extends Error {
  constructor(address: string, reason: string, cause?: unknown) {
    super(`cannot listen on ${address}: ${reason}`, { cause });
    this.name = 'ListenError';
  }
}

export const ADDRESS_RULE = 'host:port, [ipv6]:port or unix:/path of at most 100 bytes';
/** The kernel takes 107 bytes; a margin for what gRPC adds. */
const SOCKET_PATH_BYTES_MAX = 100;
const TCP = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/;

/** `undefined` for text that is no address (ADDRESS_RULE). */
export function parseAddress(text: string): Address | undefined {
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length);
    const fits = path.startsWith('/') && Buffer.byteLength(path) <= SOCKET_PATH_BYTES_MAX;
    return fits ? { kind: 'unix', path } : undefined;
  }
  const [, ipv6, name, digits] = TCP.exec(text) ?? [];
  const host = ipv6 ?? name;
  const port = Number(digits);
  return host !== undefined && port <= 65_535 ? { kind: 'tcp', host, port } : undefined;
}

export function formatAddress(address: Address): string {
  if (address.kind === 'unix') return `unix:${address.path}`;
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

/** The reason in words for an error of listen(2). */
export function listenReason(text: string): string {
  if (text.includes('EADDRINUSE')) return 'the address is taken by another program';
  if (text.includes('EACCES')) return 'not permitted';
  if (text.includes('EADDRNOTAVAIL') || text.includes('ENOTFOUND')) return 'no such address on this machine';
  if (text.includes('ENOENT')) return 'the directory does not exist';
  return 'the system refused it';
}

/** Listens; answers the address with the port that it got. Rejects with ListenError. */
export async function listen(server: Server, address: Address): Promise<Address> {
  await removeDeadSocket(address);
  await new Promise<void>((resolve, reject) => {
    const refused = (error: Error) => {
      reject(new ListenError(formatAddress(address), listenReason(error.message), error));
    };
    server.once('error', refused);
    const listening = () => {
      server.off('error', refused);
      resolve();
    };
    if (address.kind === 'unix') server.listen(address.path, listening);
    else server.listen(address.port, address.host, listening);
  });
  const bound = server.address();
  return address.kind === 'tcp' && typeof bound === 'object' && bound !== null
    ? { ...address, port: bound.port }
    : address;
}

/** Tries an address and leaves it free. Rejects with ListenError. */
export async function probe(address: Address): Promise<void> {
  const server = createServer();
  await listen(server, address);
  await new Promise((resolve) => server.close(resolve));
}

/** Removes a socket file that nobody listens on. Rejects with ListenError when somebody does, or when it is another kind of file. */
export async function removeDeadSocket(address: Address): Promise<void> {
  if (address.kind === 'tcp') return;
  const file = await lstat(address.path).catch(() => undefined);
  if (file === undefined) return;
  if (!file.isSocket()) throw new ListenError(formatAddress(address), 'a file that is no socket is in its place');
  if (await answers(address.path)) throw new ListenError(formatAddress(address), listenReason('EADDRINUSE'));
  await unlink(address.path);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    // Refused: nobody is there. Anything else (no permission) is no proof of death.
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'));
  });
}
