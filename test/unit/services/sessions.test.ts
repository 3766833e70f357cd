import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { statusAt } from '../../../src/domain/user/state.ts';
import { parseOperationId, parseZone, type SessionId, type UserId } from '../../../src/domain/values.ts';
import type { DocumentStore } from '../../../src/ports/document-store.ts';
import { alfa, approved, openHouse, operator, user, type House } from './house.ts';

const DAILY_MAX = 5;

let house: House;
const store = { isLost: false };
beforeEach(async () => {
  store.isLost = false;
  house = await openHouse({ documents: losable });
});
afterEach(() => house.close());

/** Documents that cannot be committed while `store.isLost`, as when the process ends before that. */
function losable(documents: DocumentStore): DocumentStore {
  return new Proxy(documents, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      if (name === 'commit' && store.isLost) return () => Promise.reject(new Error('lost'));
      return member.bind(target) as unknown;
    },
  });
}

async function guestWithSession(id: string): Promise<{ userId: UserId; sessionId: SessionId }> {
  const userId = user(id);
  await house.directory.createUser(alfa, { userId, zone: parseZone('de', 'zone') });
  const { session } = await house.sessions.open(alfa, { userId });
  return { userId, sessionId: session!.sessionId };
}

const admit = (sessionId: SessionId, operation: string, context?: Record<string, unknown>) =>
  house.sessions.admit(alfa, {
    sessionId,
    operationId: parseOperationId(operation, 'operation_id'),
    cost: 1,
    ...(context && { context }),
  });

async function statusOf(userId: UserId): Promise<string> {
  const { state, now } = await house.directory.getUser(alfa, { userId });
  return statusAt(state, now);
}

describe('an admission that met a full window and ended before the user became idle (S-4)', () => {
  async function cutShort(id: string) {
    const guest = await guestWithSession(id);
    for (let n = 1; n <= DAILY_MAX; n += 1)
      expect((await admit(guest.sessionId, `op${n}`)).admission.admitted).toBe(true);
    store.isLost = true;
    await expect(admit(guest.sessionId, 'op6')).rejects.toThrow('lost');
    store.isLost = false;
    expect(await statusOf(guest.userId)).toBe('active');
    return guest;
  }

  it('makes it idle when the operation is repeated, with the first answer', async () => {
    const { userId, sessionId } = await cutShort('guest01');
    const repeated = await admit(sessionId, 'op6');
    expect(repeated).toMatchObject({ replayed: true, admission: { reason: 'QUOTA_DAILY' } });
    expect(await statusOf(userId)).toBe('idle');
    const changes = (await house.auditOf(userId)).length;
    await admit(sessionId, 'op6');
    expect(await house.auditOf(userId)).toHaveLength(changes);
  });

  it('leaves a user alone that was promoted since (R-6)', async () => {
    const { userId, sessionId } = await cutShort('guest01');
    await house.directory.recordVerification(alfa, { userId, verification: approved('kyc', 'basic') });
    expect(await admit(sessionId, 'op6')).toMatchObject({ replayed: true, admission: { reason: 'QUOTA_DAILY' } });
    expect(await statusOf(userId)).toBe('active');
  });

  it('leaves a user alone whose reset has passed (S-5)', async () => {
    const { userId, sessionId } = await cutShort('guest01');
    house.clock.at += 24 * 60 * 60 * 1000;
    expect(await admit(sessionId, 'op6')).toMatchObject({ replayed: true });
    expect(await statusOf(userId)).toBe('active');
  });
});

it('opening and closing answer the position of the store that they saw (C-2)', async () => {
  const { userId, sessionId } = await guestWithSession('guest01');
  const position = house.replica.position;
  expect(await house.sessions.open(alfa, { userId })).toMatchObject({ sequence: position, closed: [sessionId] });
  expect(await house.sessions.open(alfa, { userId: user('nobody1') })).toMatchObject({ sequence: position });
  expect(await house.sessions.close(alfa, { sessionId })).toMatchObject({ sequence: position });
});

it('a session of a user whose verification has run out unswept is a guest session (R-8, S-1)', async () => {
  const userId = user('basic01');
  await house.directory.createUser(alfa, { userId, zone: parseZone('de', 'zone') });
  const verification = { ...approved('kyc', 'basic'), expiresAt: house.clock.at + 1000 };
  await house.directory.recordVerification(alfa, { userId, verification });
  house.clock.at += 1000;
  const { session } = await house.sessions.open(alfa, { userId });
  expect(session).toMatchObject({ rules: { lifetimeMs: 20 * 60 * 1000, openMax: 1 } });
});

describe('a repeated operation (S-12)', () => {
  it('is the same one whatever the order of the fields of its context', async () => {
    const { sessionId } = await guestWithSession('guest01');
    const context = { amount: 7, place: { city: 'Bonn', zip: '53111' } };
    const turned = { place: { zip: '53111', city: 'Bonn' }, amount: 7 };
    expect(await admit(sessionId, 'op1', context)).toMatchObject({ replayed: false, admission: { admitted: true } });
    expect(await admit(sessionId, 'op1', turned)).toMatchObject({ replayed: true, admission: { admitted: true } });
  });

  it.each([
    ['another value', { amount: 8, list: [1, 2] }],
    ['a field less', { amount: 7 }],
    ['a list in another order', { amount: 7, list: [2, 1] }],
    ['a text for a number', { amount: '7', list: [1, 2] }],
  ])('with %s in its context is another payload', async (_, other) => {
    const { sessionId } = await guestWithSession('guest01');
    await admit(sessionId, 'op1', { amount: 7, list: [1, 2] });
    await expect(admit(sessionId, 'op1', other)).rejects.toMatchObject({ code: 'KEY_REUSED' });
  });
});

describe("an operator's acts on sessions (P-7)", () => {
  const acts = async (userId: UserId) =>
    (await house.auditOf(userId)).filter(({ event }) => /Session|Operation/.test(event));

  it('are audited one by one, without the id of the session (C-7)', async () => {
    const { userId } = await guestWithSession('guest01');
    const { session } = await house.sessions.open(operator, { providerId: 'ALFA', userId });
    const sessionId = session!.sessionId;
    await house.sessions.admit(operator, { sessionId, operationId: parseOperationId('op1', 'operation_id'), cost: 1 });
    await house.sessions.close(operator, { sessionId });
    const entries = await acts(userId);
    expect(entries.map(({ event }) => event)).toEqual(['SessionClosed', 'OperationAsked', 'SessionOpened']);
    for (const { actor } of entries) expect(actor).toEqual({ kind: 'operator', id: operator.keyId });
    expect(JSON.stringify(entries)).not.toContain(sessionId);
  });

  it("are told from the partner's own, which are its everyday", async () => {
    const { userId, sessionId } = await guestWithSession('guest02');
    await admit(sessionId, 'op1');
    await house.sessions.close(alfa, { sessionId });
    expect(await acts(userId)).toEqual([]);
  });
});
