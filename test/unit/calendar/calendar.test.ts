import { describe, expect, it, test } from 'vitest';
import fc from 'fast-check';
import { dayBounds, DAYS_KEPT_MAX, periodEnd, timeZoneExists, ZONES_KEPT_MAX } from '../../../src/domain/calendar.ts';

const HOUR = 3_600_000;
const at = (text: string) => Date.parse(text);

describe('S-11: a day is a calendar day of the zone', () => {
  test.each([
    ['Europe/Berlin', '2026-03-29T12:00:00Z', '2026-03-28T23:00:00Z', 23],
    ['Europe/Berlin', '2026-10-25T12:00:00Z', '2026-10-24T22:00:00Z', 25],
    ['America/New_York', '2026-03-08T12:00:00Z', '2026-03-08T05:00:00Z', 23],
    ['America/New_York', '2026-11-01T12:00:00Z', '2026-11-01T04:00:00Z', 25],
    ['Australia/Lord_Howe', '2026-04-05T02:00:00Z', '2026-04-04T13:00:00Z', 24.5],
    ['Australia/Lord_Howe', '2026-10-04T02:00:00Z', '2026-10-03T13:30:00Z', 23.5],
    ['Asia/Kathmandu', '2026-06-01T12:00:00Z', '2026-05-31T18:15:00Z', 24],
    ['UTC', '2026-06-01T00:00:00Z', '2026-06-01T00:00:00Z', 24],
    // No midnight on this day: it begins at 01:00.
    ['America/Sao_Paulo', '2018-11-04T12:00:00Z', '2018-11-04T03:00:00Z', 23],
    // 30 December 2011 did not exist: the 29th is followed by the 31st.
    ['Pacific/Apia', '2011-12-29T12:00:00Z', '2011-12-29T10:00:00Z', 24],
    ['Pacific/Apia', '2011-12-30T10:00:00Z', '2011-12-30T10:00:00Z', 24],
  ])('%s at %s begins at %s and has %d h', (zone, now, start, hours) => {
    expect(dayBounds(at(now), zone)).toEqual({ start: at(start), end: at(start) + hours * HOUR });
  });

  it('a day holds its first moment and not the first of the next', () => {
    const { start, end } = dayBounds(at('2026-10-25T12:00:00Z'), 'Europe/Berlin');
    expect(dayBounds(start, 'Europe/Berlin').start).toBe(start);
    expect(dayBounds(end - 1, 'Europe/Berlin').start).toBe(start);
    expect(dayBounds(end, 'Europe/Berlin').start).toBe(end);
    expect(dayBounds(start - 1, 'Europe/Berlin').end).toBe(start);
  });

  it('every moment lies in its day, though a clock was set back over midnight', () => {
    // St. John's set its clocks back from 00:01 to 23:01 of the day before, in these years.
    const from = at('2006-10-29T00:00:00Z');
    for (let minute = 0; minute < 8 * 60; minute += 1) {
      const now = from + minute * 60_000;
      // Another day in between, so that the answer rests on nothing that was kept.
      dayBounds(from - 720 * HOUR, 'America/St_Johns');
      const day = dayBounds(now, 'America/St_Johns');
      expect(day.start <= now && now < day.end).toBe(true);
    }
  });

  it('holds for any moment, whatever was asked before', () => {
    const zones = ['UTC', 'Europe/Berlin', 'America/Sao_Paulo', 'Pacific/Apia', 'Australia/Lord_Howe'];
    const moments = fc.integer({ min: at('2005-01-01T00:00:00Z'), max: at('2030-01-01T00:00:00Z') });
    fc.assert(
      fc.property(fc.array(fc.tuple(moments, fc.constantFrom(...zones)), { minLength: 1, maxLength: 8 }), (asked) => {
        for (const [now, zone] of asked) {
          const { start, end } = dayBounds(now, zone);
          expect(start <= now && now < end).toBe(true);
          expect(end - start).toBeLessThanOrEqual(25 * HOUR);
        }
      }),
    );
  });

  it('forgets zones rather than keep ever more, and answers the same after', () => {
    const now = at('2026-06-01T12:00:00Z');
    const offsets = Array.from({ length: ZONES_KEPT_MAX + 1 }, (_, n) => {
      const minutes = n % 1439;
      const clock = `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
      return `+${clock}`;
    });
    const first = offsets.map((zone) => dayBounds(now, zone));
    expect(offsets.map((zone) => dayBounds(now, zone))).toEqual(first);
  });
});

it('S-11: forgets days rather than keep ever more, and answers the same after', () => {
  const moments = Array.from({ length: 2 * DAYS_KEPT_MAX }, (_, n) => at('2026-03-20T12:00:00Z') + n * 24 * HOUR);
  const first = moments.map((now) => dayBounds(now, 'Europe/Berlin'));
  expect(moments.map((now) => dayBounds(now, 'Europe/Berlin'))).toEqual(first);
  expect(first.slice(1).map(({ start }) => start)).toEqual(first.slice(0, -1).map(({ end }) => end));
});

describe('B-6: billing periods are counted from the anchor', () => {
  test.each([
    ['monthly', 'UTC', '2026-01-31T10:00:00Z', '2026-01-31T10:00:00Z', '2026-02-28T10:00:00Z'],
    ['monthly', 'UTC', '2026-01-31T10:00:00Z', '2026-02-28T09:59:59.999Z', '2026-02-28T10:00:00Z'],
    ['monthly', 'UTC', '2026-01-31T10:00:00Z', '2026-02-28T10:00:00Z', '2026-03-31T10:00:00Z'],
    ['monthly', 'UTC', '2026-01-31T10:00:00Z', '2026-03-31T10:00:00Z', '2026-04-30T10:00:00Z'],
    ['monthly', 'UTC', '2028-01-31T10:00:00Z', '2028-02-01T00:00:00Z', '2028-02-29T10:00:00Z'],
    ['monthly', 'UTC', '2028-01-31T10:00:00Z', '2028-02-29T10:00:00Z', '2028-03-31T10:00:00Z'],
    ['monthly', 'UTC', '2025-12-31T23:00:00Z', '2026-01-01T00:00:00Z', '2026-01-31T23:00:00Z'],
    ['yearly', 'UTC', '2028-02-29T10:00:00Z', '2028-02-29T10:00:00Z', '2029-02-28T10:00:00Z'],
    ['yearly', 'UTC', '2028-02-29T10:00:00Z', '2031-12-01T10:00:00Z', '2032-02-29T10:00:00Z'],
    ['yearly', 'UTC', '2020-06-15T10:00:00Z', '2026-06-15T09:00:00Z', '2026-06-15T10:00:00Z'],
    // Same local time of day on both sides of a change of clocks.
    ['monthly', 'Europe/Berlin', '2026-03-10T09:00:00Z', '2026-03-10T09:00:00Z', '2026-04-10T08:00:00Z'],
    // 02:30 does not exist on 29 March: the clock shows 03:30.
    ['monthly', 'Europe/Berlin', '2026-01-29T01:30:00Z', '2026-02-28T12:00:00Z', '2026-03-29T01:30:00Z'],
    // 31 January in the zone, though the 30th in UTC.
    ['monthly', 'Asia/Tokyo', '2026-01-30T16:00:00Z', '2026-02-01T00:00:00Z', '2026-02-27T16:00:00Z'],
    ['monthly', 'UTC', '2026-05-31T10:00:00Z', '2026-01-01T00:00:00Z', '2026-06-30T10:00:00Z'],
  ] as const)('%s in %s from %s: after %s comes %s', (cycle, zone, anchor, now, expected) => {
    expect(new Date(periodEnd(at(anchor), cycle, zone, at(now))).toISOString()).toBe(new Date(expected).toISOString());
  });

  it('is the first boundary after now: the boundary before it is not after now', () => {
    const moments = fc.integer({ min: at('2020-01-01T00:00:00Z'), max: at('2026-01-01T00:00:00Z') });
    const spans = fc.integer({ min: 0, max: 3000 * 24 * HOUR });
    fc.assert(
      fc.property(moments, spans, fc.constantFrom('monthly', 'yearly'), (anchor, span, cycle) => {
        const naive: number[] = [anchor];
        while ((naive.at(-1) ?? 0) <= anchor + span)
          naive.push(periodEnd(anchor, cycle, 'America/New_York', naive.at(-1) ?? 0));
        expect(periodEnd(anchor, cycle, 'America/New_York', anchor + span)).toBe(naive.at(-1));
        const gaps = naive.slice(1).map((boundary, index) => boundary - (naive[index] ?? 0));
        const [shortest, longest] = cycle === 'monthly' ? [28, 31] : [365, 366];
        for (const gap of gaps) {
          expect(gap).toBeGreaterThanOrEqual(shortest * 24 * HOUR - HOUR);
          expect(gap).toBeLessThanOrEqual(longest * 24 * HOUR + HOUR);
        }
      }),
      { numRuns: 50 },
    );
  });
});

test.each([
  ['Europe/Vienna', true],
  ['UTC', true],
  ['Europe/Kyiv', true],
  ['Mars/Olympus', false],
  ['', false],
  ['Europe/Vienna ', false],
])('the zone %j exists: %s', (name, exists) => {
  expect(timeZoneExists(name)).toBe(exists);
});
