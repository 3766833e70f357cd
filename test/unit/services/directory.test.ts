import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseZone } from '../../../src/domain/values.ts';
import { formatPageToken } from '../../../src/services/page-token.ts';
import { formatToken } from '../../../src/services/token.ts';
import { ALFA, alfa, approved, BETA, beta, DAY_MS, openHouse, operator, user, type House } from './house.ts';

let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => house.close());

const de = parseZone('de', 'zone');
const create = (id: string, caller = alfa) => house.directory.createUser(caller, { userId: user(id), zone: de });

describe('a new user', () => {
  it('is an active guest with the id that was asked for, and its token names the commit', async () => {
    const created = await create('user001');
    expect(created.state).toMatchObject({ userId: 'user001', providerId: 'ALFA', role: 'guest', zone: 'de', rev: 1 });
    expect(created.token).toBe(formatToken(house.replica.position));
    expect((await house.auditOf(user('user001')))[0]).toMatchObject({
      event: 'UserCreated',
      actor: { kind: 'key', id: alfa.keyId },
    });
  });

  it('has an id made for it where none is asked for', async () => {
    const ids = new Set<string>();
    for (let n = 0; n < 5; n += 1) {
      const { state } = await house.directory.createUser(alfa, { zone: de });
      expect(state.userId).toMatch(/^[A-Za-z0-9]{7}$/);
      ids.add(state.userId);
    }
    expect(ids.size).toBe(5);
  });

  it.each([
    ['its own', alfa],
    ['another', beta],
  ])('cannot have an id that a user of %s partner has, and is not told whose it is (P-6)', async (_, caller) => {
    await create('user001');
    const before = await house.documents.get('user', 'user001');
    await expect(create('user001', caller)).rejects.toMatchObject({
      code: 'REFUSED',
      message: 'the user id is taken',
      refusal: { code: 'USER_ID_TAKEN', state: '' },
    });
    expect(await house.documents.get('user', 'user001')).toEqual(before);
  });

  it('of many that ask for one id at once is one', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => create('user001')));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});

describe('pages of users', () => {
  it('come in the order of creation, each user once, also when all were made in one millisecond', async () => {
    const ids = ['user003', 'user001', 'user005', 'user002', 'user004'];
    for (const id of ids) await create(id);
    await create('betausr', beta);
    const seen: string[] = [];
    let pageToken: string | undefined;
    for (let page = 0; page < 3; page += 1) {
      const { users, next } = await house.directory.listUsers(alfa, { pageSize: 2, pageToken });
      seen.push(...users.map(({ userId }) => userId));
      if (page === 0) await create('user006');
      pageToken = next;
    }
    expect(seen).toEqual([...ids, 'user006']);
    expect(pageToken).toBeUndefined();
  });

  it('have no next page after one that is just full', async () => {
    await create('user001');
    expect((await house.directory.listUsers(alfa, { pageSize: 1 })).next).toBeUndefined();
  });

  it.each([
    ['garbage', 'xyz'],
    ['a token of another partner', formatPageToken(`users/${BETA}`, '1.user001')],
    ['a position that is none', formatPageToken(`users/${ALFA}`, '-1.user001')],
    ['an id that is none', formatPageToken(`users/${ALFA}`, '1.user')],
  ])('refuse %s', async (_, pageToken) => {
    await expect(house.directory.listUsers(alfa, { pageToken })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      field: 'page_token',
    });
  });
});

