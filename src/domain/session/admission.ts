import { byPrecedence, cause, type Cause } from '../errors.ts';
import type { Millis } from '../values.ts';
import { endOf, touch } from './session.ts';
import type { Admission, AdmissionTerms, OperationLog, SessionRecord, Warning } from './state.ts';
import { measure, roomInBothAt, windowAfter, type WindowUse, type WindowUses } from './windows.ts';

export interface AdmissionRequest {
  /** Undefined: no such session of this user. */
  readonly session: SessionRecord | undefined;
  readonly log: OperationLog;
  readonly terms: AdmissionTerms;
  readonly now: Millis;
}

/**
 * Decides on one operation (S-1 to S-13, R-5); pure, so that a check may ask the same. The causes are in the order of
 * R-5, the first of them is the reason; of two full windows the one that resets later comes first (equal: the day). A
 * cost is admitted whole or not at all. `resetAt` is present whenever a full window is among the causes and the cost
 * can ever fit. After an admission that `terms.counted` says to count, the store adds `terms.cost` to the log and keeps
 * `touch`ed sessions.
 * A guest becomes idle when a full window refuses the operation and neither the user's state nor the session did so
 * before (S-4): until `resetAt`, or, for a cost beyond the limit itself, until one operation would fit.
 */
export function decideAdmission({ session, log, terms, now }: AdmissionRequest): Admission {
  const end = session && endOf(session, terms.sessionRules);
  const sessionCauses = causesOfSession(session, end, now);
  const { quota } = terms;
  const uses = quota && measure(log, quota, terms.cost, terms.timeZone, now);
  const fullCauses = uses && quota.onExceed === 'idle' ? causesOfWindows(uses) : [];

  const causes = byPrecedence([...terms.causesBefore, ...sessionCauses, ...fullCauses, ...terms.causesAfter]);
  const [first] = causes;
  const admitted = first === undefined;
  const counted = admitted && terms.counted ? terms.cost : 0;
  const resetAt = uses && fullCauses.length > 0 ? roomInBothAt(uses) : undefined;
  const meetsWindow = fullCauses.length > 0 && terms.causesBefore.length === 0 && sessionCauses.length === 0;
  const idleUntil = meetsWindow ? (resetAt ?? roomForOneAt(log, terms, now)) : undefined;
  const expiresAt =
    session === undefined || sessionCauses.length > 0
      ? undefined
      : (admitted ? endOf(touch(session, now, terms.sessionRules)) : end)?.at;

  return {
    admitted,
    reason: first?.reason ?? 'ADMITTED',
    causes,
    warnings: uses && admitted ? warningsOf(uses, terms) : [],
    ...(uses && {
      quotas: { daily: windowAfter(uses.daily, counted, now), weekly: windowAfter(uses.weekly, counted, now) },
    }),
    ...(resetAt !== undefined && { resetAt }),
    retryAfterMs: resetAt === undefined ? 0 : resetAt - now,
    ...(expiresAt !== undefined && { sessionExpiresAt: expiresAt }),
    ...(idleUntil !== undefined && { makesIdleUntil: idleUntil }),
    at: now,
  };
}

function causesOfSession(session: SessionRecord | undefined, end: ReturnType<typeof endOf>, now: Millis): Cause[] {
  if (!session) return [cause('SESSION_NOT_FOUND')];
  if (!end || now < end.at) return [];
  switch (end.by) {
    case 'logout':
      return [cause('SESSION_CLOSED')];
    case 'replaced':
      return [cause('SESSION_CLOSED', { rule: 'S-16', message: 'a newer session took the place of this one' })];
    case 'lifetime':
      return [cause('SESSION_EXPIRED', { rule: 'S-1' })];
    case 'inactivity':
      return [cause('SESSION_EXPIRED', { rule: 'S-6' })];
    default:
      return end.by satisfies never;
  }
}

/** The full windows, the one that has room later first. */
function causesOfWindows(uses: WindowUses): Cause[] {
  const later = uses.weekly.roomAt > uses.daily.roomAt ? [uses.weekly, uses.daily] : [uses.daily, uses.weekly];
  return later.filter((use) => use.full).map((use) => cause(use.code));
}

function roomForOneAt(log: OperationLog, terms: AdmissionTerms, now: Millis): Millis | undefined {
  if (!terms.quota) return undefined;
  const at = roomInBothAt(measure(log, terms.quota, 1, terms.timeZone, now));
  return at !== undefined && at > now ? at : undefined;
}

function warningsOf(uses: WindowUses, terms: AdmissionTerms): Warning[] {
  return [uses.daily, uses.weekly].flatMap((use) => warningOf(use, terms) ?? []);
}

/** Of floating-point shares such as 0.7 x 10: what differs by less is equal. */
const SHARE_EPSILON = 1e-9;

function warningOf(use: WindowUse, terms: AdmissionTerms): Warning | undefined {
  const span = use.code === 'QUOTA_DAILY' ? 'day' : '7 days';
  const reached = `${use.used + terms.cost} of ${use.limit} operations of the ${span}`;
  if (use.full) return { code: `${use.code}_EXCEEDED`, rule: 'S-8', message: `the quota is exceeded: ${reached}` };
  if (use.used + terms.cost < use.limit * terms.warningShare - SHARE_EPSILON) return undefined;
  return { code: `${use.code}_NEAR`, rule: 'S-9', message: `the quota is nearly used up: ${reached}` };
}
