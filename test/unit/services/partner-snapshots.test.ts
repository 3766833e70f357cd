import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createIndexSnapshotFiles } from '../../../src/adapters/files/index-snapshot-files.ts';
import { formatTuple } from '../../../src/domain/relation/tuple.ts';
import type { ProviderId } from '../../../src/domain/values.ts';
import type { DocumentStore } from '../../../src/ports/document-store.ts';
import { PartnerSnapshots } from '../../../src/services/partner-snapshots.ts';
import { Replica } from '../../../src/services/replica.ts';
import { ALFA, alfa, BETA, beta, compilePartner, openHouse, policyOf, user, type House } from './house.ts';

let house: House;
let folder: string;
beforeEach(async () => {
  house = await openHouse();
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-index-'));
  for (const id of ['alfa001', 'alfa002']) await house.basicUser(id);
  await house.basicUser('beta001', beta);
  await house.relationships.write(alfa, {
    writes: [{ object: 'team:a', relation: 'member', user: 'user:alfa001' }],
    deletes: [],
  });
});
afterEach(async () => {
  await house.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Counts what is read of users, whole or by partner. */
function counted(documents: DocumentStore): { readonly documents: DocumentStore; readonly reads: string[] } {
  const reads: string[] = [];
  const watched = new Proxy(documents, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...given: unknown[]) => {
        if (name === 'usersOf' || (name === 'all' && given[0] === 'user')) reads.push(`${name} ${String(given[0])}`);
        return (member as (...args: unknown[]) => unknown).apply(target, given);
      };
    },
  });
  return { documents: watched, reads };
}

/** A replica as a process has it that starts now. */
async function start() {
  const { documents, reads } = counted(house.documents);
  const snapshots = new PartnerSnapshots(documents, createIndexSnapshotFiles(folder), house.log, 1);
  const replica = new Replica(documents, house.relationshipStore, compilePartner, snapshots);
  await replica.load();
  await replica.fresh();
  return { replica, reads };
}

const tuplesOf = (replica: Replica, providerId: ProviderId) =>
  [...replica.partner(providerId)!.index.tuples()].map(formatTuple).sort();

async function expectAsWithout(replica: Replica): Promise<void> {
  const plain = new Replica(house.documents, house.relationshipStore, compilePartner);
  await plain.load();
  expect(replica.position).toBe(plain.position);
  for (const providerId of [ALFA, BETA]) expect(tuplesOf(replica, providerId)).toEqual(tuplesOf(plain, providerId));
  const plans = [...plain.partner(ALFA)!.plans.keys()].sort();
  expect([...replica.partner(ALFA)!.plans.keys()].sort()).toEqual(plans);
}

describe('a start from snapshots', () => {
  it('is a start without, and reads no users', async () => {
    const first = await start();
    expect(first.reads).toEqual(['all user']);
    await first.replica.save();
    const { replica, reads } = await start();
    expect(reads).toEqual([]);
    await expectAsWithout(replica);
  });

  it('takes in what was changed since they were written', async () => {
    const { replica: first } = await start();
    await first.save();
    await house.basicUser('alfa003');
    await house.directory.setUserActive(alfa, { userId: user('alfa001'), active: false });
    await house.relationships.write(alfa, {
      writes: [{ object: 'team:a', relation: 'member', user: 'user:alfa002' }],
      deletes: [{ object: 'team:a', relation: 'member', user: 'user:alfa001' }],
    });
    const { replica, reads } = await start();
    expect(reads).toEqual([]);
    expect(tuplesOf(replica, ALFA)).toContain('team:a#member@user:alfa002');
    expect(tuplesOf(replica, ALFA)).not.toContain('team:a#member@user:alfa001');
    await expectAsWithout(replica);
  });

  it('uses each once: the start after a crash reads the store', async () => {
    const { replica: first } = await start();
    await first.save();
    await start();
    expect(readdirSync(folder)).toEqual([]);
    expect((await start()).reads).toEqual(['all user']);
  });

  it('refuses a damaged one, says so, and rebuilds that partner alone', async () => {
    const { replica: first } = await start();
    await first.save();
    const file = join(folder, 'ALFA.snapshot');
    const bytes = readFileSync(file);
    bytes[bytes.length >> 1]! ^= 4;
    writeFileSync(file, bytes);
    const { replica, reads } = await start();
    expect(house.log.lines).toContain('a snapshot was refused; its partner is rebuilt from the store');
    expect(reads).toEqual(['usersOf ALFA']);
    await expectAsWithout(replica);
  });

  it('refuses one of another policy, and one that is ahead of the store', async () => {
    const { replica: first } = await start();
    await first.save();
    await house.policy.apply(alfa, { text: policyOf('ALFA').replace('Ltd', 'plc') });
    const { replica, reads } = await start();
    expect(reads).toEqual(['usersOf ALFA']);
    await expectAsWithout(replica);

    await replica.save();
    const behind = new Proxy(house.documents, {
      get: (target, name) =>
        name === 'head' ? () => replica.position - 1 : (Reflect.get(target, name) as () => unknown).bind(target),
    });
    const snapshots = new PartnerSnapshots(behind, createIndexSnapshotFiles(folder), house.log, 1);
    const restored = new Replica(behind, house.relationshipStore, compilePartner, snapshots);
    await restored.load();
    expect(house.log.lines.filter((line) => line.startsWith('a snapshot was refused'))).toHaveLength(3);
  });

  it('refuses one of another store', async () => {
    const { replica: first } = await start();
    await first.save();
    const secret = async () => new Uint8Array(32);
    const documents = new Proxy(house.documents, {
      get: (target, name) => (name === 'secret' ? secret : (Reflect.get(target, name) as () => unknown).bind(target)),
    });
    const snapshots = new PartnerSnapshots(documents, createIndexSnapshotFiles(folder), house.log, 1);
    const { partners } = await takeAll(documents, snapshots);
    expect(partners).toEqual([undefined, undefined]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('leaves out what is rebuilt as fast as it is read', async () => {
    const snapshots = new PartnerSnapshots(house.documents, createIndexSnapshotFiles(folder), house.log);
    const replica = new Replica(house.documents, house.relationshipStore, compilePartner, snapshots);
    await replica.load();
    await replica.save();
    expect(readdirSync(folder)).toEqual([]);
  });
});

async function takeAll(documents: DocumentStore, snapshots: PartnerSnapshots) {
  const head = await documents.head();
  const taken = [ALFA, BETA].map(async (providerId) => {
    const state = (await documents.get('partner', providerId))!;
    return snapshots.take(state, compilePartner(state), [], head);
  });
  return { partners: await Promise.all(taken) };
}
