import { closeSync, fsyncSync, mkdirSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { SNAPSHOT_LAYOUT } from '../../domain/relation/index-snapshot.ts';
import type { ProviderId } from '../../domain/values.ts';
import type { IndexSnapshots, PartnerSnapshot, TakenSnapshot } from '../../ports/index-snapshots.ts';

/** In the byte order of the machine, so that a file of another order is refused: `GHIX`, the layout, bytes and CRC-32 of the head. */
const MAGIC = 0x58494847;
const PREFIX_WORDS = 4;
/** A head is JSON: of 10 million tuples 200 kB. */
const HEAD_BYTES_MAX = 64 * 1024 * 1024;

type Head = Pick<PartnerSnapshot, 'subject'> &
  Omit<PartnerSnapshot['index'], 'arrays'> & {
    /** Words of each array. */
    readonly lengths: readonly number[];
  };

/**
 * Snapshots as `<provider_id>.snapshot` in a folder, which is made when it is needed. A file is a prefix, a head, and each array with its
 * CRC-32 behind it; nothing more.
 */
export function createIndexSnapshotFiles(folder: string): IndexSnapshots {
  const fileOf = (providerId: ProviderId) => join(folder, `${providerId}.snapshot`);
  return {
    write(snapshot) {
      mkdirSync(folder, { recursive: true });
      const file = fileOf(snapshot.subject.providerId);
      const part = `${file}.${process.pid}.part`;
      try {
        writeWhole(part, snapshot);
        renameSync(part, file);
      } catch (error) {
        rmSync(part, { force: true });
        throw error;
      }
    },
    take(providerId) {
      const file = fileOf(providerId);
      try {
        return readWhole(file);
      } finally {
        rmSync(file, { force: true });
      }
    },
  };
}

function writeWhole(file: string, { subject, index: { records, words, arrays } }: PartnerSnapshot): void {
  const head: Head = { subject, records, words, lengths: arrays.map(({ length }) => length) };
  const bytes = Buffer.from(JSON.stringify(head));
  const descriptor = openSync(file, 'w', 0o600);
  try {
    write(descriptor, new Uint32Array([MAGIC, SNAPSHOT_LAYOUT, bytes.length, crc32(bytes)]));
    write(descriptor, bytes);
    for (const array of arrays) {
      write(descriptor, array);
      write(descriptor, new Uint32Array([crc32(array)]));
    }
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function write(descriptor: number, array: Uint8Array | Uint32Array): void {
  const bytes = Buffer.from(array.buffer, array.byteOffset, array.byteLength);
  for (let done = 0; done < bytes.length;) done += writeSync(descriptor, bytes, done);
}

function readWhole(file: string): TakenSnapshot {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { kind: 'none' };
    return refused('it cannot be opened');
  }
  try {
    return readOpen(descriptor);
  } catch {
    return refused('it cannot be read');
  } finally {
    closeSync(descriptor);
  }
}

function readOpen(descriptor: number): TakenSnapshot {
  const prefix = new Uint32Array(PREFIX_WORDS);
  if (!read(descriptor, prefix) || prefix[0] !== MAGIC) return refused('it is no snapshot of this machine');
  const [, layout, headBytes, headSum] = prefix;
  if (layout !== SNAPSHOT_LAYOUT) return refused(`its layout is ${layout}, not ${SNAPSHOT_LAYOUT}`);
  if (headBytes! > HEAD_BYTES_MAX) return refused('its head is damaged');
  const bytes = new Uint8Array(headBytes!);
  if (!read(descriptor, bytes)) return refused('it is cut short');
  if (crc32(bytes) !== headSum) return refused('its head is damaged');
  const { subject, records, words, lengths } = JSON.parse(Buffer.from(bytes).toString()) as Head;
  const arrays: Uint32Array[] = [];
  const sum = new Uint32Array(1);
  for (const length of lengths) {
    const array = new Uint32Array(length);
    if (!read(descriptor, array) || !read(descriptor, sum)) return refused('it is cut short');
    if (crc32(array) !== sum[0]) return refused('its tuples are damaged');
    arrays.push(array);
  }
  if (readSync(descriptor, new Uint8Array(1)) > 0) return refused('it is longer than it says');
  return { kind: 'taken', snapshot: { subject, index: { records, words, arrays } } };
}

/** Fills the array; false where the file ends before. */
function read(descriptor: number, array: Uint8Array | Uint32Array): boolean {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  for (let done = 0; done < bytes.length;) {
    const count = readSync(descriptor, bytes, done, bytes.length - done, null);
    if (count === 0) return false;
    done += count;
  }
  return true;
}

function refused(reason: string): TakenSnapshot {
  return { kind: 'refused', reason };
}
