import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createIndexSnapshotFiles } from '../../src/adapters/files/index-snapshot-files.ts';
import { indexSnapshotsContract } from './index-snapshots.ts';

indexSnapshotsContract('a folder', () => {
  const parent = mkdtempSync(join(tmpdir(), 'gatehouse-snapshots-'));
  const folder = join(parent, 'index');
  return {
    snapshots: createIndexSnapshotFiles(folder),
    folder,
    remove: () => rmSync(parent, { recursive: true, force: true }),
  };
});
