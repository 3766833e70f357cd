import { startBinary, freePort } from '../load/start-binary.mjs';
import { goBinary } from '../load/go-binary.mjs';

/** Every cache that there is. */
export const CACHES = [
  '--check-query-cache-enabled',
  '--check-iterator-cache-enabled',
  '--list-objects-iterator-cache-enabled',
  '--cache-controller-enabled',
];

/** OpenFGA in memory on ports of its own, with more flags than its defaults where given. */
export async function startOpenFga(flags = []) {
  const httpAddress = `127.0.0.1:${await freePort()}`;
  const grpcAddress = `127.0.0.1:${await freePort()}`;
  const own = ['run', '--datastore-engine=memory', `--http-addr=${httpAddress}`, `--grpc-addr=${grpcAddress}`];
  // Its writes to memory take the longer the more there is.
  const quiet = ['--playground-enabled=false', '--metrics-enabled=false', '--log-level=error', '--request-timeout=60s'];
  const httpOrigin = `http://${httpAddress}`;
  const { stop } = await startBinary(goBinary('openfga'), [...own, ...quiet, ...flags], `${httpOrigin}/healthz`);
  return { httpOrigin, grpcAddress, stop };
}
