import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createIndexSnapshotFiles } from '../../dist/adapters/files/index-snapshot-files.js';
import { TupleIndex } from '../../dist/domain/relation/tuple-index.js';
import { cpuNs, line } from './measure.mjs';
import { referenceTuples } from './reference-tuples.mjs';

const PARTNER = 'ACME';
const MB = 1024 * 1024;

/** Writes an index to a file and reads it back. */
export function snapshotLines(index, model) {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-snapshot-'));
  try {
    const files = createIndexSnapshotFiles(folder);
    const subject = { providerId: PARTNER, store: '', position: 0, policyVersion: 1, model: '', projected: [] };
    const start = performance.now();
    files.write({ subject, index: index.snapshot() });
    const saved = performance.now();
    const { size } = statSync(join(folder, `${PARTNER}.snapshot`));
    const read = performance.now();
    const taken = files.take(PARTNER);
    if (taken.kind !== 'taken') throw new Error(taken.reason);
    const restored = TupleIndex.restored(model, taken.snapshot.index);
    const loaded = performance.now();
    if (restored.size !== index.size) throw new Error(`${restored.size} tuples of ${index.size}`);
    line('snapshot saved', seconds(saved - start), `${Math.round(size / MB)} MB, flushed to the disk, then renamed`);
    line('snapshot loaded', seconds(loaded - read), 'read, every CRC-32 checked, ready for the first check');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Deletes two of three tuples, and compacts what is left step by step. */
export function compactionLines(index, size) {
  let number = 0;
  for (const tuple of referenceTuples(size)) if (number++ % 3 !== 0) index.delete(tuple);
  const before = index.bytes;
  let longest = 0;
  let total = 0;
  for (let more = true; more;) {
    const start = cpuNs();
    more = index.compact();
    const took = (cpuNs() - start) / 1e6;
    longest = Math.max(longest, took);
    total += took;
  }
  const given = ((before - index.bytes) / before) * 100;
  line(
    'compaction, longest step',
    `${longest.toFixed(1)} ms`,
    'processor time; the longest stop of whoever else is asked meanwhile',
  );
  line('compaction, in all', seconds(total), `gives back ${given.toFixed(0)} % where two of three tuples are deleted`);
}

function seconds(ms) {
  return `${(ms / 1000).toFixed(2)} s`;
}
