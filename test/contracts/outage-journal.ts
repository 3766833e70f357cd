import { describe, expect, test } from 'vitest';
import { parseOperationId, type SessionId } from '../../src/domain/values.ts';
import type { DegradedOperation, OutageJournal } from '../../src/ports/outage-journal.ts';
import { eachWithStore, type Made } from './fixtures.ts';

const SESSION = `ABCD.user001.${'x'.repeat(22)}` as SessionId;

const operation = (id: string): DegradedOperation => ({
  sessionId: SESSION,
  operationId: parseOperationId(id, 'operation_id'),
  payloadHash: 'h',
  cost: 1,
  counted: true,
  at: 1_000,
  admission: {
    admitted: true,
    reason: 'ADMITTED',
    causes: [],
    warnings: [],
    retryAfterMs: 0,
    lifts: [],
    degraded: true,
    at: 1_000,
  },
});

/** Every journal of what was admitted during an outage passes this. */
export function outageJournalContract(name: string, made: () => Promise<Made<OutageJournal>>): void {
  describe(`the outage journal on ${name}`, () => {
    const current = eachWithStore(made);
    const idsOf = async (after = 0, limit = 100) =>
      (await current.store.read(after, limit)).map((entry) => entry.operation.operationId);

    test('is empty at first', async () => {
      expect(await current.store.read(0, 10)).toEqual([]);
    });

    test('gives back what was appended, in order, at most the limit and after a position', async () => {
      const positions: number[] = [];
      for (const id of ['a', 'b', 'c']) positions.push(await current.store.append(operation(id)));
      expect(await current.store.read(0, 10)).toEqual(
        ['a', 'b', 'c'].map((id, n) => ({ position: positions[n], operation: operation(id) })),
      );
      expect(await idsOf(0, 2)).toEqual(['a', 'b']);
      expect(await idsOf(positions[1])).toEqual(['c']);
    });

    test('gives each append a position of its own, also many at once', async () => {
      const ids = Array.from({ length: 20 }, (_, n) => `op${n}`);
      const positions = await Promise.all(ids.map((id) => current.store.append(operation(id))));
      expect(new Set(positions).size).toBe(20);
      expect((await idsOf()).toSorted()).toEqual(ids.toSorted());
    });

    test('removes one entry, and one that is gone without a word', async () => {
      const position = await current.store.append(operation('a'));
      await current.store.append(operation('b'));
      await current.store.remove(position);
      await current.store.remove(position);
      expect(await idsOf()).toEqual(['b']);
    });

    test('never gives a position twice: a late removal must not meet a later entry', async () => {
      const first = await current.store.append(operation('a'));
      await current.store.remove(first);
      expect(await current.store.append(operation('b'))).toBeGreaterThan(first);
      await current.store.remove(first);
      expect(await idsOf()).toEqual(['b']);
    });
  });
}
