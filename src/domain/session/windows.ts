import { dayBounds } from '../calendar.ts';
import type { Millis } from '../values.ts';
import type { AdmissionTerms, OperationLog, QuotaTerms, QuotaWindow } from './state.ts';

/** The rolling window: 7 x 24 h, whatever clocks do. An operation of exactly this age is out of it (S-3). */
export const WEEK_MS = 7 * 24 * 60 * 60 * 1000;

export interface WindowUse {
  /** Operations in the window before this one. */
  readonly used: number;
  /** By how many operations this one would exceed limit and grace; 0 and less: it fits. */
  readonly excess: number;
  /** First moment at which the cost fits, if nothing more is admitted: the present when it fits, absent when it never can. */
  readonly fitsAt?: Millis;
  /** A cleared review forgives what exceeds the window before this moment; 0: nothing is forgiven. */
  readonly forgivenUntil: Millis;
  /** When the window next gains room; the present for an empty rolling window. */
  readonly resetsAt: Millis;
}

export interface WindowUses {
  readonly daily: WindowUse;
  readonly weekly: WindowUse;
}

/**
 * What an operation of this cost meets in both windows. Operations later than `now` count, so a clock set back opens
 * nothing.
 */
export function measure(
  log: OperationLog,
  quota: QuotaTerms,
  terms: Pick<AdmissionTerms, 'cost' | 'timeZone' | 'forgivenAt'>,
  now: Millis,
): WindowUses {
  const { cost } = terms;
  const day = dayBounds(now, terms.timeZone);
  const dailyUsed = log.total - log.totalThrough(day.start - 1);
  const dailyMax = quota.daily + quota.grace;
  const gone = log.totalThrough(now - WEEK_MS);
  const weeklyUsed = log.total - gone;
  const weeklyMax = quota.weekly + quota.grace;
  const leaves = (n: number) => momentOf(log, n) + WEEK_MS;
  const forgivenAt = quota.standing ? (terms.forgivenAt ?? 0) : 0;
  const forgiven = forgivenAt > 0 ? log.totalThrough(forgivenAt) : 0;
  return {
    daily: {
      used: dailyUsed,
      excess: dailyUsed + cost - dailyMax,
      ...fits(dailyUsed, cost, dailyMax, now, () => day.end),
      forgivenUntil: forgivenAt >= day.start ? day.end : 0,
      resetsAt: day.end,
    },
    weekly: {
      used: weeklyUsed,
      excess: weeklyUsed + cost - weeklyMax,
      ...fits(weeklyUsed, cost, weeklyMax, now, () => leaves(log.total + cost - weeklyMax)),
      // Until what was counted by then leaves room for one.
      forgivenUntil: weeklyMax > 0 && forgiven - gone >= weeklyMax ? leaves(forgiven + 1 - weeklyMax) : 0,
      resetsAt: weeklyUsed === 0 ? now : leaves(log.total - weeklyUsed + 1),
    },
  };
}

function fits(used: number, cost: number, max: number, now: Millis, later: () => Millis): { readonly fitsAt?: Millis } {
  if (used + cost <= max) return { fitsAt: now };
  return cost > max ? {} : { fitsAt: later() };
}

function momentOf(log: OperationLog, n: number): Millis {
  const moment = log.momentOf(n);
  if (moment === undefined) throw new RangeError(`operation ${n} of ${log.total} is in the window and not in the log`);
  return moment;
}

/** Whether the operation is over what the window holds, and that is not forgiven. */
export function exceeds(use: WindowUse, now: Millis): boolean {
  return use.excess > 0 && now >= use.forgivenUntil;
}

/** The first moment at which both windows have room for the cost (S-5) or forgive it; undefined when there is none. */
export function roomInBothAt({ daily, weekly }: WindowUses, now: Millis): Millis | undefined {
  const opens = [now, daily.fitsAt ?? Infinity, weekly.fitsAt ?? Infinity].sort((a, b) => a - b);
  const at = opens.find((moment) => takes(daily, moment) && takes(weekly, moment));
  return at === Infinity ? undefined : at;
}

const takes = (use: WindowUse, at: Millis) => at < use.forgivenUntil || at >= (use.fitsAt ?? Infinity);

/** A window as answered, `counted` operations of `now` included. */
export function windowAfter(use: WindowUse, limit: number, counted: number, freshResetsAt: Millis): QuotaWindow {
  const used = use.used + counted;
  return {
    limit,
    used,
    remaining: Math.max(0, limit - used),
    resetsAt: use.used === 0 && counted > 0 ? freshResetsAt : use.resetsAt,
  };
}
