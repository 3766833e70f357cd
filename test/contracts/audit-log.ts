import { describe, expect, test } from 'vitest';
import type { AuditLog } from '../../src/ports/audit-log.ts';
import type { AuditEntry, DocumentStore } from '../../src/ports/document-store.ts';
import { anEvent, aPartner, aUser, eachWithStore, OTHER_PARTNER, PARTNER, userId, type Made } from './fixtures.ts';

/** The contract of AuditLog, for any adapter; `documents` writes what `audit` reads. */
export function auditLogContract(
  name: string,
  makeStore: () => Promise<Made<{ documents: DocumentStore; audit: AuditLog }>>,
): void {
  describe(`${name} keeps the audit log`, () => {
    const made = eachWithStore(makeStore);
    const named = (entries: readonly AuditEntry[]) => entries.map((entry) => entry.event);
    const rounds = async (count: number) => {
      for (let rev = 1; rev <= count; rev += 1) {
        await made.store.documents.commit({
          document: aUser({ rev }),
          events: [anEvent({ event: `r${rev}a` }), anEvent({ event: `r${rev}b` })],
        });
      }
    };

    test('an entry is read as it was written', async () => {
      const entry = anEvent();
      await made.store.documents.commit({ document: aUser(), events: [entry] });
      expect(await made.store.audit.ofUser(PARTNER, userId(1), { limit: 10 })).toEqual({ entries: [entry] });
      expect(await made.store.audit.ofPartner(PARTNER, { limit: 10 })).toEqual({ entries: [entry] });
    });

    test('acts without a commit stand in their place, in order, and are read like others', async () => {
      await rounds(1);
      await made.store.audit.append([anEvent({ event: 'act1' }), anEvent({ event: 'act2' })]);
      await Promise.all(['act3', 'act4'].map((event) => made.store.audit.append([anEvent({ event })])));
      await made.store.documents.commit({ document: aUser({ rev: 2 }), events: [anEvent({ event: 'r2' })] });
      const { entries } = await made.store.audit.ofUser(PARTNER, userId(1), { limit: 10 });
      expect(named(entries)).toEqual(['r2', 'act4', 'act3', 'act2', 'act1', 'r1b', 'r1a']);
    });

    test('newest first, within a commit too', async () => {
      await rounds(2);
      const { entries } = await made.store.audit.ofUser(PARTNER, userId(1), { limit: 10 });
      expect(named(entries)).toEqual(['r2b', 'r2a', 'r1b', 'r1a']);
    });

    test.each([1, 2, 3, 4, 5])('pages of %i give everything once, and the last page names no next', async (limit) => {
      await rounds(2);
      for (const page of [
        (before?: string) =>
          made.store.audit.ofUser(PARTNER, userId(1), { limit, ...(before !== undefined && { before }) }),
        (before?: string) => made.store.audit.ofPartner(PARTNER, { limit, ...(before !== undefined && { before }) }),
      ]) {
        const seen: string[] = [];
        let pages = 0;
        for (let before: string | undefined; ;) {
          const { entries, next } = await page(before);
          seen.push(...named(entries));
          pages += 1;
          if (next === undefined) break;
          before = next;
        }
        expect(seen).toEqual(['r2b', 'r2a', 'r1b', 'r1a']);
        expect(pages).toBe(Math.ceil(4 / limit));
      }
    });

    test('a partner meets its own acts, its users included, and a user only its own', async () => {
      const { documents, audit } = made.store;
      const acts = [
        anEvent({ event: 'of user 1' }),
        anEvent({ event: 'of user 2', userId: userId(2) }),
        { ...anEvent({ event: 'of the other partner' }), providerId: OTHER_PARTNER },
        { ...anEvent({ event: 'of the platform' }), providerId: undefined },
      ];
      const { userId: _, ...partnerAct } = anEvent({ event: 'of the partner' });
      await documents.commit({ document: aPartner(), events: [...acts, partnerAct] });
      expect(named((await audit.ofPartner(PARTNER, { limit: 10 })).entries)).toEqual([
        'of the partner',
        'of user 2',
        'of user 1',
      ]);
      expect(named((await audit.ofPartner(OTHER_PARTNER, { limit: 10 })).entries)).toEqual(['of the other partner']);
      expect(named((await audit.ofUser(PARTNER, userId(1), { limit: 10 })).entries)).toEqual(['of user 1']);
      expect(named((await audit.ofUser(OTHER_PARTNER, userId(2), { limit: 10 })).entries)).toEqual([]);
    });

    test('a commit that lost leaves no entry', async () => {
      await rounds(1);
      await made.store.documents.commit({ document: aUser({ rev: 1 }), events: [anEvent({ event: 'lost' })] });
      expect(named((await made.store.audit.ofPartner(PARTNER, { limit: 10 })).entries)).toEqual(['r1b', 'r1a']);
    });

    test("a position that no page gave is the caller's error", async () => {
      const call = made.store.audit.ofUser(PARTNER, userId(1), { before: '../0', limit: 10 });
      await expect(call).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    });
  });
}
