import { mkdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A tool or server that tests use and the repository does not carry. */
export interface Fetched {
  readonly name: string;
  /** Pinned: another version is another place in the cache. */
  readonly version: string;
  /** Fills an empty directory that is moved afterwards, so nothing in it may name its own path. */
  install(directory: string): Promise<void>;
}

export interface FetchSettings {
  /** Default: `GATEHOUSE_TEST_CACHE`, else `gatehouse-test` in the user's cache directory. */
  readonly cacheDir?: string;
  /** Whether a tool that cannot be had fails the test instead of skipping it; default: `CI` is `true`. */
  readonly required?: boolean;
  /** Default: standard error. */
  readonly tell?: (line: string) => void;
  /** Default: 30 s. */
  readonly deadAfterMs?: number;
}

/** Time that a test allows itself where it may be the one that fetches: a Go server is compiled from source. */
export const FETCH_TIMEOUT_MS = 15 * 60_000;
/** A lock not touched for so long belongs to a process that is gone. */
const DEAD_AFTER_MS = 30_000;
const TOUCHES_PER_DEATH = 10;
const POLL_MS = 200;
/** Why a directory could not be filled; not tried again in this process. */
const failures = new Map<string, unknown>();

export function cacheDirectory(): string {
  return (
    process.env['GATEHOUSE_TEST_CACHE'] ||
    join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'gatehouse-test')
  );
}

/**
 * The directory that holds the tool; installs it on first use. Safe for any number of processes at once: one installs, the
 * others wait. `undefined`, with the reason on standard error, where it cannot be had; throws that reason when `required`.
 */
export async function fetchOnce(tool: Fetched, settings: FetchSettings = {}): Promise<string | undefined> {
  const { cacheDir = cacheDirectory(), required = process.env['CI'] === 'true', tell = tellStderr } = settings;
  const directory = join(cacheDir, `${tool.name}-${tool.version}`);
  try {
    while (!(await exists(directory))) {
      if (failures.has(directory)) throw failures.get(directory);
      await mkdir(cacheDir, { recursive: true });
      const lock = await takeLock(`${directory}.lock`, settings.deadAfterMs ?? DEAD_AFTER_MS);
      if (lock === undefined) continue;
      try {
        if (!(await exists(directory)) && !failures.has(directory)) await installInto(directory, tool, tell);
      } catch (error) {
        failures.set(directory, error);
      } finally {
        await lock.release();
      }
    }
    return directory;
  } catch (error) {
    if (required) throw new Error(`${tool.name} ${tool.version} cannot be had`, { cause: error });
    tell(`${tool.name} ${tool.version} cannot be had, so tests that need it are skipped: ${String(error)}`);
    return undefined;
  }
}

/** A directory appears whole or not at all: it is filled under another name. */
async function installInto(directory: string, tool: Fetched, tell: (line: string) => void): Promise<void> {
  tell(`fetching ${tool.name} ${tool.version} for the tests; this first time may take some minutes`);
  const part = `${directory}.part-${process.pid}-${Date.now()}`;
  await mkdir(part);
  try {
    await tool.install(part);
    await rename(part, directory);
  } catch (error) {
    await rm(part, { recursive: true, force: true });
    if (!(await exists(directory))) throw error;
  }
}

interface Lock {
  release(): Promise<void>;
}

/** `undefined` after a wait, or after a dead holder's lock was removed: look again. */
async function takeLock(path: string, deadAfterMs: number): Promise<Lock | undefined> {
  try {
    await mkdir(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const touchedMs = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => Date.now(),
    );
    if (Date.now() - touchedMs > deadAfterMs) await rm(path, { recursive: true, force: true });
    else await delay(POLL_MS);
    return undefined;
  }
  const touch = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, deadAfterMs / TOUCHES_PER_DEATH);
  return {
    async release() {
      clearInterval(touch);
      await rm(path, { recursive: true, force: true });
    },
  };
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

function tellStderr(line: string): void {
  process.stderr.write(`${line}\n`);
}
