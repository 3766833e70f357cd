import type { Database, RootDatabase } from 'lmdb';
import type { Tuple, TupleCondition, TupleKey } from '../../domain/relation/tuple.ts';
import type { Admission, SessionRecord, Standing } from '../../domain/session/state.ts';
import type { Millis, OperationId, ProviderId, SessionId } from '../../domain/values.ts';
import type { StoreRecord, StoredModel, TupleChange } from '../../ports/authorization-store.ts';
import type { AuditEntry, Change, Document, Sequence } from '../../ports/document-store.ts';
import type { DegradedOperation } from '../../ports/outage-journal.ts';
import { DataDirError } from './data-dir-error.ts';

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

/** What is kept of a user's admissions beside the rows: the ends of the log, and its standing (S-8). */
export interface AdmissionHead extends Omit<Standing, 'exceededAt'> {
  readonly total: number;
  /** Operations that are counted in `total` and no longer kept. */
  readonly forgotten: number;
  readonly opened: number;
  /** Absent in rows of releases that knew no ladder: none. */
  readonly exceededAt?: Standing['exceededAt'];
}

export type Expiry =
  /** `total`: of the log's row, 0 when the operation was not counted. */
  | { readonly kind: 'answer'; readonly user: string; readonly operationId: OperationId; readonly total: number }
  | { readonly kind: 'session'; readonly sessionId: SessionId }
  /** No rung looks back any longer to the day that was noted then. */
  | { readonly kind: 'standing'; readonly user: string };

/** Keys of a tuple of a store of OpenFGA's API: by object, relation, user, and by user, object, relation. */
export type AuthorizationTupleKey = [storeId: string, string, string, string];

export interface StoredAuthorizationTuple {
  readonly condition?: TupleCondition;
  readonly writtenAt: Millis;
}

/** Every database of the environment, its keys (see keys.ts) and values. */
export interface Databases {
  readonly meta: Database<unknown, string>;
  readonly documents: Database<StoredDocument, string>;
  readonly usersByCreation: Database<null, string>;
  readonly usersByDue: Database<null, string>;
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
  /** Of `outage-journal.ts`, by position. */
  readonly outages: Database<DegradedOperation, number>;
  readonly authorizationStores: Database<StoreRecord, string>;
  readonly authorizationStoresByOwner: Database<null, string>;
  readonly authorizationModels: Database<StoredModel, string>;
  readonly authorizationTuples: Database<StoredAuthorizationTuple, AuthorizationTupleKey>;
  readonly authorizationTuplesByUser: Database<null, AuthorizationTupleKey>;
  readonly authorizationChanges: Database<TupleChange, string>;
  readonly authorizationAssertions: Database<readonly unknown[], string>;
}

/** Opens or makes them all; refuses the layout of another release. Throws DataDirError. */
export function openDatabases(root: RootDatabase, dataDir: string): Databases {
  // Plain maps: a value can be read without whatever was written before it.
  const named = <V, K extends string | number | string[]>(name: string): Database<V, K> =>
    root.openDB<V, K>(name, { encoding: 'msgpack', encoder: { useRecords: false } } as object);
  // What callers name as they like: the other encoding has another name for a field `__proto__`.
  const asJson = <V, K extends string | string[]>(name: string): Database<V, K> =>
    root.openDB<V, K>(name, { encoding: 'json' });
  const databases: Databases = {
    meta: named('meta'),
    documents: named('documents'),
    usersByCreation: named('users_by_creation'),
    usersByDue: named('users_by_due'),
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
    outages: named('outages'),
    authorizationStores: named('authorization_stores'),
    authorizationStoresByOwner: named('authorization_stores_by_owner'),
    authorizationModels: asJson('authorization_models'),
    authorizationTuples: asJson('authorization_tuples'),
    authorizationTuplesByUser: named('authorization_tuples_by_user'),
    authorizationChanges: asJson('authorization_changes'),
    authorizationAssertions: asJson('authorization_assertions'),
  };
  checkLayout(dataDir, databases);
  return databases;
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
