import { describe, expect, it } from 'vitest';
import { daysAround, termsText } from '../../../src/adapters/redis/terms-text.ts';
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

describe('terms, as the scripts read them', () => {
  const days = { beforeFrom: 1, from: 2, end: 3, afterEnd: 4 };

  it.each([
    ['a guest', GUEST, '0.8,5,20,1,1|1101000000g,1,5,20,1200000,,1,2,3|1,4,0,0,0|1,1,1,0,i,,0;|v|'],
    ['a role without limits', ADVANCED, '0.8,,,0,1|1000000000a,1,,,,,,2,3|1,4,0,0,0|||'],
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
      '0.8,3,9,1,1|0111001101b,1,5,11,,1800000,5,2,3|1,4,99,88,77|1,1,1,0,l,60,0;1,1,1,0,c,70,0;|ppro r|',
    ],
  ])('of %s', (_, terms, expected) => {
    expect(termsText(terms, days)).toBe(expected);
  });

  it('carry the words of what stands in the way besides', () => {
    const terms = { ...GUEST, causesBefore: [cause('PARTNER_STOPPED')], causesAfter: [cause('NO_GRANT')] };
    const [, flags, , , , causes] = termsText(terms, days).split('|');
    expect(flags).toMatch(/^010111/);
    expect(JSON.parse(causes ?? '')).toEqual([[cause('PARTNER_STOPPED')], [cause('NO_GRANT')]]);
  });
});
