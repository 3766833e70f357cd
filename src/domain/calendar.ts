import { Temporal } from 'temporal-polyfill';
import type { BillingCycle, Millis } from './values.ts';

export interface DayBounds {
  /** First moment of the day. */
  readonly start: Millis;
  /** First moment of the day after. */
  readonly end: Millis;
}

/** Zones of which days are kept: the IANA database has some 600 names, links included. */
export const ZONES_KEPT_MAX = 1024;
/** Days kept of each: the present one and those around it that windows and resets ask for. */
export const DAYS_KEPT_MAX = 32;

/** The latest found first. */
const days = new Map<string, DayBounds[]>();

/**
 * The calendar day of an IANA zone that holds `now` (S-11): `start <= now < end`. Days of 23 or 25 hours are single
 * days, a day without a midnight begins at its first moment, a day that a zone skipped does not exist.
 * Throws RangeError for an unknown zone.
 */
export function dayBounds(now: Millis, timeZone: string): DayBounds {
  const kept = days.get(timeZone) ?? [];
  for (const day of kept) if (day.start <= now && now < day.end) return day;
  const bounds = boundsOf(now, timeZone);
  if (kept.length === 0) {
    if (days.size >= ZONES_KEPT_MAX) days.clear();
    days.set(timeZone, kept);
  }
  if (kept.unshift(bounds) > DAYS_KEPT_MAX) kept.pop();
  return bounds;
}

function boundsOf(now: Millis, timeZone: string): DayBounds {
  const today = at(now, timeZone).startOfDay();
  let start = today.epochMilliseconds;
  let next = today.add({ days: 1 }).startOfDay();
  // A clock set back over midnight repeats the end of a day that is over: its repetition belongs to the new day.
  while (next.epochMilliseconds <= now) {
    start = next.epochMilliseconds;
    next = next.add({ days: 1 }).startOfDay();
  }
  return { start, end: next.epochMilliseconds };
}

/**
 * The first boundary of a billing period strictly after `now` (B-6): whole months or years counted from the anchor, at
 * its local time of day, clipped to the end of a shorter month (31 January, 28 February, 31 March). For a `now` before
 * the anchor: the end of the first period. Throws RangeError for an unknown zone.
 */
export function periodEnd(anchor: Millis, cycle: BillingCycle, timeZone: string, now: Millis): Millis {
  const first = at(anchor, timeZone);
  const present = at(now, timeZone);
  const years = present.year - first.year;
  const elapsed = cycle === 'yearly' ? years : years * 12 + present.month - first.month;
  for (let count = Math.max(1, elapsed - 1); ; count += 1) {
    const boundary = first.add(cycle === 'yearly' ? { years: count } : { months: count }).epochMilliseconds;
    if (boundary > now) return boundary;
  }
}

/** Whether the name is a zone of the IANA database (or a fixed offset). */
export function timeZoneExists(name: string): boolean {
  try {
    at(0, name);
    return true;
  } catch {
    return false;
  }
}

function at(moment: Millis, timeZone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(moment).toZonedDateTimeISO(timeZone);
}
