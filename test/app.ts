import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { App } from '../src/app.ts';
import { compose } from '../src/compose.ts';
import { loadConfig, type Config } from '../src/config.ts';
import type { Log } from '../src/ports/log.ts';
import { formatAddress } from '../src/wire/address.ts';
import { startEdges } from '../src/wire/edges.ts';

/** A whole Gatehouse in this process: real store, real sockets, the sample partners, and a clock that tests may move. */
export interface TestApp {
  readonly httpOrigin: string;
  readonly grpcAddress: string;
  readonly adminOrigin: string;
  /** By provider_id, and `operator`. */
  readonly keys: Readonly<Record<string, string>>;
  readonly app: App;
  readonly log: ReturnType<typeof quietLog>;
  readonly dataDir: string;
  stop(): Promise<void>;
}

/** Stands until it is set. */
export class TestClock {
  #now: number;
  constructor(start: string) {
    this.#now = Date.parse(start);
  }
  now(): number {
    return this.#now;
  }
  set(ms: number): void {
    this.#now = ms;
  }
}

export const OPERATOR_KEY = `ghk_operator0000_${'A'.repeat(43)}`;

/** Lines that tests may look at. */
export function quietLog(): Log & { readonly lines: { message: string; fields: unknown }[] } {
  const lines: { message: string; fields: unknown }[] = [];
  const keep = (message: string, fields: unknown = {}) => void lines.push({ message, fields });
  return { lines, debug: keep, info: keep, warn: keep, error: keep, writes: (level) => level !== 'debug' };
}

export function configFor(dataDir: string, env: NodeJS.ProcessEnv = {}): Config {
  return loadConfig({
    env: {
      GATEHOUSE_DATA_DIR: dataDir,
      GATEHOUSE_HTTP_ADDR: '127.0.0.1:0',
      GATEHOUSE_GRPC_ADDR: '127.0.0.1:0',
      GATEHOUSE_ADMIN_ADDR: '127.0.0.1:0',
      GATEHOUSE_OPERATOR_KEY: OPERATOR_KEY,
      // Tests that move the clock say themselves when to sweep.
      GATEHOUSE_SWEEP: 'false',
      ...env,
    },
  });
}

export async function startApp(
  options: {
    clock?: { now(): number };
    dataDir?: string;
    keys?: Readonly<Record<string, string>>;
    env?: NodeJS.ProcessEnv;
  } = {},
): Promise<TestApp> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'gatehouse-app-'));
  const config = configFor(dataDir, options.env);
  const log = quietLog();
  const app = await compose(config, log, options.clock);
  const edges = await startEdges({
    services: app.services,
    authenticate: (token) => app.authenticate(token),
    config,
    log,
    ready: () => app.ready(),
  });
  const made = Object.fromEntries((app.firstStart?.partners ?? []).map(({ providerId, key }) => [providerId, key]));
  return {
    httpOrigin: `http://${formatAddress(edges.addresses.http)}`,
    grpcAddress: formatAddress(edges.addresses.grpc),
    adminOrigin: `http://${formatAddress(edges.addresses.admin)}`,
    keys: { ...made, ...options.keys, operator: OPERATOR_KEY },
    app,
    log,
    dataDir,
    async stop() {
      await edges.stop({ graceMs: 1000 });
      await app.stop();
      if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** A data directory seeded once, to be copied for each use: seeding again and again would be most of a run. */
export async function seededOnce(start: string): Promise<{
  copy(): { dataDir: string; keys: Readonly<Record<string, string>>; remove(): void };
  remove(): void;
}> {
  const dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-seed-'));
  const seeded = await startApp({ dataDir, clock: new TestClock(start) });
  await seeded.stop();
  return {
    copy() {
      const copied = mkdtempSync(join(tmpdir(), 'gatehouse-copy-'));
      cpSync(dataDir, copied, { recursive: true });
      return { dataDir: copied, keys: seeded.keys, remove: () => rmSync(copied, { recursive: true, force: true }) };
    },
    remove: () => rmSync(dataDir, { recursive: true, force: true }),
  };
}

/** The folder of this repository. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));
