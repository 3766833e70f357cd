import { describe, expect, it } from 'vitest';
import { daysAround, sevens, termsText, wordsText } from '../../../src/adapters/redis/terms-text.ts';
import { cause } from '../../../src/domain/errors.ts';
import { ZONES } from '../session/random-life.ts';
import { ADVANCED, BASIC, DAY, GUEST, HOUR, quota, rung, T0 } from '../session/terms-of.ts';

describe('the days around a moment', () => {
  it.each(ZONES)('follow each other without a gap, all through a year of %s (S-11)', (zone) => {
    for (let day = 0; day < 366; day += 1) {
      const at = T0 + day * DAY + 7 * HOUR;
      const { beforeFrom, from, end, afterEnd } = daysAround(at, zone);
      expect(from <= at && at < end).toBe(true);
      expect(daysAround(from - 1, zone)).toMatchObject({ from: beforeFrom, end: from });
      expect(daysAround(end, zone)).toMatchObject({ from: end, end: afterEnd });
    }
  });
});

describe('a number of the terms', () => {
  const read = (text: string): number => Array.from(text).reduce((sum, each) => sum * 128 + each.charCodeAt(0), 0);

  it.each([0, 1, 127, 128, 20_000, 2 ** 31, 2 ** 32 + 5, T0, 2 ** 49 - 1])('%d is 7 characters of 7 bits', (number) => {
    const text = sevens(number);
    expect(text).toHaveLength(7);
    expect(Buffer.byteLength(text)).toBe(7);
    expect(read(text)).toBe(number);
  });

  it('is 0 where it is of a moment before 1970, and is refused where it has no room', () => {
    expect(read(sevens(-3_600_000))).toBe(0);
    expect(() => sevens(2 ** 49)).toThrow(/^too large/);
  });
});

describe('terms, as the scripts read them', () => {
  const days = { beforeFrom: 1, from: 2, end: 3, afterEnd: 4 };
  /** Flags, numbers in digits, and the rest. */
  const shown = (text: string): string => {
    const numbers = Array.from({ length: 8 }, (_, n) =>
      Array.from(text.slice(11 + 7 * n, 18 + 7 * n)).reduce((sum, each) => sum * 128 + each.charCodeAt(0), 0),
    );
    return `${text.slice(0, 11)} ${numbers.join(',')} ${text.slice(67)}`;
  };

  it.each([
    ['a guest', GUEST, '0.8,5,20,1,1,0', '1101000000g 1,5,20,1200001,0,2,2,3 1,4,0,0,0|1,1,1,0,i,,0;|v|'],
    ['a role without limits', ADVANCED, '0.8,,,0,1,0', '1000000000a 1,0,0,0,0,0,2,3 1,4,0,0,0|||'],
    [
      'a basic user with a ladder, idle, under review, forgiven once',
      {
        ...BASIC,
        quota: quota({
          daily: 3,
          weekly: 9,
          grace: 2,
          rungs: [rung('rate_limit', { everyMs: 60 }), rung('cooldown', { forMs: 70 })],
        }),
        lifts: [{ kind: 'plan', planId: 'pro' }, { kind: 'review' }],
        idle: { until: 99, liftable: true },
        reviewOpen: true,
        forgivenAt: 88,
        appliedAt: 77,
      } as typeof BASIC,
      '0.8,3,9,1,1,1',
      '0111001101b 1,5,11,0,1800001,6,2,3 1,4,99,88,77|1,1,1,0,l,60,0;1,1,1,0,c,70,0;|ppro r|',
    ],
  ])('of %s', (_, terms, words, expected) => {
    expect(wordsText(terms)).toBe(words);
    expect(shown(termsText(terms, days))).toBe(expected);
  });

  it('carry the words of what stands in the way besides', () => {
    const terms = { ...GUEST, causesBefore: [cause('PARTNER_STOPPED')], causesAfter: [cause('NO_GRANT')] };
    const text = termsText(terms, days);
    expect(text).toMatch(/^010111/);
    expect(JSON.parse(text.split('|')[3] ?? '')).toEqual([[cause('PARTNER_STOPPED')], [cause('NO_GRANT')]]);
  });
});
