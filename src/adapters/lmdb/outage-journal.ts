import type { OutageJournal } from '../../ports/outage-journal.ts';
import type { Environment } from './environment.ts';

/** In `meta`: the last position given. No position is used twice: a process that removes late must not meet another's entry. */
const POSITION = 'outage_position';

/** The journal of the data directory, shared by the processes that run on it. */
export function lmdbOutageJournal({ databases: { meta, outages }, read, write }: Environment): OutageJournal {
  return {
    append: (operation) =>
      write(() => {
        const position = ((meta.get(POSITION) as number | undefined) ?? 0) + 1;
        meta.putSync(POSITION, position);
        outages.putSync(position, operation);
        return position;
      }),
    read: (after, limit) =>
      read(() =>
        Array.from(outages.getRange({ start: after + 1, limit }), ({ key, value }) => ({
          position: key,
          operation: value,
        })),
      ),
    remove: (position) => write(() => void outages.removeSync(position)),
  };
}
