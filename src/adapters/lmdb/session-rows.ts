import { endOf, settleSession, stateAt } from '../../domain/session/session.ts';
import type { SessionRecord } from '../../domain/session/state.ts';
import { WEEK_MS } from '../../domain/session/windows.ts';
import type { SessionRules } from '../../domain/partner/policy.ts';
import type { Millis, SessionId } from '../../domain/values.ts';
import type { Databases, StoredSession } from './databases.ts';
import { below, openSessionKey, sessionExpiryKey, userKeyOfSession } from './keys.ts';

/** Sessions of a user whose end is not written down, oldest first: open ones, and those that ran out unseen. */
export function unendedSessions({ openSessions, sessions }: Databases, user: string): StoredSession[] {
  const ids = Array.from(openSessions.getRange(below(user)), ({ value }) => value);
  return ids.flatMap((id) => sessions.get(id) ?? []);
}

/** Within a write: a new session, with its place in the order of openings and the moment to look whether it may go. */
export function addSession(databases: Databases, stored: StoredSession): void {
  const { session, order } = stored;
  databases.sessions.putSync(session.sessionId, stored);
  databases.openSessions.putSync(openSessionKey(userKeyOfSession(session.sessionId), order), session.sessionId);
  scheduleRemoval(databases, session, session.openedAt);
}

/** Within a write: a later state of a stored session; one that has ended leaves the index of unended ones. */
export function replaceSession(databases: Databases, { order }: StoredSession, session: SessionRecord): void {
  databases.sessions.putSync(session.sessionId, { session, order });
  if (session.endedAt === undefined) return;
  databases.openSessions.removeSync(openSessionKey(userKeyOfSession(session.sessionId), order));
  scheduleRemoval(databases, session, session.endedAt);
}

/** Within a write: writes the end down that a session has come to. Whether it is still open. */
export function settle(databases: Databases, stored: StoredSession, now: Millis, present: SessionRules): boolean {
  const settled = settleSession(stored.session, now, present);
  if (settled !== stored.session) replaceSession(databases, stored, settled);
  return settled.endedAt === undefined;
}

export function isOpen({ session }: StoredSession, now: Millis): boolean {
  return stateAt(session, now) === 'open';
}

/** Within a write: removes a session that ended 7 days ago, or sets the next moment to look. Whether it was removed. */
export function removeEndedSession(databases: Databases, sessionId: SessionId, now: Millis): boolean {
  const stored = databases.sessions.get(sessionId);
  if (!stored) return false;
  const end = endOf(stored.session);
  if (!end || end.at + WEEK_MS > now) {
    scheduleRemoval(databases, stored.session, now);
    return false;
  }
  databases.sessions.removeSync(sessionId);
  databases.openSessions.removeSync(openSessionKey(userKeyOfSession(sessionId), stored.order));
  return true;
}

function scheduleRemoval({ expiries }: Databases, session: SessionRecord, now: Millis): void {
  const dueAt = (endOf(session)?.at ?? now) + WEEK_MS;
  expiries.putSync(sessionExpiryKey(dueAt, session.sessionId), { kind: 'session', sessionId: session.sessionId });
}
