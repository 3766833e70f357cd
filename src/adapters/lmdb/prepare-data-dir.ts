import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync, readSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DataDirError } from './data-dir-error.ts';

/** What every LMDB file of data format 2 carries at this place of its first page. */
const MAGIC = 0xbeefc0de;
const MAGIC_OFFSET = 24;
const DATA_VERSION = 2;
const HEAD_BYTES = MAGIC_OFFSET + 8;

/**
 * Makes the directory (mode 0700) where it is missing, and refuses one that the driver could not open or would crash
 * on: the driver checks none of this.
 */
export function prepareDataDir(dataDir: string): void {
  makeDirectory(dataDir);
  if (!statSync(dataDir).isDirectory()) throw new DataDirError(dataDir, 'is not a directory');
  for (const path of [dataDir, join(dataDir, 'data.mdb'), join(dataDir, 'lock.mdb')]) {
    if (path !== dataDir && !existsSync(path)) continue;
    try {
      accessSync(path, constants.R_OK | constants.W_OK);
    } catch (cause) {
      throw new DataDirError(dataDir, 'cannot be written by this user', cause);
    }
    if (path !== dataDir && !statSync(path).isFile()) {
      throw new DataDirError(dataDir, 'does not hold a Gatehouse store, or the store is damaged');
    }
  }
  const store = join(dataDir, 'data.mdb');
  if (existsSync(store) && !isStoreFile(store)) {
    throw new DataDirError(dataDir, 'does not hold a Gatehouse store, or the store is damaged');
  }
}

/** Whether a Gatehouse has been started in this directory; makes nothing. */
export function isLmdbStore(dataDir: string): boolean {
  return existsSync(join(dataDir, 'data.mdb'));
}

/** One level at a time: Node's recursive form does not end below some special file systems. */
function makeDirectory(dataDir: string): void {
  const missing: string[] = [];
  for (let path = resolve(dataDir); !existsSync(path) && dirname(path) !== path; path = dirname(path))
    missing.push(path);
  for (const path of missing.toReversed()) {
    try {
      mkdirSync(path, { mode: 0o700 });
    } catch (cause) {
      if (existsSync(path)) continue;
      throw new DataDirError(dataDir, 'cannot be made', cause);
    }
  }
}

/** Empty counts as one: another process may be about to fill it. */
function isStoreFile(path: string): boolean {
  const head = Buffer.alloc(HEAD_BYTES);
  const file = openSync(path, 'r');
  try {
    const bytes = readSync(file, head, 0, HEAD_BYTES, 0);
    if (bytes < HEAD_BYTES) return bytes === 0;
  } finally {
    closeSync(file);
  }
  return head.readUInt32LE(MAGIC_OFFSET) === MAGIC && (head.readUInt32LE(MAGIC_OFFSET + 4) & 0xffff) === DATA_VERSION;
}
