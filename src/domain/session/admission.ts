import { byPrecedence, cause, type Cause } from '../errors.ts';
import type { Millis } from '../values.ts';
import { judge, type Judgement, type JudgeRequest } from './judge.ts';
import {
  NO_STANDING,
  type Admission,
  type AdmissionTerms,
  type Enforcement,
  type Lift,
  type Standing,
} from './state.ts';
import { exceeds, WEEK_MS, windowAfter, type WindowUse, type WindowUses } from './windows.ts';
import { warningsOf } from './warnings.ts';

/** `judge` in words; without a standing: of a user that never exceeded anything. */
export function decideAdmission({
  standing = NO_STANDING,
  ...request
}: Omit<JudgeRequest, 'standing'> & { readonly standing?: Standing }): Admission {
  return admissionOf(judge({ ...request, standing }), request.terms);
}

/**
 * The answer that a judgement amounts to. The causes are in the order of R-5, the first of them is the reason; of two
 * exceeded windows the one that has room later comes first (equal: the day). `terms` are those of the judgement.
 */
export function admissionOf(judgement: Judgement, terms: AdmissionTerms): Admission {
  const { at, admitted, uses, resetAt, retryAt, sessionExpiresAt, effect, endsIdle } = judgement;
  const causes = byPrecedence([
    ...terms.causesBefore,
    ...causesOfHolds(judgement),
    ...causesOfSession(judgement.session),
    ...(uses && judgement.windowsBar ? causesOfWindows(uses, at, terms) : []),
    ...terms.causesAfter,
  ]);
  const enforcement = enforcementOf(judgement, terms);
  return {
    admitted,
    reason: causes[0]?.reason ?? 'ADMITTED',
    causes,
    warnings: admitted && uses && terms.quota ? warningsOf(uses, terms.quota, terms, at) : [],
    ...quotasOf(judgement, terms),
    ...(resetAt !== undefined && { resetAt }),
    retryAfterMs: retryAt === undefined || !passesInTime(judgement, terms) ? 0 : retryAt - at,
    ...(sessionExpiresAt !== undefined && { sessionExpiresAt }),
    ...(enforcement && { enforcement }),
    lifts: liftsOf(judgement, terms),
    ...(effect && { effect }),
    ...(endsIdle && { endsIdle }),
    at,
  };
}

/** Whether nothing but quotas and what enforces them refuses it: for the rest it takes more than to wait. */
function passesInTime({ session }: Judgement, { causesBefore, causesAfter }: AdmissionTerms): boolean {
  return session === undefined && causesBefore.length === 0 && causesAfter.length === 0;
}

function causesOfHolds({ idleUntil, review, cooldownUntil, suspending, windowsBar }: Judgement): Cause[] {
  return [
    ...(idleUntil === undefined ? [] : [cause('USER_IDLE')]),
    ...(cooldownUntil === undefined ? [] : [cause('QUOTA_COOLDOWN')]),
    ...(review ? [cause('QUOTA_REVIEW')] : []),
    ...(suspending && !windowsBar ? [cause('SUBSCRIPTION_SUSPENDED')] : []),
  ];
}

function causesOfSession(bar: Judgement['session']): Cause[] {
  switch (bar) {
    case undefined:
      return [];
    case 'unknown':
      return [cause('SESSION_NOT_FOUND')];
    case 'logout':
      return [cause('SESSION_CLOSED')];
    case 'replaced':
      return [cause('SESSION_CLOSED', { rule: 'S-16', message: 'a newer session took the place of this one' })];
    case 'lifetime':
      return [cause('SESSION_EXPIRED', { rule: 'S-1' })];
    case 'inactivity':
      return [cause('SESSION_EXPIRED', { rule: 'S-6' })];
    default:
      return bar satisfies never;
  }
}

/** The exceeded windows, the one that has room later first. */
/** The usual words are those of a guest (S-2, S-3); a basic user has the limits of S-7, and plans. */
function causesOfWindows({ daily, weekly }: WindowUses, now: Millis, { quota, lifts }: AdmissionTerms): Cause[] {
  const plans = lifts.flatMap((lift) => (lift.kind === 'plan' ? [lift.planId] : []));
  const ways = plans.length > 0 ? `, or take a plan that raises the limit (${plans.join(', ')})` : '';
  const words = quota?.standing === true ? { rule: 'S-7', remedy: `wait for the reset${ways}` } : {};
  const uses = [
    { code: 'QUOTA_DAILY', use: daily },
    { code: 'QUOTA_WEEKLY', use: weekly },
  ] as const;
  const room = (use: WindowUse) => use.fitsAt ?? Infinity;
  const later = room(weekly) > room(daily) ? uses.toReversed() : uses;
  return later.filter(({ use }) => exceeds(use, now)).map(({ code }) => cause(code, words));
}

function quotasOf(
  { admitted, uses, at }: Judgement,
  { quota, counted, cost }: AdmissionTerms,
): Pick<Admission, 'quotas'> {
  if (!uses || !quota) return {};
  const added = admitted && counted ? cost : 0;
  return {
    quotas: {
      daily: windowAfter(uses.daily, quota.daily, added, uses.daily.resetsAt),
      weekly: windowAfter(uses.weekly, quota.weekly, added, at + WEEK_MS),
    },
  };
}

/** What has been in force comes before what the operation met; undefined: nothing is, and no window is exceeded. */
function enforcementOf(judgement: Judgement, { quota }: AdmissionTerms): Enforcement | undefined {
  const { admitted, idleUntil, review, cooldownUntil, suspending, windowsBar, rung, effect } = judgement;
  const step = rung === undefined ? undefined : quota?.rungs[rung - 1];
  if (rung !== undefined && step) {
    // One that the rung lets in, and that something else refuses, puts no later one off.
    const pacedUntil = admitted || windowsBar ? judgement.pacedUntil : undefined;
    const until = step.action === 'cooldown' ? cooldownUntil : effect?.kind === 'idle' ? effect.until : pacedUntil;
    return { action: step.action, rung, ...(until !== undefined && { until }) };
  }
  if (idleUntil !== undefined) return { action: 'idle', until: idleUntil };
  if (review) return { action: 'review' };
  if (suspending) return { action: 'suspend_subscription' };
  if (cooldownUntil !== undefined) return { action: 'cooldown', until: cooldownUntil };
  return rung === undefined ? undefined : { action: 'warn' };
}

function liftsOf(
  { idleUntil, review, cooldownUntil, windowsBar }: Judgement,
  { lifts }: AdmissionTerms,
): readonly Lift[] {
  if (!windowsBar && !review && idleUntil === undefined && cooldownUntil === undefined) return [];
  return review ? [{ kind: 'review' }, ...lifts] : lifts;
}
