import type { Change, Sequence } from '../../ports/document-store.ts';
import type { Databases } from './databases.ts';

const NEWEST = 'sequence';

/** The position of the newest change that the running read or write sees; 0 before the first. */
export function newestSequence({ meta }: Databases): Sequence {
  return (meta.get(NEWEST) as Sequence | undefined) ?? 0;
}

/** Within a write: the next change. `replaces` is the earlier change of the same document: it leaves the feed. */
export function appendChange(
  databases: Databases,
  change: Pick<Change, 'kind' | 'id'>,
  replaces: Sequence | undefined,
): Sequence {
  const sequence = newestSequence(databases) + 1;
  if (replaces !== undefined) databases.changes.removeSync(replaces);
  databases.changes.putSync(sequence, { kind: change.kind, id: change.id });
  databases.meta.putSync(NEWEST, sequence);
  return sequence;
}

export function changesAfter({ changes }: Databases, sequence: Sequence, limit: number): Change[] {
  const rows = changes.getRange({ start: sequence + 1, limit });
  return Array.from(rows, ({ key, value }) => ({ sequence: key, kind: value.kind, id: value.id }));
}
