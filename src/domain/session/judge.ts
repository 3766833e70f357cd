import type { Millis } from '../values.ts';
import { effectOf, pendingEffect, roomForOneAt } from './effect.ts';
import { noteExceeded, refusesBy, rungMet } from './ladder.ts';
import { endOf, touch } from './session.ts';
import type { AdmissionTerms, Effect, OperationLog, SessionEnd, SessionRecord, Standing } from './state.ts';
import { exceeds, measure, roomInBothAt, type WindowUses } from './windows.ts';

export interface JudgeRequest {
  /** Undefined: no such session of this user. */
  readonly session: SessionRecord | undefined;
  readonly log: OperationLog;
  readonly standing: Standing;
  readonly terms: AdmissionTerms;
  readonly now: Millis;
}

/** The numbers that an admission comes to; `admissionOf` gives words to them. Absent fields do not apply. */
export interface Judgement {
  /** The moment of the decision: `now`, or the latest one of the user where that is later. */
  readonly at: Millis;
  readonly admitted: boolean;
  /** What keeps the session out. */
  readonly session?: 'unknown' | SessionEnd;
  /** When the session ends by itself after this; of an open one only. */
  readonly sessionExpiresAt?: Millis;
  /** Before this operation; present with a quota. */
  readonly uses?: WindowUses;
  /** Idle bars it until then, since before this operation. */
  readonly idleUntil?: Millis;
  /** A review bars it: in force, or because of this operation. */
  readonly review: boolean;
  /** A cooldown bars it until then: in force, or because of this operation. */
  readonly cooldownUntil?: Millis;
  /** A suspension that the user document has not taken in yet bars it. */
  readonly suspending: boolean;
  /** The exceeded windows are among what refuses it. */
  readonly windowsBar: boolean;
  /** It met exceeded windows, and this rung acted: its place from 1; 0: none is met, warn. */
  readonly rung?: number;
  /** With a rung of `rate_limit`: when that lets the next operation in. */
  readonly pacedUntil?: Millis;
  /** When quotas and idle let it in, if nothing else is admitted. */
  readonly resetAt?: Millis;
  /** When it would be admitted, if nothing else is and time alone brings that. */
  readonly retryAt?: Millis;
  readonly effect?: Effect;
  readonly endsIdle: boolean;
  /** To be kept; the same object when nothing of it changed. */
  readonly standing: Standing;
}

/**
 * Decides on one operation (S-1 to S-14); pure, and the model that a store's own script mirrors. Where the user, its
 * partner, idle, the session, a review or a cooldown refuses an operation, the ladder does not act on it; where only its
 * permission would, it does (domain §9). After an admission that `terms.counted` says to count, the store adds
 * `terms.cost` to the log at `at` and keeps the `touch`ed session.
 */
