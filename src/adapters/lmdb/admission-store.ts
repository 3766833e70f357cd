import { closeSession, openSession, sessionsToClose, stateAt } from '../../domain/session/session.ts';
import type { Admission, SessionRecord } from '../../domain/session/state.ts';
import type { Millis, SessionId } from '../../domain/values.ts';
import type { AdmissionStore } from '../../ports/admission-store.ts';
import type { Clock } from '../../ports/clock.ts';
import { admit, count, decide, headOf, recall, type PreflightRequest } from './admission-rows.ts';
import type { Databases, StoredSession } from './databases.ts';
import type { Environment } from './environment.ts';
import { userKey, userKeyOfSession } from './keys.ts';
import { PRUNE_STEP, pruneStep } from './prune.ts';
import { addSession, isOpen, replaceSession, settle, unendedSessions } from './session-rows.ts';

type OpenRequest = Parameters<AdmissionStore['open']>[0];

/** The admission store of the embedded set-up; `get` and `preflight` are synchronous. */
export interface LmdbAdmissionStore extends AdmissionStore {
  preflight(request: PreflightRequest): Admission;
  get(sessionId: SessionId): SessionRecord | undefined;
}

/** A clock that was set back does not bring a moment before the latest one of the user: the latest one is used. */
export function lmdbAdmissionStore(environment: Environment, clock: Clock): LmdbAdmissionStore {
  const { databases, read, write } = environment;
  return {
    open: (request) => write(() => open(databases, request)),
    admit: (request) => write(() => admit(databases, request)),
    admitAll: (requests) => write(() => requests.map((request) => admit(databases, request))),
    recall: (request) => read(() => recall(databases, request)),
    preflight: (request) => read(() => decide(databases, request)),
    count: (operation) => write(() => count(databases, operation)),
    close: (sessionId, now) => write(() => close(databases, sessionId, now)),
    closeAll: (providerId, userId, now) => write(() => closeAll(databases, userKey(providerId, userId), now)),
    get: (sessionId) => read(() => databases.sessions.get(sessionId)?.session),
    sessionsOf: async (providerId, userId, now) =>
      read(() =>
        unendedSessions(databases, userKey(providerId, userId))
          .map(({ session }) => session)
          .filter((session) => stateAt(session, now) === 'open'),
      ),
    async prune(now, limit) {
      environment.clearDeadReaders();
      for (let removed = 0; ;) {
        const left = Math.min(PRUNE_STEP, limit - removed);
        if (left <= 0) return removed;
        const step = await write(() => pruneStep(databases, now, left));
        removed += step.removed;
        if (step.seen === 0) return removed;
      }
    },
    health: () => read(() => ({ state: 'up', detail: 'in the data directory, durable before each answer' })),
    now: () => clock.now(),
  };
}

/** Within a write. A session id that exists already is answered as it is. */
function open(databases: Databases, { sessionId, rules, now }: OpenRequest) {
  const existing = databases.sessions.get(sessionId);
  if (existing) return { session: existing.session, closed: [] };
  const user = userKeyOfSession(sessionId);
  const head = headOf(databases, user);
  const at = Math.max(now, head.latestAt);

  // Without a maximum none gives way, and a user may have any number of them.
  const unended = rules.openMax === undefined ? [] : unendedSessions(databases, user);
  const stillOpen = unended.filter((stored) => settle(databases, stored, at, rules));
  const closing = new Set(
    sessionsToClose(
      stillOpen.map((stored) => stored.session),
      rules.openMax,
    ).map((session) => session.sessionId),
  );
  for (const stored of stillOpen) {
    if (closing.has(stored.session.sessionId)) end(databases, stored, at, 'replaced');
  }
  const session = openSession({ sessionId, rules, now: at });
  addSession(databases, { session, order: head.opened });
  databases.admissionHeads.putSync(user, { ...head, latestAt: at, opened: head.opened + 1 });
  return { session, closed: [...closing] };
}

/** Within a write. */
function close(databases: Databases, sessionId: SessionId, now: Millis): SessionRecord | undefined {
  const stored = databases.sessions.get(sessionId);
  const { latestAt } = headOf(databases, userKeyOfSession(sessionId));
  return stored && end(databases, stored, Math.max(now, latestAt), 'logout');
}

/** Within a write. */
function closeAll(databases: Databases, user: string, now: Millis): SessionRecord[] {
  const at = Math.max(now, headOf(databases, user).latestAt);
  return unendedSessions(databases, user)
    .filter((stored) => isOpen(stored, at))
    .map((stored) => end(databases, stored, at, 'logout'));
}

/** Within a write. One that has ended, or has run out, keeps the end that it had. */
function end(databases: Databases, stored: StoredSession, at: Millis, by: 'logout' | 'replaced'): SessionRecord {
  const closed = closeSession(stored.session, at, by);
  if (closed !== stored.session) replaceSession(databases, stored, closed);
  return closed;
}
