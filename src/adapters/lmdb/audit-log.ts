import { Fault } from '../../domain/errors.ts';
import type { AuditLog } from '../../ports/audit-log.ts';
import type { AuditEntry, Sequence } from '../../ports/document-store.ts';
import { newestSequence } from './change-feed.ts';
import type { Databases } from './databases.ts';
import type { Environment } from './environment.ts';
import { auditPosition, auditScope, belowReversed, isAuditPosition, positionOfAuditKey } from './keys.ts';

/** Acts without a commit stand behind the entries of the newest commit, in the order of their number. */
const ACTS_FROM = 2 ** 32;

export function lmdbAuditLog({ databases, read, write }: Environment): AuditLog {
  const { audit, auditByUser } = databases;
  return {
    append: (entries) => write(() => appendActs(databases, entries)),
    ofUser: async (providerId, userId, page) =>
      read(() => {
        const prefix = `${providerId}/${userId}`;
        return pageOf(prefix, page, (range) => {
          const positions = Array.from(auditByUser.getKeys(range), positionOfAuditKey);
          return positions.map((position) => ({ position, entry: audit.get(`${providerId}/${position}`) }));
        });
      }),
    ofPartner: async (providerId, page) =>
      read(() =>
        pageOf(providerId, page, (range) =>
          Array.from(audit.getRange(range), ({ key, value }) => ({ position: positionOfAuditKey(key), entry: value })),
        ),
      ),
  };
}

/** Within a write: entries that stand behind those of the newest commit of a document. */
export function appendActs(databases: Databases, entries: readonly AuditEntry[]): void {
  if (entries.length === 0) return;
  const acts = (databases.meta.get('audited_acts') as number | undefined) ?? 0;
  databases.meta.putSync('audited_acts', acts + entries.length);
  appendAudit(databases, newestSequence(databases), entries, ACTS_FROM + acts);
}

/** Within a write: the entries of one commit, in their order, numbered from `first`. */
export function appendAudit(
  { audit, auditByUser }: Databases,
  sequence: Sequence,
  events: readonly AuditEntry[],
  first = 0,
): void {
  events.forEach((entry, index) => {
    const scope = auditScope(entry.providerId);
    const position = auditPosition(sequence, first + index);
    audit.putSync(`${scope}/${position}`, entry);
    if (entry.userId !== undefined) auditByUser.putSync(`${scope}/${entry.userId}/${position}`, null);
  });
}

interface Row {
  readonly position: string;
  readonly entry: AuditEntry | undefined;
}

/** Newest first: one row more than asked for tells whether there is a next page. */
function pageOf(
  prefix: string,
  page: { before?: string; limit: number },
  rowsIn: (range: { start: string; end: string; exclusiveStart: boolean; reverse: boolean; limit: number }) => Row[],
): { entries: AuditEntry[]; next?: string } {
  if (page.before !== undefined && !isAuditPosition(page.before)) {
    throw new Fault('INVALID_ARGUMENT', 'page_token: not a position of this listing', {
      field: 'page_token',
      rule: 'as an earlier page gave it',
    });
  }
  const range = belowReversed(prefix);
  const start = page.before === undefined ? range.start : `${prefix}/${page.before}`;
  const rows = rowsIn({ ...range, start, exclusiveStart: true, limit: page.limit + 1 });
  const shown = rows.slice(0, page.limit);
  const last = shown.at(-1);
  const entries = shown.flatMap((row) => row.entry ?? []);
  return rows.length > page.limit && last ? { entries, next: last.position } : { entries };
}