export function judge({ session, log, standing, terms, now: asked }: JudgeRequest): Judgement {
  const now = Math.max(asked, standing.latestAt);
  const { quota } = terms;
  const uses = quota && measure(log, quota, terms, now);
  const holds = holdsOf(log, standing, terms, now);
  const sessionBar = barOf(session, terms, now);
  const held = holds.idleUntil !== undefined || holds.review || holds.cooldownUntil !== undefined || holds.suspending;
  const barred = held || sessionBar !== undefined || terms.causesBefore.length > 0;

  const exceeded = uses !== undefined && (exceeds(uses.daily, now) || exceeds(uses.weekly, now));
  const rung = quota && uses && exceeded ? rungMet(quota, uses, standing.exceededAt, terms.timeZone, now) : undefined;
  const step = rung === undefined ? undefined : quota?.rungs[rung - 1];
  const pace = step?.everyMs;
  const pacedFrom = pace === undefined ? undefined : (standing.lastAdmittedAt ?? 0) + pace;
  const refuses = step !== undefined && refusesBy(step, pacedFrom, now);
  const admitted = !barred && !refuses && terms.causesAfter.length === 0;

  const acts = rung !== undefined && !barred;
  const action = acts && refuses ? step.action : undefined;
  const effect = holds.pending ?? (action && uses && effectOf(action, log, terms, uses, now));
  const review = holds.review || action === 'review';
  const cooldownUntil = action === 'cooldown' ? now + (step?.forMs ?? 0) : holds.cooldownUntil;
  const windowsBar = exceeded && (refuses || held);
  const roomAt = uses && windowsBar ? roomInBothAt(uses, now) : undefined;
  const passesAt = refuses ? earliestOf(pacedFrom, roomAt) : undefined;
  const neverReset = review || (windowsBar && roomAt === undefined);
  const resetAt = neverReset ? undefined : latestOf(holds.idleUntil, roomAt);
  const neverPasses = review || (refuses && passesAt === undefined);
  const retryAt = neverPasses ? undefined : latestOf(holds.idleUntil, cooldownUntil, passesAt);
  const noted = acts && quota?.standing === true ? noteExceeded(standing, terms.timeZone, now) : standing;
  const expiresAt = sessionBar === undefined ? expiryAfter(session, admitted, terms, now) : undefined;

  return {
    at: now,
    admitted,
    ...(sessionBar !== undefined && { session: sessionBar }),
    ...(expiresAt !== undefined && { sessionExpiresAt: expiresAt }),
    ...(uses && { uses }),
    ...(holds.idleUntil !== undefined && { idleUntil: holds.idleUntil }),
    review,
    ...(cooldownUntil !== undefined && { cooldownUntil }),
    suspending: holds.suspending,
    windowsBar,
    ...(acts && { rung }),
    ...(acts && pace !== undefined && { pacedUntil: refuses ? (pacedFrom ?? 0) : now + pace }),
    ...(resetAt !== undefined && { resetAt }),
    ...(retryAt !== undefined && { retryAt }),
    ...(effect && { effect }),
    endsIdle: !barred && terms.idle !== undefined && terms.idle.until > now,
    standing: standingAfter(standing, noted, { now, admitted, cooldownUntil, effect }),
  };
}

/** What holds a user back since before the operation, by its document or by an effect that this has not taken in. */
function holdsOf(log: OperationLog, standing: Standing, terms: AdmissionTerms, now: Millis) {
  const lasting = terms.quota?.standing === true;
  const found = pendingEffect(standing, terms, now);
  const until = Math.max(terms.idle?.until ?? 0, found?.kind === 'idle' ? found.until : 0);
  const liftable = terms.idle?.liftable ?? lasting;
  const idle = until > now && !(liftable && roomForOneAt(log, terms, now) === now);
  const pending = found?.kind === 'idle' && !idle ? undefined : found;
  const cooling = lasting && standing.cooldownUntil !== undefined && standing.cooldownUntil > now;
  return {
    pending,
    idleUntil: idle ? until : undefined,
    review: lasting && (terms.reviewOpen || pending?.kind === 'review'),
    cooldownUntil: cooling ? standing.cooldownUntil : undefined,
    suspending: pending?.kind === 'suspend',
  };
}

function barOf(
  session: SessionRecord | undefined,
  { sessionRules }: AdmissionTerms,
  now: Millis,
): 'unknown' | SessionEnd | undefined {
  if (!session) return 'unknown';
  const end = endOf(session, sessionRules);
  return end && end.at <= now ? end.by : undefined;
}

function expiryAfter(
  session: SessionRecord | undefined,
  admitted: boolean,
  { sessionRules }: AdmissionTerms,
  now: Millis,
): Millis | undefined {
  return session && endOf(admitted ? touch(session, now, sessionRules) : session, sessionRules)?.at;
}

function standingAfter(
  before: Standing,
  noted: Standing,
  done: { now: Millis; admitted: boolean; cooldownUntil: Millis | undefined; effect: Effect | undefined },
): Standing {
  const { now, admitted, cooldownUntil, effect } = done;
  const cools = cooldownUntil !== undefined && cooldownUntil !== before.cooldownUntil;
  const owes = effect !== undefined && effect !== before.pending;
  if (!admitted && noted === before && !cools && !owes) return before;
  return {
    ...noted,
    latestAt: now,
    ...(admitted && { lastAdmittedAt: now }),
    ...(cools && { cooldownUntil }),
    ...(owes && { pending: effect }),
  };
}

function latestOf(...moments: readonly (Millis | undefined)[]): Millis | undefined {
  return moments.reduce((latest, at) => (at === undefined || (latest ?? -Infinity) >= at ? latest : at), undefined);
}

function earliestOf(...moments: readonly (Millis | undefined)[]): Millis | undefined {
  return moments.reduce(
    (earliest, at) => (at === undefined || (earliest ?? Infinity) <= at ? earliest : at),
    undefined,
  );
}
