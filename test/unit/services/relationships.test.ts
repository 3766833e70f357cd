import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Tuple } from '../../../src/domain/relation/tuple.ts';
import { formatPageToken } from '../../../src/services/page-token.ts';
import { BATCH_MAX } from '../../../src/services/relationships.ts';
import { ALFA, alfa, beta, openHouse, operator, type House } from './house.ts';

let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => house.close());

const owner: Tuple = { user: 'user:user001', relation: 'owner', object: 'document:1' };
const viewer: Tuple = { user: 'team:red#member', relation: 'viewer', object: 'document:1' };
const ofPartner: Tuple = { user: 'partner:ALFA', relation: 'partner', object: 'document:1' };
const write = (writes: Tuple[], deletes: Tuple[] = [], caller = alfa) =>
  house.relationships.write(caller, { writes, deletes });
const read = async (object: string, caller = alfa) => (await house.relationships.read(caller, { object })).tuples;

it('relationships are written and deleted, all or none, and read in the order of their keys', async () => {
  await write([viewer, owner]);
  expect(await read('document:1')).toEqual([owner, viewer]);
  await write([{ ...viewer, user: 'user:*' }], [owner]);
  expect(await read('document:1')).toEqual([viewer, { ...viewer, user: 'user:*' }]);
  await expect(write([owner, { ...owner, relation: 'nothing' }], [viewer])).rejects.toMatchObject({
    code: 'UNKNOWN_RELATION',
  });
  expect(await read('document:1')).toHaveLength(2);
});

it('a check sees a relationship as soon as its write is answered (C-2)', async () => {
  const { token } = await write([owner]);
  expect(() => house.replica.require(token)).not.toThrow();
  expect([...house.replica.partner(ALFA)!.index.tuplesOfUser('user:user001')]).toContainEqual(owner);
});

it("an operator's write is audited as the operator's, with what it wrote (P-7)", async () => {
  await house.relationships.write(operator, { providerId: ALFA, writes: [owner], deletes: [viewer] });
  expect((await house.auditOfPartner())[0]).toMatchObject({
    event: 'RelationshipsWritten',
    actor: { kind: 'operator', id: operator.keyId },
    detail: { writes: ['document:1#owner@user:user001'], deletes: ['document:1#viewer@team:red#member'] },
  });
});

it('a refused write is not audited', async () => {
  const before = await house.auditOfPartner();
  await expect(write([{ ...owner, relation: 'nothing' }])).rejects.toMatchObject({ code: 'UNKNOWN_RELATION' });
  expect(await house.auditOfPartner()).toEqual(before);
});

