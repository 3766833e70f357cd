import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startBinary, freePort } from '../load/start-binary.mjs';
import { goBinary } from '../load/go-binary.mjs';

/** Every cache that there is. */
export const CACHES = [
  '--check-query-cache-enabled',
  '--check-iterator-cache-enabled',
  '--list-objects-iterator-cache-enabled',
  '--cache-controller-enabled',
];

/** OpenFGA's store in memory. A write to it takes the longer the more there is: 25,000 tuples took 50 s on two busy cores, the last 5,000 of them 22 s. */
const MEMORY = ['--datastore-engine=memory'];

/** A new SQLite store of OpenFGA in a directory, as flags; several servers may share it. */
export async function sqliteStore(directory) {
  const store = ['--datastore-engine=sqlite', `--datastore-uri=file:${join(directory, 'openfga.sqlite')}`];
  await promisify(execFile)(goBinary('openfga'), ['migrate', ...store]);
  return store;
}

/** OpenFGA on ports of its own, in memory unless another store is given, with more flags than its defaults where given. */
export async function startOpenFga(flags = [], store = MEMORY) {
  const httpAddress = `127.0.0.1:${await freePort()}`;
  const grpcAddress = `127.0.0.1:${await freePort()}`;
  const own = ['run', ...store, `--http-addr=${httpAddress}`, `--grpc-addr=${grpcAddress}`];
  const quiet = ['--playground-enabled=false', '--metrics-enabled=false', '--log-level=error', '--request-timeout=60s'];
  const httpOrigin = `http://${httpAddress}`;
  const { stop } = await startBinary(goBinary('openfga'), [...own, ...quiet, ...flags], `${httpOrigin}/healthz`);
  return { httpOrigin, grpcAddress, stop };
}
