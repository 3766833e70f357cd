import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StoreClock } from '../../../src/adapters/redis/store-clock.ts';

const AHEAD = 1_700_000_000_000;

describe("the store's clock, as replies tell of it (S-15)", () => {
  it('is the fallback before the first reply', () => {
    expect(new StoreClock(() => 7).at(123)).toBe(7);
  });

  it('is never further off than the quickest reply allows, however replies are delayed', () => {
    const reply = fc.record({
      gap: fc.nat(1_000),
      there: fc.integer({ min: 0, max: 200 }),
      back: fc.integer({ min: 0, max: 200 }),
    });
    fc.assert(
      fc.property(fc.array(reply, { minLength: 1, maxLength: 50 }), (replies) => {
        const clock = new StoreClock(() => 0);
        let nowMs = 0;
        let quickest = Infinity;
        for (const { gap, there, back } of replies) {
          const sentMs = nowMs + gap;
          nowMs = sentMs + there + back;
          clock.learn({ sentMs, receivedMs: nowMs, storeAt: AHEAD + sentMs + there });
          quickest = Math.min(quickest, (there + back) / 2);
          expect(Math.abs(clock.at(nowMs) - (AHEAD + nowMs))).toBeLessThanOrEqual(quickest + 2 + nowMs / 1_000);
        }
      }),
    );
  });

  it('follows a clock that was set, by the first reply that shows it', () => {
    const clock = new StoreClock(() => 0);
    clock.learn({ sentMs: 0, receivedMs: 1, storeAt: AHEAD });
    clock.learn({ sentMs: 10, receivedMs: 60, storeAt: AHEAD - 3_600_000 });
    expect(clock.at(60)).toBe(AHEAD - 3_600_000 + 25);
  });
});
