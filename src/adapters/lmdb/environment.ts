import { open, type Database, type RootDatabase } from 'lmdb';
import { Fault } from '../../domain/errors.ts';
import type { Tuple, TupleCondition, TupleKey } from '../../domain/relation/tuple.ts';
import type { Admission, SessionRecord } from '../../domain/session/state.ts';
import type { Millis, OperationId, ProviderId, SessionId } from '../../domain/values.ts';
import type { AuditEntry, Change, Document, Sequence } from '../../ports/document-store.ts';
import { DataDirError } from './data-dir-error.ts';
import { prepareDataDir } from './prepare-data-dir.ts';

/** Writes that may wait for their turn in this process; more are refused, so that a slow disk cannot fill the memory. */
export const WRITES_WAITING_MAX = 4_096;
/** Address space reserved for the map, the same in every process; the file grows only with what is written. */
export const MAP_SIZE_BYTES_DEFAULT = 64 * 2 ** 30;
/** Slots for reading processes; each process takes one or two. */
const READERS_MAX = 512;
const DATABASES_MAX = 24;
/** Of the layout below. A directory of another number is refused. */
const LAYOUT_VERSION = 1;

export interface StoredDocument {
  readonly document: Document;
  /** The change that wrote it. */
  readonly sequence: Sequence;
}

export interface StoredBatch {
  readonly providerId: ProviderId;
  readonly writes: readonly Tuple[];
  readonly deletes: readonly TupleKey[];
}

export interface StoredSession {
  readonly session: SessionRecord;
  /** Counts the openings of the user. */
  readonly order: number;
}

export interface StoredAnswer {
  readonly payloadHash: string;
  readonly admission: Admission;
}

/** What is kept of a user's admissions beside the rows: the ends of the log and the latest moment. */
export interface AdmissionHead {
  readonly total: number;
  /** Operations that are counted in `total` and no longer kept. */
  readonly forgotten: number;
  readonly latestAt: Millis;
  readonly opened: number;
}

export type Expiry =
  /** `total`: of the log's row, 0 when the operation was not counted. */
  | { readonly kind: 'answer'; readonly user: string; readonly operationId: OperationId; readonly total: number }
  | { readonly kind: 'session'; readonly sessionId: SessionId };

/** Every database of the environment, its keys (see keys.ts) and values. */
export interface Databases {
  readonly meta: Database<unknown, string>;
  readonly documents: Database<StoredDocument, string>;
  readonly usersByCreation: Database<null, string>;
  readonly changes: Database<Pick<Change, 'kind' | 'id'>, number>;
  readonly audit: Database<AuditEntry, string>;
  readonly auditByUser: Database<null, string>;
  readonly relationships: Database<TupleCondition | null, [ProviderId, string, string, string]>;
  readonly batches: Database<StoredBatch, number>;
  readonly sessions: Database<StoredSession, string>;
  readonly openSessions: Database<SessionId, string>;
  readonly admissionHeads: Database<AdmissionHead, string>;
  readonly operationsByTotal: Database<Millis, string>;
  readonly operationsByMoment: Database<number, string>;
  readonly answers: Database<StoredAnswer, string>;
  readonly expiries: Database<Expiry, string>;
}

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
    const databases = openDatabases(root);
    checkLayout(dataDir, databases);
    return environment(root, databases);
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

function openDatabases(root: RootDatabase): Databases {
  // Plain maps: a value can be read without whatever was written before it.
  const named = <V, K extends string | number | string[]>(name: string): Database<V, K> =>
    root.openDB<V, K>(name, { encoding: 'msgpack', encoder: { useRecords: false } } as object);
  return {
    meta: named('meta'),
    documents: named('documents'),
    usersByCreation: named('users_by_creation'),
    changes: named('changes'),
    audit: named('audit'),
    auditByUser: named('audit_by_user'),
    relationships: named('relationships'),
    batches: named('batches'),
    sessions: named('sessions'),
    openSessions: named('open_sessions'),
    admissionHeads: named('admission_heads'),
    operationsByTotal: named('operations_by_total'),
    operationsByMoment: named('operations_by_moment'),
    answers: named('answers'),
    expiries: named('expiries'),
  };
}

function checkLayout(dataDir: string, { meta }: Databases): void {
  const found = meta.get('layout');
  if (found === undefined) meta.putSync('layout', LAYOUT_VERSION);
  else if (found !== LAYOUT_VERSION) {
    throw new DataDirError(
      dataDir,
      `holds layout ${JSON.stringify(found)}, and this release reads layout ${LAYOUT_VERSION}`,
    );
  }
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
    clearDeadReaders: () => void root.readerCheck(),
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
