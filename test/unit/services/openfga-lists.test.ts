import { describe, expect, it } from 'vitest';
import type { Listing, ListEnd } from '../../../src/domain/relation/listing.ts';
import { driveListing, finishListing, stopAt } from '../../../src/services/openfga/drive-listing.ts';
import { cutOf } from '../../../src/services/openfga/list-objects.ts';

const clockAt = (...moments: number[]) => {
  let at = 0;
  return { now: () => moments[Math.min(at++, moments.length - 1)]! };
};
const call = (deadline = Infinity, cancelled = false) => ({ deadline, cancelled: () => cancelled });

function* listing(...steps: (readonly string[])[]): Listing<string> {
  yield* steps;
  return 'end';
}

describe('a list is to stop', () => {
  it.each([
    ['at its own deadline', 100, Infinity, 100],
    ['at that of the caller, where it is sooner', 100, 40, 40],
    ['at its own, where that of the caller is later', 100, 400, 100],
  ])('%s', (_, deadlineMs, callers, end) => {
    const expired = stopAt(clockAt(0, end - 1, end), deadlineMs, call(callers));
    expect([expired(), expired()]).toEqual([false, true]);
  });

  it('when the caller went away', () => {
    expect(stopAt(clockAt(0), 100, call(Infinity, true))()).toBe(true);
  });
});

describe('a list is driven', () => {
  it('to its end, handing over what is found and nothing that is empty', async () => {
    const found: unknown[] = [];
    for await (const batch of driveListing(listing(['a'], [], ['b', 'c']), clockAt(0), call())) found.push(batch);
    expect(found).toEqual([['a'], ['b', 'c']]);
    expect(await finishListing(listing(['a'], []), clockAt(0), call())).toBe('end');
  });

  it('with the others having their turn when its own is over', async () => {
    const order: string[] = [];
    setImmediate(() => order.push('other'));
    const moments = clockAt(0, 4, 5);
    function* watched(): Listing<string> {
      for (const step of ['first', 'second', 'third']) {
        order.push(step);
        yield [];
      }
      return 'end';
    }
    await finishListing(watched(), moments, call());
    expect(order).toEqual(['first', 'second', 'other', 'third']);
  });

  it('no further for a caller that went away', async () => {
    const left = finishListing(listing(['a'], ['b']), clockAt(0), call(Infinity, true));
    await expect(left).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('of its end a list says', () => {
  const CUTS: readonly (readonly [what: string, end: ListEnd, length: number, cut: object])[] = [
    ['nothing when it is whole', { complete: true }, 3, { truncated: false }],
    ['where to go on when it is full', { complete: false, next: 'c' }, 3, { truncated: true, next: 'c' }],
    ['that time was over', { complete: false, unknown: 'deadline' }, 3, { truncated: true }],
    ['that its steps were over', { complete: false, unknown: 'breadth', next: 'c' }, 3, { truncated: true, next: 'c' }],
    ['that it is cut, though complete but for one set', { complete: true, unknown: 'breadth' }, 3, { truncated: true }],
    [
      'no doubt yet, of one that goes on',
      { complete: false, unknown: 'depth', next: 'c' },
      3,
      { truncated: true, next: 'c' },
    ],
  ];
  it.each(CUTS)('%s', (_, end, length, cut) => {
    expect(cutOf(end, length, [])).toEqual(cut);
  });

  it.each([
    ['depth', 'authorization_model_resolution_too_complex'],
    ['missing-context', 'validation_error'],
    ['condition', 'validation_error'],
  ] as const)('that an entry may be missing: %s is an error', (unknown, code) => {
    expect(() => cutOf({ complete: true, unknown }, 3, [])).toThrow(expect.objectContaining({ code }));
  });
});