describe('the state of a user', () => {
  it('is inactive until it is activated, and saying so twice is refused (R-4)', async () => {
    const userId = (await create('user001')).state.userId;
    const off = await house.directory.setUserActive(alfa, { userId, active: false, cause: 'fraud' });
    expect(off.state.inactive).toEqual({ since: house.clock.at });
    await expect(house.directory.setUserActive(alfa, { userId, active: false })).rejects.toMatchObject({
      code: 'REFUSED',
      refusal: { code: 'USER_ALREADY_INACTIVE', possible: ['activate'] },
    });
    const on = await house.directory.setUserActive(alfa, { userId, active: true });
    expect(on.state.inactive).toBeUndefined();
    expect((await house.auditOf(userId)).map(({ event, cause }) => [event, cause])).toEqual([
      ['UserActivated', 'activate'],
      ['UserDeactivated', 'fraud'],
      ['UserCreated', 'create'],
    ]);
  });

  it('moves by single steps whose guards hold (R-6, R-7)', async () => {
    const userId = (await create('user001')).state.userId;
    const ask = { userId, approved: false, onboarded: false };
    await expect(house.directory.changeRole(alfa, { ...ask, to: 'basic' })).rejects.toMatchObject({
      refusal: { code: 'VERIFICATION_REQUIRED', rule: 'R-6' },
    });
    await expect(house.directory.changeRole(alfa, { ...ask, to: 'advanced' })).rejects.toMatchObject({
      refusal: { code: 'NOT_ONE_STEP' },
    });
    const admin = await house.directory.changeRole(alfa, { ...ask, to: 'admin' });
    expect(admin.state.role).toBe('admin');
    const basic = await house.directory.changeRole(alfa, { ...ask, to: 'basic' });
    expect(basic.state.role).toBe('basic');
  });
});

describe('a verification (K-1, K-2)', () => {
  it('that is approved makes a guest basic and unsigned, in one commit (R-6)', async () => {
    const userId = (await create('user001')).state.userId;
    const recorded = await house.directory.recordVerification(alfa, { userId, verification: approved('v1', 'basic') });
    expect(recorded).toMatchObject({ changed: true, state: { role: 'basic', subBaseline: 'unsigned', rev: 2 } });
  });

  it('that is known, or comes late from outside, changes nothing', async () => {
    const userId = (await create('user001')).state.userId;
    const report = { id: 'v1', level: 'basic', source: 'acme-kyc' } as const;
    await house.directory.recordVerification(alfa, { userId, verification: { ...report, state: 'pending' } });
    await house.directory.recordVerification(alfa, { userId, verification: { ...report, state: 'approved' } });
    const before = await house.documents.get('user', userId);
    for (const state of ['approved', 'pending', 'rejected'] as const) {
      const again = await house.directory.recordVerification(alfa, { userId, verification: { ...report, state } });
      expect(again.changed).toBe(false);
      expect(again.token).toBe(formatToken(house.replica.position));
    }
    expect(await house.documents.get('user', userId)).toEqual(before);
  });

  it('that the diagram does not have is refused', async () => {
    const userId = (await create('user001')).state.userId;
    const verification = { id: 'v1', level: 'basic', state: 'revoked', source: 'internal' } as const;
    await expect(house.directory.recordVerification(alfa, { userId, verification })).rejects.toMatchObject({
      code: 'REFUSED',
      refusal: { code: 'VERIFICATION_UNKNOWN' },
    });
  });

  it('that has expired shows in reads before any sweep has run (R-8)', async () => {
    const userId = (await create('user001')).state.userId;
    const expiresAt = house.clock.at + DAY_MS;
    await house.directory.recordVerification(alfa, { userId, verification: { ...approved('v1', 'basic'), expiresAt } });
    house.clock.at = expiresAt - 1;
    expect((await house.directory.getUser(alfa, { userId })).state.role).toBe('basic');
    house.clock.at = expiresAt;
    const read = await house.directory.getUser(alfa, { userId });
    expect(read.state).toMatchObject({ role: 'guest', verifications: [{ state: 'expired' }] });
    const { users } = await house.directory.listUsers(alfa, {});
    expect(users).toEqual([read.state]);
  });
});

