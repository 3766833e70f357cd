import { admissionOf } from '../../domain/session/admission.ts';
import { judge, type Judgement } from '../../domain/session/judge.ts';
import { touch } from '../../domain/session/session.ts';
import type { Admission, Standing } from '../../domain/session/state.ts';
import { LOOK_BACK_MS_MAX } from '../../domain/partner/ladder.ts';
import { WEEK_MS } from '../../domain/session/windows.ts';
import type { Millis } from '../../domain/values.ts';
import type { AdmissionStore, AdmitOutcome } from '../../ports/admission-store.ts';
import type { AdmissionHead, Databases, StoredAnswer } from './databases.ts';
import { answerExpiryKey, answerKey, standingExpiryKey, userKeyOfSession } from './keys.ts';
import { appendOperation, lmdbOperationLog } from './operation-log.ts';
import { isOpen, replaceSession, settle } from './session-rows.ts';

export type AdmitRequest = Parameters<AdmissionStore['admit']>[0];
export type RecallRequest = Parameters<AdmissionStore['recall']>[0];
export type PreflightRequest = Parameters<AdmissionStore['preflight']>[0];
export type CountRequest = Parameters<AdmissionStore['count']>[0];

const EMPTY_HEAD: AdmissionHead = { total: 0, forgotten: 0, latestAt: 0, opened: 0 };

export function headOf({ admissionHeads }: Databases, user: string): AdmissionHead {
  return admissionHeads.get(user) ?? EMPTY_HEAD;
}

export function decide(databases: Databases, request: PreflightRequest): Admission {
  const user = userKeyOfSession(request.sessionId);
  const head = headOf(databases, user);
  return admissionOf(judged(databases, request, user, head, standingOf(head)), request.terms);
}

function judged(
  databases: Databases,
  { sessionId, terms, now }: PreflightRequest,
  user: string,
  head: AdmissionHead,
  standing: Standing,
): Judgement {
  const session = databases.sessions.get(sessionId)?.session;
  return judge({ session, log: lmdbOperationLog(databases, user, head), standing, terms, now });
}

function standingOf({ latestAt, lastAdmittedAt, cooldownUntil, exceededAt = [], pending }: AdmissionHead): Standing {
  return {
    latestAt,
    exceededAt,
    ...(lastAdmittedAt !== undefined && { lastAdmittedAt }),
    ...(cooldownUntil !== undefined && { cooldownUntil }),
    ...(pending && { pending }),
  };
}

export function recall(databases: Databases, request: RecallRequest): AdmitOutcome | undefined {
  const { sessionId, operationId, payloadHash, now } = request;
  const known = databases.answers.get(answerKey(userKeyOfSession(sessionId), operationId));
  if (!known || now >= known.admission.at + WEEK_MS) return undefined;
  return known.payloadHash === payloadHash ? { kind: 'replay', admission: answered(known) } : { kind: 'key-reused' };
}

/** As of now; rows of releases that knew no ladder tell of a guest's idle alone, and of no lifts. */
function answered({ admission }: StoredAnswer): Admission {
  const {
    makesIdleUntil,
    lifts = [],
    ...rest
  } = admission as Partial<Pick<Admission, 'lifts'>> & Omit<Admission, 'lifts'> & { readonly makesIdleUntil?: Millis };
  if (makesIdleUntil === undefined) return { ...rest, lifts };
  return { ...rest, lifts, effect: { kind: 'idle', at: rest.at, role: 'guest', until: makesIdleUntil } };
}

/** Within a write. Decides first and writes after. */
export function admit(databases: Databases, request: AdmitRequest): AdmitOutcome {
  const known = recall(databases, request);
  if (known) return known;
  const { sessionId, operationId, payloadHash, terms } = request;
  const user = userKeyOfSession(sessionId);
  const head = headOf(databases, user);
  const standing = standingOf(head);
  const judgement = judged(databases, request, user, head, standing);
  const { at, admitted } = judgement;
  const admission = admissionOf(judgement, terms);
  const total = admitted && terms.counted && terms.cost > 0 ? head.total + terms.cost : 0;
  if (total > 0) appendOperation(databases, user, at, total);
  if (judgement.standing !== standing) {
    databases.admissionHeads.putSync(user, { ...head, ...judgement.standing, total: Math.max(head.total, total) });
  }
  const noted = judgement.standing.exceededAt;
  if (noted !== standing.exceededAt) {
    databases.expiries.putSync(standingExpiryKey(at + LOOK_BACK_MS_MAX, user), { kind: 'standing', user });
  }
  const stored = databases.sessions.get(sessionId);
  if (stored && admitted) replaceSession(databases, stored, touch(stored.session, at, terms.sessionRules));
  else if (stored) settle(databases, stored, at, terms.sessionRules);
  keepAnswer(databases, { user, operationId, total, dueAt: at + WEEK_MS }, { payloadHash, admission });
  return { kind: 'first', admission };
}

/** Within a write. */
export function count(databases: Databases, operation: CountRequest): void {
  const { sessionId, operationId, payloadHash, cost, counted, admission } = operation;
  if (recall(databases, { ...operation, now: operation.at })) return;
  const user = userKeyOfSession(sessionId);
  const head = headOf(databases, user);
  if (operation.at + WEEK_MS <= head.latestAt) return;
  const at = Math.max(operation.at, head.latestAt);
  const total = counted && cost > 0 ? head.total + cost : 0;
  if (total > 0) appendOperation(databases, user, at, total);
  databases.admissionHeads.putSync(user, {
    ...head,
    latestAt: at,
    lastAdmittedAt: at,
    total: Math.max(head.total, total),
  });
  const stored = databases.sessions.get(sessionId);
  if (stored && isOpen(stored, operation.at)) {
    replaceSession(databases, stored, touch(stored.session, operation.at, stored.session.rules));
  }
  // Due with the row of the log, which may be later than the answer.
  keepAnswer(databases, { user, operationId, total, dueAt: at + WEEK_MS }, { payloadHash, admission });
}

function keepAnswer(
  { answers, expiries }: Databases,
  {
    user,
    operationId,
    total,
    dueAt,
  }: Pick<AdmitRequest, 'operationId'> & { user: string; total: number; dueAt: Millis },
  answer: StoredAnswer,
): void {
  answers.putSync(answerKey(user, operationId), answer);
  expiries.putSync(answerExpiryKey(dueAt, user, operationId), { kind: 'answer', user, operationId, total });
}
