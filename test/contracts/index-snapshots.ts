import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { IndexSnapshots, PartnerSnapshot } from '../../src/ports/index-snapshots.ts';
import { OTHER_PARTNER, PARTNER } from './fixtures.ts';

const MADE: PartnerSnapshot = {
  subject: {
    providerId: PARTNER,
    store: 'ab',
    position: 17,
    policyVersion: 2,
    model: 'cd',
    projected: [
      { object: 'partner:ü', relation: 'idle', user: 'user:*', condition: { name: 'until', context: { at: 1 } } },
    ],
  },
  index: {
    records: {
      seed: 1,
      size: 2,
      wildcards: [0, 3],
      arena: { next: 9, chunk: 0, used: [8, -1] },
      table: { depth: 0, segments: [[2, 0]] },
      memberships: [null],
      members: [],
    },
    words: { types: ['user'], relations: ['idle'], conditions: ['until'], keys: ['at'] },
    arrays: [Uint32Array.of(1, 2 ** 32 - 1, 3), new Uint32Array(0), new Uint32Array(70).fill(7)],
  },
};

/** The contract of IndexSnapshots, for any adapter that keeps each in a file of its own below a folder. */
export function indexSnapshotsContract(
  name: string,
  make: () => { readonly snapshots: IndexSnapshots; readonly folder: string; remove(): void },
): void {
  describe(`${name} keeps snapshots of indexes`, () => {
    let made: ReturnType<typeof make>;
    beforeEach(() => {
      made = make();
    });
    afterEach(() => made.remove());
    const file = () => join(made.folder, readdirSync(made.folder)[0]!);

    test('what is taken is what was written, and it is taken once', () => {
      made.snapshots.write(MADE);
      expect(made.snapshots.take(OTHER_PARTNER)).toEqual({ kind: 'none' });
      expect(made.snapshots.take(PARTNER)).toEqual({ kind: 'taken', snapshot: MADE });
      expect(made.snapshots.take(PARTNER)).toEqual({ kind: 'none' });
      expect(readdirSync(made.folder)).toEqual([]);
    });

    test('a later one takes the place of an earlier one', () => {
      made.snapshots.write({ ...MADE, index: { ...MADE.index, arrays: [new Uint32Array(1_000)] } });
      made.snapshots.write(MADE);
      expect(readdirSync(made.folder)).toHaveLength(1);
      expect(made.snapshots.take(PARTNER)).toEqual({ kind: 'taken', snapshot: MADE });
    });

    test('one that cannot be written whole leaves the earlier one, and no part of itself', () => {
      made.snapshots.write(MADE);
      const broken = { ...MADE, index: { ...MADE.index, arrays: [{ length: 1 } as Uint32Array] } };
      expect(() => made.snapshots.write(broken)).toThrow();
      expect(readdirSync(made.folder)).toHaveLength(1);
      expect(made.snapshots.take(PARTNER)).toEqual({ kind: 'taken', snapshot: MADE });
    });

    test('any flipped bit is refused', () => {
      made.snapshots.write(MADE);
      const whole = readFileSync(file());
      const path = file();
      for (let at = 0; at < whole.length; at++) {
        const damaged = Buffer.from(whole);
        damaged[at]! ^= 1 << (at % 8);
        writeFileSync(path, damaged);
        expect(made.snapshots.take(PARTNER), `byte ${at}`).toMatchObject({ kind: 'refused' });
      }
    });

    test('one that is cut short, or goes on behind its end, is refused', () => {
      made.snapshots.write(MADE);
      const whole = readFileSync(file());
      const path = file();
      for (let length = 0; length < whole.length; length++) {
        writeFileSync(path, whole.subarray(0, length));
        expect(made.snapshots.take(PARTNER), `${length} bytes`).toMatchObject({ kind: 'refused' });
      }
      writeFileSync(path, Buffer.concat([whole, Buffer.of(0)]));
      expect(made.snapshots.take(PARTNER)).toEqual({ kind: 'refused', reason: 'it is longer than it says' });
      expect(readdirSync(made.folder)).toEqual([]);
    });

    test('one of another layout is refused by its number', () => {
      made.snapshots.write(MADE);
      const path = file();
      const foreign = readFileSync(path);
      foreign[4] = 99;
      writeFileSync(path, foreign);
      expect(made.snapshots.take(PARTNER)).toEqual({ kind: 'refused', reason: 'its layout is 99, not 1' });
    });
  });
}
