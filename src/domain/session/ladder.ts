import { dayBounds } from '../calendar.ts';
import type { Millis } from '../values.ts';
import type { QuotaTerms, RungTerms, Standing } from './state.ts';
import { exceeds, type WindowUses } from './windows.ts';

/** Days that a standing remembers: those that a rung can look back over (90 x 24 h touch 92 calendar days at most). */
export const EXCEEDED_DAYS_MAX = 92;

/** The standing with the day at hand noted as one on which a window was exceeded; the same object when it was before. */
export function noteExceeded(standing: Standing, timeZone: string, now: Millis): Standing {
  const latest = standing.exceededAt.at(-1);
  if (latest !== undefined && latest >= dayBounds(now, timeZone).start) return standing;
  return { ...standing, exceededAt: [...standing.exceededAt, now].slice(-EXCEEDED_DAYS_MAX) };
}

/**
 * The place, from 1, of the rung that acts on an operation that exceeds a window (S-8): the highest that is met; 0 when
 * none is. A rung is met when an exceeded window is exceeded by as much as it says, on as many days as it says, today
 * included.
 */
export function rungMet(
  quota: QuotaTerms,
  uses: WindowUses,
  exceededAt: readonly Millis[],
  timeZone: string,
  now: Millis,
): number {
  const daily = exceeds(uses.daily, now) ? uses.daily.excess : 0;
  const weekly = exceeds(uses.weekly, now) ? uses.weekly.excess : 0;
  const today = dayBounds(now, timeZone).start;
  const isMet = (rung: RungTerms) =>
    (daily >= rung.overDaily || weekly >= rung.overWeekly) &&
    (rung.times === 1 || 1 + exceededAt.filter((at) => at < today && at > now - rung.withinMs).length >= rung.times);
  return quota.rungs.findLastIndex(isMet) + 1;
}

/** Whether a rung that acts refuses the operation; `pacedFrom`: of a rate limit, the moment from which it lets one in. */
export function refusesBy(rung: RungTerms, pacedFrom: Millis | undefined, now: Millis): boolean {
  switch (rung.action) {
    case 'warn':
      return false;
    case 'rate_limit':
      return pacedFrom !== undefined && now < pacedFrom;
    case 'restrict':
      return rung.bars;
    case 'cooldown':
    case 'review':
    case 'suspend_subscription':
    case 'idle':
      return true;
    default:
      return rung.action satisfies never;
  }
}