describe('the audit log of a user (R-10)', () => {
  it('is paged newest first, without loss or repeat', async () => {
    const userId = await house.basicUser('user001');
    await house.directory.setUserActive(operator, { providerId: ALFA, userId, active: false });
    const seen: string[] = [];
    let pageToken: string | undefined;
    do {
      const { entries, next } = await house.directory.auditOfUser(alfa, { userId, pageSize: 1, pageToken });
      seen.push(...entries.map(({ event, actor }) => `${event} ${actor.kind}`));
      pageToken = next;
    } while (pageToken !== undefined);
    expect(seen).toEqual((await house.auditOf(userId)).map(({ event, actor }) => `${event} ${actor.kind}`));
    expect(seen[0]).toBe('UserDeactivated operator');
    expect(seen.at(-1)).toBe('UserCreated key');
  });

  it.each(['xyz', formatPageToken('audit/user002', '1'), formatPageToken('audit/user001', 'nonsense ☃')])(
    'refuses the page token %s',
    async (pageToken) => {
      const { userId } = (await create('user001')).state;
      await expect(house.directory.auditOfUser(alfa, { userId, pageToken })).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      });
    },
  );
});

describe('a user of another partner does not exist (P-6)', () => {
  it.each<[string, (id: ReturnType<typeof user>) => Promise<unknown>]>([
    ['to read', (userId) => house.directory.getUser(alfa, { userId })],
    ['to deactivate', (userId) => house.directory.setUserActive(alfa, { userId, active: false })],
    ['to move', (userId) => house.directory.changeRole(alfa, { userId, to: 'admin', approved: true, onboarded: true })],
    [
      'to verify',
      (userId) => house.directory.recordVerification(alfa, { userId, verification: approved('v1', 'basic') }),
    ],
    ['to audit', (userId) => house.directory.auditOfUser(alfa, { userId })],
  ])('%s, nor does an unknown one', async (_, call) => {
    await create('betausr', beta);
    const before = await house.documents.get('user', 'betausr');
    await expect(call(user('betausr'))).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
    await expect(call(user('nobody1'))).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
    expect(await house.documents.get('user', 'betausr')).toEqual(before);
  });

  it('and a partner that a partner’s key names neither', async () => {
    await expect(house.directory.listUsers(alfa, { providerId: 'BETA' })).rejects.toMatchObject({
      code: 'PARTNER_NOT_FOUND',
    });
    await expect(house.directory.createUser(alfa, { providerId: 'BETA', zone: de })).rejects.toMatchObject({
      code: 'PARTNER_NOT_FOUND',
    });
    await expect(house.directory.listUsers(operator, { providerId: 'NONE' })).rejects.toMatchObject({
      code: 'PARTNER_NOT_FOUND',
    });
  });
});

describe('a partner', () => {
  it('is shown to its own key and to an operator who names it', () => {
    expect(house.partners.get(alfa, {}).state).toMatchObject({
      providerId: 'ALFA',
      status: 'active',
      policy: { version: 1 },
    });
    expect(house.partners.get(operator, { providerId: 'BETA' }).state.providerId).toBe('BETA');
    expect(() => house.partners.get(alfa, { providerId: 'BETA' })).toThrow(
      expect.objectContaining({ code: 'PARTNER_NOT_FOUND' }),
    );
    expect(() => house.partners.get(operator, {})).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', field: 'provider_id' }),
    );
  });

  it('is stopped and started by an operator, each time once, in the audit log (P-2, P-7)', async () => {
    const stop = { providerId: ALFA, status: 'stopped', cause: 'unpaid' } as const;
    expect((await house.partners.setStatus(operator, stop)).partner.state.status).toBe('stopped');
    await expect(house.partners.setStatus(operator, stop)).rejects.toMatchObject({
      refusal: { code: 'PARTNER_ALREADY_STOPPED' },
    });
    const started = await house.partners.setStatus(operator, { providerId: ALFA, status: 'active' });
    expect(started.partner.state.status).toBe('active');
    expect(house.partners.get(beta, {}).state).toMatchObject({ status: 'active', rev: 1 });
    const acts = (await house.auditOfPartner()).filter(({ actor }) => actor.kind === 'operator');
    expect(acts.map(({ event, cause, actor }) => [event, cause, actor.id])).toEqual([
      ['PartnerStarted', 'start', operator.keyId],
      ['PartnerStopped', 'unpaid', operator.keyId],
    ]);
  });
});
