import { decideAdmission } from '../../domain/session/admission.ts';
import { closeSession, openSession, sessionsToClose, stateAt, touch } from '../../domain/session/session.ts';
import type { Admission, SessionRecord } from '../../domain/session/state.ts';
import { WEEK_MS } from '../../domain/session/windows.ts';
import type { Millis, SessionId } from '../../domain/values.ts';
import type { AdmissionStore, AdmitOutcome } from '../../ports/admission-store.ts';
import type { AdmissionHead, Databases } from './databases.ts';
import type { Environment } from './environment.ts';
import { answerExpiryKey, answerKey, userKey, userKeyOfSession } from './keys.ts';
import { appendOperation, lmdbOperationLog } from './operation-log.ts';
import { PRUNE_STEP, pruneStep } from './prune.ts';
import { addSession, replaceSession, settle, unendedSessions } from './session-rows.ts';

type OpenRequest = Parameters<AdmissionStore['open']>[0];
type AdmitRequest = Parameters<AdmissionStore['admit']>[0];
type RecallRequest = Parameters<AdmissionStore['recall']>[0];
type PreflightRequest = Parameters<AdmissionStore['preflight']>[0];

const EMPTY_HEAD: AdmissionHead = { total: 0, forgotten: 0, latestAt: 0, opened: 0 };

/** The admission store of the embedded set-up; `get` and `preflight` are synchronous. */
export interface LmdbAdmissionStore extends AdmissionStore {
  preflight(request: PreflightRequest): Admission;
  get(sessionId: SessionId): SessionRecord | undefined;
}

/** A clock that was set back does not bring a moment before the latest one of the user: the latest one is used. */
export function lmdbAdmissionStore(environment: Environment): LmdbAdmissionStore {
  const { databases, read, write } = environment;
  return {
    open: (request) => write(() => open(databases, request)),
    admit: (request) => write(() => admit(databases, request)),
    recall: (request) => read(() => recall(databases, request)),
    preflight: (request) => read(() => decide(databases, request)),
    close: (sessionId, now) => write(() => close(databases, sessionId, now)),
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
  };
}

const headOf = ({ admissionHeads }: Databases, user: string) => admissionHeads.get(user) ?? EMPTY_HEAD;

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
    if (closing.has(stored.session.sessionId)) {
      replaceSession(databases, stored, closeSession(stored.session, at, 'replaced'));
    }
  }
  const session = openSession({ sessionId, rules, now: at });
  addSession(databases, { session, order: head.opened });
  databases.admissionHeads.putSync(user, { ...head, latestAt: at, opened: head.opened + 1 });
  return { session, closed: [...closing] };
}

function decide(databases: Databases, { sessionId, terms, now }: PreflightRequest): Admission {
  const user = userKeyOfSession(sessionId);
  const head = headOf(databases, user);
  return decideAdmission({
    session: databases.sessions.get(sessionId)?.session,
    log: lmdbOperationLog(databases, user, head),
    terms,
    now: Math.max(now, head.latestAt),
  });
}

function recall(databases: Databases, request: RecallRequest): AdmitOutcome | undefined {
  const { sessionId, operationId, payloadHash, now } = request;
  const known = databases.answers.get(answerKey(userKeyOfSession(sessionId), operationId));
  if (!known || now >= known.admission.at + WEEK_MS) return undefined;
  return known.payloadHash === payloadHash ? { kind: 'replay', admission: known.admission } : { kind: 'key-reused' };
}

/** Within a write. Decides first and writes after. */
function admit(databases: Databases, request: AdmitRequest): AdmitOutcome {
  const known = recall(databases, request);
  if (known) return known;
  const { sessionId, terms } = request;
  const user = userKeyOfSession(sessionId);
  const admission = decide(databases, request);
  const { at, admitted } = admission;
  const stored = databases.sessions.get(sessionId);
  let total = 0;
  if (admitted) {
    const head = headOf(databases, user);
    if (terms.counted && terms.cost > 0) {
      total = head.total + terms.cost;
      appendOperation(databases, user, at, total);
    }
    databases.admissionHeads.putSync(user, { ...head, latestAt: at, total: Math.max(head.total, total) });
    if (stored) replaceSession(databases, stored, touch(stored.session, at, terms.sessionRules));
  } else if (stored) {
    settle(databases, stored, at, terms.sessionRules);
  }
  keepAnswer(databases, request, admission, total);
  return { kind: 'first', admission };
}

function keepAnswer(databases: Databases, request: AdmitRequest, admission: Admission, total: number): void {
  const { sessionId, operationId, payloadHash } = request;
  const user = userKeyOfSession(sessionId);
  databases.answers.putSync(answerKey(user, operationId), { payloadHash, admission });
  const expiry = { kind: 'answer', user, operationId, total } as const;
  databases.expiries.putSync(answerExpiryKey(admission.at + WEEK_MS, user, operationId), expiry);
}

/** Within a write. */
function close(databases: Databases, sessionId: SessionId, now: Millis): SessionRecord | undefined {
  const stored = databases.sessions.get(sessionId);
  if (!stored) return undefined;
  const { latestAt } = headOf(databases, userKeyOfSession(sessionId));
  const closed = closeSession(stored.session, Math.max(now, latestAt), 'logout');
  if (closed !== stored.session) replaceSession(databases, stored, closed);
  return closed;
}
