import type { SessionRules } from '../partner/policy.ts';
import type { Millis, SessionId } from '../values.ts';
import type { SessionEnd, SessionRecord } from './state.ts';

export interface EndOfSession {
  /** The session is over at this moment, not only after it. */
  readonly at: Millis;
  readonly by: SessionEnd;
}

export function openSession(session: { sessionId: SessionId; rules: SessionRules; now: Millis }): SessionRecord {
  return { sessionId: session.sessionId, openedAt: session.now, activeAt: session.now, rules: session.rules };
}

/**
 * When a session ends if nothing more happens, or ended; undefined: nothing ends it by itself. It is over under the
 * rules that it was last active under, and, when given, under those of the present: the earlier end counts. Lifetime
 * and inactivity at the same moment: lifetime.
 */
export function endOf(session: SessionRecord, present: SessionRules = session.rules): EndOfSession | undefined {
  if (session.endedAt !== undefined) return { at: session.endedAt, by: session.endedBy ?? 'logout' };
  const recorded = endUnder(session, session.rules);
  if (present === session.rules) return recorded;
  return earlier(recorded, endUnder(session, present));
}

function endUnder(session: SessionRecord, rules: SessionRules): EndOfSession | undefined {
  const { lifetimeMs, inactivityMs } = rules;
  return earlier(
    lifetimeMs === undefined ? undefined : { at: session.openedAt + lifetimeMs, by: 'lifetime' },
    inactivityMs === undefined ? undefined : { at: session.activeAt + inactivityMs, by: 'inactivity' },
  );
}

function earlier(one: EndOfSession | undefined, other: EndOfSession | undefined): EndOfSession | undefined {
  if (!one || !other) return one ?? other;
  return other.at < one.at ? other : one;
}

/** `closed`: by logout or by a newer session; `expired`: by its lifetime or by inactivity. */
export function stateAt(session: SessionRecord, now: Millis, present?: SessionRules): 'open' | 'closed' | 'expired' {
  const end = endOf(session, present);
  if (!end || now < end.at) return 'open';
  switch (end.by) {
    case 'logout':
    case 'replaced':
      return 'closed';
    case 'lifetime':
    case 'inactivity':
      return 'expired';
    default:
      return end.by satisfies never;
  }
}

/** An open session after an admitted operation: awake from now on, under the rules of now. */
export function touch(session: SessionRecord, now: Millis, rules: SessionRules): SessionRecord {
  return { ...session, activeAt: Math.max(now, session.activeAt), rules };
}

/** The session ended. One that had ended keeps its end; one that had run out gets the end that it had. */
export function closeSession(
  session: SessionRecord,
  now: Millis,
  by: Extract<SessionEnd, 'logout' | 'replaced'>,
): SessionRecord {
  if (session.endedAt !== undefined) return session;
  const end = endOf(session);
  const ended = end && end.at <= now ? end : { at: now, by };
  return { ...session, endedAt: ended.at, endedBy: ended.by };
}

/**
 * A session with the end written down that it has come to by `now`, so that no later rules revive it; the same object
 * while it is open or when its end is written already.
 */
export function settleSession(session: SessionRecord, now: Millis, present?: SessionRules): SessionRecord {
  if (session.endedAt !== undefined) return session;
  const end = endOf(session, present);
  return end && end.at <= now ? { ...session, endedAt: end.at, endedBy: end.by } : session;
}

/** The open sessions that give way to one more (S-16): oldest first; none without a maximum. */
export function sessionsToClose(open: readonly SessionRecord[], openMax: number | undefined): readonly SessionRecord[] {
  if (openMax === undefined) return [];
  const excess = open.length + 1 - Math.max(1, openMax);
  return excess <= 0 ? [] : [...open].sort((a, b) => a.openedAt - b.openedAt).slice(0, excess);
}
