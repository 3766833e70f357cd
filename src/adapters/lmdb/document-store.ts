import { randomBytes } from 'node:crypto';
import { nextDue } from '../../domain/user/settle.ts';
import type { UserState } from '../../domain/user/state.ts';
import type { Millis, ProviderId, UserId } from '../../domain/values.ts';
import type {
  Commit,
  CommitOutcome,
  Document,
  DocumentId,
  DocumentKind,
  DocumentOf,
  DocumentStore,
  Sequence,
  UserPosition,
} from '../../ports/document-store.ts';
import { appendAudit } from './audit-log.ts';
import { appendChange, changesAfter, newestSequence } from './change-feed.ts';
import type { Databases } from './databases.ts';
import type { Environment } from './environment.ts';
import {
  below,
  creationBound,
  creationKey,
  documentKey,
  dueBound,
  dueKey,
  userOfCreationKey,
  userOfDueKey,
} from './keys.ts';

/** Documents that `all` reads from one state of the store before it lets others in. */
const ALL_PAGE = 256;
const SECRET = 'secret';
const SECRET_BYTES = 32;

/** The document store of the embedded set-up; its reads are synchronous. */
export interface LmdbDocumentStore extends DocumentStore {
  get<K extends DocumentKind>(kind: K, id: DocumentId): DocumentOf<K> | undefined;
  head(): Sequence;
  changesSince: (...args: Parameters<DocumentStore['changesSince']>) => ReturnType<typeof changesAfter>;
}

export function lmdbDocumentStore(environment: Environment): LmdbDocumentStore {
  const { databases } = environment;
  const readHead = () => newestSequence(databases);

  return {
    get: (kind, id) => environment.read(() => readDocument(databases, kind, id)),
    commit: (commit) => environment.write(() => commitDocument(databases, commit)),
    head: () => environment.read(readHead),
    changesSince: (sequence, limit) => environment.read(() => changesAfter(databases, sequence, limit)),
    async *all<K extends DocumentKind>(kind: K) {
      for (let after: string | undefined; ;) {
        const page = environment.read(() => pageOf(databases, kind, after));
        for (const document of page) yield document;
        if (page.length < ALL_PAGE) return;
        after = documentKey(kind, documentIdOf(page.at(-1) as Document));
      }
    },
    usersOf: async (providerId, page) => environment.read(() => usersByCreation(databases, providerId, page)),
    dueUsers: async (providerId, now, limit) => environment.read(() => usersDue(databases, providerId, now, limit)),
    lease: (name, holder, now, ttlMs) =>
      environment.write(() => takeLease(databases, name, { holder, until: now + ttlMs }, now)),
    async secret() {
      const known = environment.read(() => readSecret(databases));
      if (known) return known;
      const made = randomBytes(SECRET_BYTES);
      return environment.write(() => {
        const winner = readSecret(databases);
        if (winner) return winner;
        databases.meta.putSync(SECRET, made);
        return Uint8Array.from(made);
      });
    },
    close: () => environment.close(),
  };
}

export function documentIdOf(document: Document): DocumentId {
  switch (document.kind) {
    case 'partner':
      return document.providerId;
    case 'plan':
      return `${document.providerId}/${document.planId}`;
    case 'user':
      return document.userId;
    case 'key':
      return document.keyId;
    default:
      return document satisfies never;
  }
}

function readDocument<K extends DocumentKind>({ documents }: Databases, kind: K, id: DocumentId) {
  return documents.get(documentKey(kind, id))?.document as DocumentOf<K> | undefined;
}

/** Within a write. Compares first and writes after, so that a commit that lost leaves no trace. */
function commitDocument(databases: Databases, { document, events }: Commit): CommitOutcome {
  const id = documentIdOf(document);
  const key = documentKey(document.kind, id);
  const found = databases.documents.get(key);
  if ((found?.document.rev ?? 0) !== document.rev - 1) return { done: false };

  const sequence = appendChange(databases, { kind: document.kind, id }, found?.sequence);
  databases.documents.putSync(key, { document, sequence });
  if (document.kind === 'user') indexUser(databases, document, found?.document as UserState | undefined);
  appendAudit(databases, sequence, events);
  return { done: true, sequence };
}

function indexUser({ usersByCreation, usersByDue }: Databases, user: UserState, before: UserState | undefined): void {
  moveKey(usersByCreation, before && creationKeyOf(before), creationKeyOf(user));
  moveKey(usersByDue, before && dueKeyOf(before), dueKeyOf(user));
}

const creationKeyOf = (user: UserState) => creationKey(user.providerId, user.createdAtNs, user.userId);

function dueKeyOf(user: UserState): string | undefined {
  const dueAt = nextDue(user);
  return dueAt === undefined ? undefined : dueKey(user.providerId, dueAt, user.userId);
}

function moveKey(index: Databases['usersByDue'], from: string | undefined, to: string | undefined): void {
  if (from === to) return;
  if (from !== undefined) index.removeSync(from);
  if (to !== undefined) index.putSync(to, null);
}

function usersDue({ usersByDue }: Databases, providerId: ProviderId, now: Millis, limit: number): UserId[] {
  const keys = usersByDue.getKeys({ start: `${providerId}/`, end: dueBound(providerId, now), limit });
  return Array.from(keys, userOfDueKey);
}

interface Lease {
  readonly holder: string;
  readonly until: Millis;
}

/** Within a write. */
function takeLease({ meta }: Databases, name: string, lease: Lease, now: Millis): boolean {
  const key = `lease/${name}`;
  const held = meta.get(key) as Lease | undefined;
  if (held && held.holder !== lease.holder && now < held.until) return false;
  meta.putSync(key, lease);
  return true;
}

function pageOf<K extends DocumentKind>({ documents }: Databases, kind: K, after: string | undefined) {
  const range = below(kind);
  const rows = documents.getRange({
    start: after ?? range.start,
    end: range.end,
    exclusiveStart: after !== undefined,
    limit: ALL_PAGE,
  });
  return Array.from(rows, ({ value }) => value.document as DocumentOf<K>);
}

function usersByCreation(
  databases: Databases,
  providerId: ProviderId,
  page: { after?: UserPosition; fromNs?: bigint; toNs?: bigint; limit: number },
): UserState[] {
  const { start, end } = below(providerId);
  const from = page.fromNs === undefined ? start : creationBound(providerId, page.fromNs);
  const after = page.after && creationKey(providerId, page.after.createdAtNs, page.after.userId);
  const exclusiveStart = after !== undefined && after >= from;
  const keys = databases.usersByCreation.getKeys({
    start: exclusiveStart ? after : from,
    end: page.toNs === undefined ? end : creationBound(providerId, page.toNs),
    exclusiveStart,
    limit: page.limit,
  });
  return Array.from(keys, (key) => readDocument(databases, 'user', userOfCreationKey(key))).filter(
    (user) => user !== undefined,
  );
}

function readSecret({ meta }: Databases): Uint8Array | undefined {
  const secret = meta.get(SECRET) as Uint8Array | undefined;
  return secret && Uint8Array.from(secret);
}