describe('a batch is refused', () => {
  it.each<[string, Tuple[], Tuple[], object]>([
    ['when it is empty', [], [], { code: 'INVALID_ARGUMENT', field: 'writes' }],
    ['when it writes one twice', [owner, owner], [], { code: 'INVALID_TUPLE', field: 'writes[1]' }],
    ['when it writes what it deletes', [owner], [owner], { code: 'INVALID_TUPLE', field: 'writes[0]' }],
    [
      'for a derived type (C-1)',
      [{ user: 'user:user001', relation: 'admin', object: 'partner:ALFA' }],
      [],
      { code: 'INVALID_TUPLE', field: 'writes[0].object', rule: expect.stringContaining('C-1') as string },
    ],
    [
      'for a derived type that it would delete (C-1)',
      [],
      [{ user: 'partner:ALFA#basic', relation: 'granted', object: 'permission:login' }],
      { code: 'INVALID_TUPLE', field: 'deletes[0].object' },
    ],
    ['for a type that the model has not', [{ ...owner, object: 'planet:1' }], [], { code: 'UNKNOWN_TYPE' }],
    ['for a relation that the type has not', [{ ...owner, relation: 'reader' }], [], { code: 'UNKNOWN_RELATION' }],
    [
      'for a user that the relation does not take',
      [{ ...owner, user: 'user:*' }],
      [],
      { code: 'INVALID_TUPLE', field: 'writes[0]' },
    ],
    [
      'for an object without an id',
      [{ ...owner, object: 'document:' }],
      [],
      { code: 'INVALID_TUPLE', field: 'writes[0].object' },
    ],
    [
      'for an object that is a userset',
      [{ ...owner, object: 'document:1#viewer' }],
      [],
      { code: 'INVALID_TUPLE', field: 'writes[0].object' },
    ],
    [
      'for every object of a type',
      [{ ...owner, object: 'document:*' }],
      [],
      { code: 'INVALID_TUPLE', field: 'writes[0].object' },
    ],
    [
      'for a user without a type',
      [{ ...owner, user: 'user001' }],
      [],
      { code: 'INVALID_TUPLE', field: 'writes[0].user' },
    ],
    [
      'for another partner (P-6)',
      [{ ...ofPartner, user: 'partner:BETA' }],
      [],
      { code: 'OBJECT_NOT_FOUND', field: 'writes[0].user' },
    ],
    [
      'for a partner that there is not',
      [{ ...viewer, user: 'partner:NONE#member' }],
      [],
      { code: 'OBJECT_NOT_FOUND', field: 'writes[0].user' },
    ],
    [
      'for another partner as the object (P-6)',
      [{ ...owner, relation: 'admin', object: 'partner:BETA' }],
      [],
      { code: 'OBJECT_NOT_FOUND' },
    ],
  ])('%s', async (_, writes, deletes, fault) => {
    const position = house.replica.position;
    await expect(write(writes, deletes)).rejects.toMatchObject(fault);
    await house.replica.fresh();
    expect(house.replica.position).toBe(position);
  });

  it('past 100 relationships in all', async () => {
    const many = Array.from({ length: BATCH_MAX + 1 }, (_, index) => ({ ...owner, object: `document:${index}` }));
    await expect(write(many.slice(0, 60), many.slice(60))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(write(many.slice(0, 60), many.slice(60, BATCH_MAX))).resolves.toHaveProperty('token');
  });
});

it('the partner itself may be named on the left side', async () => {
  await write([ofPartner]);
  expect(await read('document:1')).toEqual([ofPartner]);
});

describe('relationships of one partner', () => {
  it('are not another’s, though the objects have one name (P-6)', async () => {
    await write([owner]);
    expect(await read('document:1', beta)).toEqual([]);
    await write([], [owner], beta);
    expect(await read('document:1')).toEqual([owner]);
    expect((await house.relationships.read(operator, { providerId: 'ALFA', object: 'document:1' })).tuples).toEqual([
      owner,
    ]);
    await expect(house.relationships.read(beta, { providerId: 'ALFA', object: 'document:1' })).rejects.toMatchObject({
      code: 'PARTNER_NOT_FOUND',
    });
  });

  it('come in pages, over every object of a type', async () => {
    const tuples = ['1', '2', '3'].map((id) => ({ ...owner, object: `document:${id}` }));
    await write([...tuples].reverse());
    await write([{ user: 'user:user001', relation: 'member', object: 'team:red' }]);
    const seen: Tuple[] = [];
    let pageToken: string | undefined;
    do {
      const page = await house.relationships.read(alfa, { object: 'document:', pageSize: 2, pageToken });
      expect(page.tuples.length).toBeGreaterThan(0);
      seen.push(...page.tuples);
      pageToken = page.next;
    } while (pageToken !== undefined);
    expect(seen).toEqual(tuples);
  });

  it.each<[string, string, object]>([
    ['no object', 'document', { code: 'INVALID_ARGUMENT', field: 'object' }],
    ['a userset', 'document:1#viewer', { code: 'INVALID_ARGUMENT', field: 'object' }],
    ['a type that the model has not', 'planet:1', { code: 'UNKNOWN_TYPE' }],
    [
      'a derived type',
      'permission:login',
      { code: 'INVALID_ARGUMENT', rule: expect.stringContaining('C-1') as string },
    ],
    ['another partner', 'partner:BETA', { code: 'OBJECT_NOT_FOUND' }],
  ])('cannot be read of %s', async (_, object, fault) => {
    await expect(read(object)).rejects.toMatchObject(fault);
  });

  it('refuse a page token of another object', async () => {
    const pageToken = formatPageToken('relationships/ALFA/document:2', 'x');
    await expect(house.relationships.read(alfa, { object: 'document:1', pageToken })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      field: 'page_token',
    });
  });
});
