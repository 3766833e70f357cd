import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CreationTimes } from '../../../src/services/creation-times.ts';

it('times of creation grow, whatever the clock does, and keep its millisecond while it moves on', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 4e12 }), { minLength: 1 }), (clock) => {
      const times = new CreationTimes();
      let last = -1n;
      let latest = -1;
      for (const now of clock) {
        const time = times.next(now);
        expect(time > last).toBe(true);
        if (now > latest) expect(time).toBe(BigInt(now) * 1_000_000n);
        last = time;
        latest = Math.max(latest, now);
      }
    }),
  );
});
