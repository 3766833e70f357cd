import { Temporal } from 'temporal-polyfill';
import { DAY, MINUTE } from './terms-of.ts';

interface NaiveDay {
  readonly date: string;
  readonly start: number;
  /** The first millisecond of the next day. */
  readonly end: number;
}

const known = new Map<string, NaiveDay[]>();

function dateOf(at: number, timeZone: string): string {
  return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone).toPlainDate().toString();
}

/** The date of a moment in a zone and when that date begins and ends, by asking the calendar minute by minute. */
export function naiveDay(at: number, timeZone: string): NaiveDay {
  const days = known.get(timeZone) ?? [];
  known.set(timeZone, days);
  const found = days.find(({ start, end }) => start <= at && at < end);
  if (found) return found;
  const date = dateOf(at, timeZone);
  const minute = Math.floor(at / MINUTE) * MINUTE;
  const day = { date, start: turn(minute, -1, date, timeZone) + MINUTE, end: turn(minute, 1, date, timeZone) };
  days.push(day);
  return day;
}

/** The first minute in a direction that is of another date; found in halves, for dates do not come back. */
function turn(minute: number, direction: 1 | -1, date: string, timeZone: string): number {
  let inside = 0;
  let outside = (2 * DAY) / MINUTE;
  while (outside - inside > 1) {
    const middle = (inside + outside) >>> 1;
    if (dateOf(minute + direction * middle * MINUTE, timeZone) === date) inside = middle;
    else outside = middle;
  }
  return minute + direction * outside * MINUTE;
}
