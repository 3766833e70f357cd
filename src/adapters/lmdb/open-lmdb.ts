import type { AuditLog } from '../../ports/audit-log.ts';
import type { OutageJournal } from '../../ports/outage-journal.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AuthorizationStore } from '../../ports/authorization-store.ts';
import { lmdbAdmissionStore, type LmdbAdmissionStore } from './admission-store.ts';
import { lmdbAuditLog } from './audit-log.ts';
import { lmdbAuthorizationStore } from './authorization-store.ts';
import { lmdbDocumentStore, type LmdbDocumentStore } from './document-store.ts';
import { MAP_SIZE_BYTES_DEFAULT, openEnvironment } from './environment.ts';
import { lmdbOutageJournal } from './outage-journal.ts';
import { BATCHES_KEPT_DEFAULT, lmdbRelationshipStore, type LmdbRelationshipStore } from './relationship-store.ts';

export interface LmdbOptions {
  /** Made when missing. Several processes may share one; one process opens it once. On a local file system. */
  readonly dataDir: string;
  /** Address space to reserve, default 64 GiB; no memory or disk is taken by it. The same in all processes. */
  readonly mapSizeBytes?: number;
  /** How many changes back a batch of relationships can be read, default 10,000. */
  readonly batchesKept?: number;
  /** What the admission store gives as its clock, default that of this machine. */
  readonly clock?: Clock;
}

/** The stores of one data directory. `documents.close()` and `close()` are the same act. */
export interface LmdbStores {
  readonly documents: LmdbDocumentStore;
  readonly audit: AuditLog;
  readonly admissions: LmdbAdmissionStore;
  readonly relationships: LmdbRelationshipStore;
  readonly outages: OutageJournal;
  readonly authorization: AuthorizationStore;
  /** Finishes what was begun; later calls are Fault UNAVAILABLE. */
  close(): Promise<void>;
}

/** Opens or makes the embedded store. Throws DataDirError with one sentence for the operator. */
export function openLmdb(options: LmdbOptions): LmdbStores {
  const environment = openEnvironment(options.dataDir, options.mapSizeBytes ?? MAP_SIZE_BYTES_DEFAULT);
  return {
    documents: lmdbDocumentStore(environment),
    audit: lmdbAuditLog(environment),
    admissions: lmdbAdmissionStore(environment, options.clock ?? { now: () => Date.now() }),
    relationships: lmdbRelationshipStore(environment, options.batchesKept ?? BATCHES_KEPT_DEFAULT),
    outages: lmdbOutageJournal(environment),
    authorization: lmdbAuthorizationStore(environment),
    close: () => environment.close(),
  };
}
