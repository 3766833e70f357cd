import { dayBounds } from '../calendar.ts';
import type { Quota } from '../partner/policy.ts';
import type { Millis } from '../values.ts';
import type { OperationLog, QuotaWindow } from './state.ts';

/** The rolling window: 7 x 24 h, whatever clocks do. An operation of exactly this age is out of it (S-3). */
export const WEEK_MS = 7 * 24 * 60 * 60 * 1000;

export interface WindowUse {
  readonly code: 'QUOTA_DAILY' | 'QUOTA_WEEKLY';
  readonly limit: number;
  /** Operations in the window before this one. */
  readonly used: number;
  /** Whether the cost would exceed the limit and its grace. */
  readonly full: boolean;
  /**
   * First moment at which the cost fits, if nothing more is admitted: `now` when it fits, Infinity when it never can.
   */
  readonly roomAt: Millis;
  /** When the window next gains room; `now` for an empty rolling window. */
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
  quota: Quota & { readonly grace: number },
  cost: number,
  timeZone: string,
  now: Millis,
): WindowUses {
  const day = dayBounds(now, timeZone);
  const dailyUsed = log.total - log.totalThrough(day.start - 1);
  const dailyMax = quota.daily + quota.grace;
  const dailyFull = dailyUsed + cost > dailyMax;
  const weeklyUsed = log.total - log.totalThrough(now - WEEK_MS);
  const weeklyMax = quota.weekly + quota.grace;
  const weeklyFull = weeklyUsed + cost > weeklyMax;
  const leaves = (n: number) => momentOf(log, n) + WEEK_MS;
  return {
    daily: {
      code: 'QUOTA_DAILY',
      limit: quota.daily,
      used: dailyUsed,
      full: dailyFull,
      roomAt: !dailyFull ? now : cost > dailyMax ? Infinity : day.end,
      resetsAt: day.end,
    },
    weekly: {
      code: 'QUOTA_WEEKLY',
      limit: quota.weekly,
      used: weeklyUsed,
      full: weeklyFull,
      roomAt: !weeklyFull ? now : cost > weeklyMax ? Infinity : leaves(log.total + cost - weeklyMax),
      resetsAt: weeklyUsed === 0 ? now : leaves(log.total - weeklyUsed + 1),
    },
  };
}

function momentOf(log: OperationLog, n: number): Millis {
  const moment = log.momentOf(n);
  if (moment === undefined) throw new RangeError(`operation ${n} of ${log.total} is in the window and not in the log`);
  return moment;
}

/** The first moment at which both windows have room for the cost (S-5); undefined when there is none. */
export function roomInBothAt(uses: WindowUses): Millis | undefined {
  const at = Math.max(uses.daily.roomAt, uses.weekly.roomAt);
  return at === Infinity ? undefined : at;
}

/** A window as answered, `counted` operations of `now` included. */
export function windowAfter(use: WindowUse, counted: number, now: Millis): QuotaWindow {
  const used = use.used + counted;
  const fresh = use.code === 'QUOTA_WEEKLY' && use.used === 0 && counted > 0;
  return {
    limit: use.limit,
    used,
    remaining: Math.max(0, use.limit - used),
    resetsAt: fresh ? now + WEEK_MS : use.resetsAt,
  };
}
