import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  ndjsonDecisionLog,
  openNdjsonDecisionLog,
  WAITING_BYTES_DEFAULT,
} from '../../src/adapters/decision-log/ndjson-decision-log.ts';
import type { DecisionEntry } from '../../src/ports/decision-log.ts';
import { PARTNER, userId } from './fixtures.ts';

const entry = (n: number): DecisionEntry => ({
  at: 1_700_000_000_000 + n,
  call: 'Check',
  providerId: PARTNER,
  userId: userId(n),
  question: 'permission:export\n"quoted"',
  allowed: false,
  reason: 'NO_GRANT',
  policyVersion: 3,
  keyId: 'abcdefghijkl',
});

const LINE_BYTES = Buffer.byteLength(`${JSON.stringify(entry(0))}\n`);

/** A disk that takes what it is given when it is told to. */
function slowDisk() {
  const written: string[] = [];
  const waiting: (() => void)[] = [];
  return {
    written,
    async release() {
      waiting.shift()?.();
      await new Promise(setImmediate);
    },
    output: {
      appendFile: (text: string) =>
        new Promise<void>((resolve) => waiting.push(() => resolve(void written.push(text)))),
      close: async () => {},
    },
  };
}

describe('the decision log on a file', () => {
  test('holds one JSON object a line, in order, and goes on where an earlier one ended (C-5)', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'gatehouse.'));
    const file = join(directory, 'decisions.ndjson');
    try {
      for (const numbers of [
        [0, 1, 2],
        [3, 4],
      ]) {
        const log = await openNdjsonDecisionLog({ file });
        for (const n of numbers) log.record(entry(n));
        await log.close();
        expect(log.dropped()).toBe(0);
      }
      const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
      expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([0, 1, 2, 3, 4].map(entry));
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test('one that cannot be opened is UNAVAILABLE', async () => {
    const opening = openNdjsonDecisionLog({ file: join(tmpdir(), 'no such directory', 'decisions.ndjson') });
    await expect(opening).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});

describe('the decision log before a slow disk', () => {
  test('takes entries up to its bound, drops and counts the rest, and takes again when there is room', async () => {
    const disk = slowDisk();
    const log = ndjsonDecisionLog(disk.output, 3 * LINE_BYTES);
    for (let n = 0; n < 5; n += 1) log.record(entry(n));
    expect(log.dropped()).toBe(2);
    await new Promise(setImmediate);
    await disk.release();
    log.record(entry(5));
    expect(log.dropped()).toBe(2);
    await new Promise(setImmediate);
    await disk.release();
    const kept = disk.written.join('').trimEnd().split('\n');
    expect(kept.map((line) => (JSON.parse(line) as DecisionEntry).userId)).toEqual([0, 1, 2, 5].map(userId));
  });

  test('a batch that the disk refuses is counted, and the next one is written', async () => {
    const written: string[] = [];
    const answers = [Promise.reject(new Error('full')), Promise.resolve()];
    const appendFile = async (text: string) => {
      await answers.shift();
      written.push(text);
    };
    const log = ndjsonDecisionLog({ appendFile, close: async () => {} }, WAITING_BYTES_DEFAULT);
    log.record(entry(0));
    log.record(entry(1));
    await new Promise(setImmediate);
    expect(log.dropped()).toBe(2);
    log.record(entry(2));
    await log.close();
    expect(written).toEqual([`${JSON.stringify(entry(2))}\n`]);
    log.record(entry(3));
    expect(log.dropped()).toBe(3);
  });
});
