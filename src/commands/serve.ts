import type { App, Composition } from '../app.ts';
import type { Config } from '../config.ts';
import { CommandError, EXIT } from '../exit-codes.ts';
import type { Log } from '../ports/log.ts';
import { ListenError, probe } from '../wire/address.ts';
import { startEdges, type Edges } from '../wire/edges.ts';
import { keyLines, startLines } from './start-lines.ts';

/** Time that calls in flight have to finish once the service is told to stop. */
const STOP_GRACE_MS = 10_000;

/**
 * Runs the service until `stopped` resolves, then stops it in order: edges, background work, stores. Throws CommandError for an
 * address that cannot be listened on, and what `compose` throws.
 */
export async function serve(
  composition: Composition,
  config: Config,
  surroundings: { version: string; print(text: string): void; stopped: Promise<void> },
): Promise<void> {
  const log = composition.createLog(config);
  // Before a first start makes what is shown once.
  for (const address of [config.adminAddr, config.grpcAddr, config.httpAddr]) await toCommandError(probe(address));
  const app = await composition.compose(config, log);
  try {
    const edges = await openEdges(app, config, log, surroundings.print);
    surroundings.print(
      startLines({ version: surroundings.version, addresses: edges.addresses, firstStart: app.firstStart }),
    );
    log.info('serving', { version: surroundings.version });
    await surroundings.stopped;
    log.info('stopping', { graceMs: STOP_GRACE_MS });
    await edges.stop({ graceMs: STOP_GRACE_MS });
  } finally {
    await app.stop();
  }
  log.info('stopped');
}

/** A start that fails here, after a first start has made its keys, still shows them. */
async function openEdges(app: App, config: Config, log: Log, print: (text: string) => void): Promise<Edges> {
  try {
    const edges = startEdges({
      services: app.services,
      authenticate: (token) => app.authenticate(token),
      config,
      log,
      ready: () => app.ready(),
      serviceMetrics: () => app.metrics?.() ?? '',
    });
    return await toCommandError(edges);
  } catch (error) {
    if (app.firstStart) print(`${keyLines(app.firstStart).join('\n')}\n`);
    throw error;
  }
}

async function toCommandError<T>(listening: Promise<T>): Promise<T> {
  try {
    return await listening;
  } catch (error) {
    throw error instanceof ListenError ? new CommandError(EXIT.addressTaken, error.message, error) : error;
  }
}
