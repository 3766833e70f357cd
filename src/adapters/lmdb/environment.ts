import { open, type RootDatabase } from 'lmdb';
import { Fault } from '../../domain/errors.ts';
import { DataDirError } from './data-dir-error.ts';
import { openDatabases, type Databases } from './databases.ts';
import { prepareDataDir } from './prepare-data-dir.ts';

/** Writes that may wait for their turn in this process; more are refused, so that a slow disk cannot fill the memory. */
export const WRITES_WAITING_MAX = 4_096;
/** Address space reserved for the map, the same in every process; the file grows only with what is written. */
export const MAP_SIZE_BYTES_DEFAULT = 64 * 2 ** 30;
/** Slots for reading processes; each process takes one or two. */
const READERS_MAX = 512;
const DATABASES_MAX = 32;

export interface Environment {
  readonly databases: Databases;
  /** Runs a query on the newest committed state, that of other processes included; one state for the whole query. */
  readonly read: <T>(query: () => T) => T;
  /**
   * Runs `work` alone among all processes, in one transaction with whatever else waits; resolves when it is on the disk. What
   * `work` throws rejects and undoes its own writes only. Loss of the store, or too many waiting, is Fault UNAVAILABLE.
   */
  readonly write: <T>(work: () => T) => Promise<T>;
  /** Frees what crashed readers still hold. */
  readonly clearDeadReaders: () => void;
  /** Waits for the writes under way; later calls are Fault UNAVAILABLE. */
  readonly close: () => Promise<void>;
}

/** Opens or makes the environment. Throws DataDirError. */
export function openEnvironment(dataDir: string, mapSizeBytes: number): Environment {
  prepareDataDir(dataDir);
  let root: RootDatabase | undefined;
  try {
    root = open(environmentOptions(dataDir, mapSizeBytes));
    return environment(root, openDatabases(root, dataDir));
  } catch (cause) {
    void root?.close();
    if (cause instanceof DataDirError) throw cause;
    throw new DataDirError(dataDir, 'cannot be opened as a Gatehouse store', cause);
  }
}

function environmentOptions(dataDir: string, mapSizeBytes: number) {
  return {
    path: dataDir,
    // A directory may be called `a.b`; the driver would take that for a file.
    noSubdir: false,
    mapSize: mapSizeBytes,
    maxDbs: DATABASES_MAX,
    maxReaders: READERS_MAX,
    // A promise resolves after pages and meta page were both flushed, in this order.
    overlappingSync: false,
    permissionsMode: 0o600,
  };
}

function environment(root: RootDatabase, databases: Databases): Environment {
  const running = new Set<Promise<unknown>>();
  let closing: Promise<void> | undefined;
  const guardCommit = commitGuard(root);

  return {
    databases,
    read(query) {
      if (closing) throw closed();
      try {
        root.resetReadTxn();
        return query();
      } catch (error) {
        throw faultOf(error);
      }
    },
    async write(work) {
      if (closing) throw closed();
      if (running.size >= WRITES_WAITING_MAX) throw new Fault('UNAVAILABLE', 'too many writes wait for the store');
      const written = root.childTransaction(work);
      running.add(written);
      guardCommit();
      try {
        return await written;
      } catch (error) {
        throw faultOf(error);
      } finally {
        running.delete(written);
      }
    },
    clearDeadReaders() {
      if (closing) throw closed();
      root.readerCheck();
    },
    close() {
      closing ??= Promise.allSettled(running).then(() => root.close());
      return closing;
    },
  };
}

const closed = () => new Fault('UNAVAILABLE', 'the store is closed');

/**
 * A failed commit also rejects a promise that the driver makes for itself on the next turn and gives to nobody; it
 * would end the process.
 */
function commitGuard(root: RootDatabase): () => void {
  let scheduled = false;
  const ignore = () => {};
  return () => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      root.committed.then(ignore, ignore);
    });
  };
}

/** Faults and programming errors pass as they are; what the driver reports is the loss of the store. */
function faultOf(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof Fault) return error;
  const commitError = 'commitError' in error ? (error.commitError as Promise<unknown>) : undefined;
  commitError?.catch(() => {});
  const isDriver = commitError !== undefined || ('code' in error && typeof error.code === 'number');
  return isDriver ? new Fault('UNAVAILABLE', 'the store cannot be read or written', { cause: error }) : error;
}
