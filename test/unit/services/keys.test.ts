import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAuthenticate } from '../../../src/services/authenticate.ts';
import { RateLimit } from '../../../src/services/rate-limit.ts';
import type { NewKey } from '../../../src/services/keys.ts';
import { SCOPES } from '../../../src/ports/document-store.ts';
import { ALFA, BETA, DAY_MS, openHouse, system, type House } from './house.ts';

let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => house.close());

const authenticate = async (token: string) =>
  createAuthenticate(house.replica, house.clock, new RateLimit(house.replica))(token);
const ofAlfa: NewKey = { providerId: ALFA, scopes: ['plan', 'check'], label: 'app' };
const fixed = `ghk_${'o'.repeat(12)}_${'A'.repeat(43)}`;

describe('a key', () => {
  it('lets its partner in with its scopes, and is kept without its secret (C-7)', async () => {
    const { keyId, token } = await house.keys.create(ofAlfa, system.actor);
    expect(token).toMatch(/^ghk_[a-z0-9]{12}_[A-Za-z0-9_-]{43}$/);
    expect(await authenticate(token)).toEqual({ keyId, providerId: ALFA, scopes: new Set(['check', 'plan']) });
    const secret = token.split('_').slice(2).join('_');
    const written = JSON.stringify([await house.documents.get('key', keyId), await house.auditOfPartner()]);
    expect(written).not.toContain(secret);
    expect(written).toContain(createHash('sha256').update(secret).digest('hex'));
    expect((await house.auditOfPartner())[0]).toMatchObject({
      event: 'KeyCreated',
      actor: system.actor,
      detail: { key_id: keyId, label: 'app', scopes: ['check', 'plan'] },
    });
  });

  it('that is revoked lets nobody in from then on, and stays revoked', async () => {
    const { keyId, token } = await house.keys.create(ofAlfa, system.actor);
    const recognise = createAuthenticate(house.replica, house.clock, new RateLimit(house.replica));
    expect((await recognise(token)).keyId).toBe(keyId);
    const at = house.clock.at;
    expect(await house.keys.revoke(keyId, system.actor)).toMatchObject({ keyId, revokedAt: at });
    expect(() => recognise(token)).toThrow(expect.objectContaining({ code: 'UNAUTHENTICATED' }));
    house.clock.at += DAY_MS;
    expect(await house.keys.revoke(keyId, system.actor)).toMatchObject({ revokedAt: at });
    expect((await house.auditOfPartner()).filter(({ event }) => event === 'KeyRevoked')).toHaveLength(1);
  });

  it('lets nobody in after its end', async () => {
    const { token } = await house.keys.create({ ...ofAlfa, expiresAt: house.clock.at + 1 }, system.actor);
    await expect(authenticate(token)).resolves.toBeDefined();
    house.clock.at += 1;
    await expect(authenticate(token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it.each<[string, Partial<NewKey>, object]>([
    ['without scopes', { scopes: [] }, { field: 'scopes' }],
    ['with a scope that there is not', { scopes: ['root' as 'plan'] }, { field: 'scopes' }],
    ['without a label', { label: '' }, { field: 'label' }],
    ['with a label past 100 characters', { label: 'x'.repeat(101) }, { field: 'label' }],
    ['that has ended', { expiresAt: 1 }, { field: 'expires_at' }],
    ['that never ends in numbers', { expiresAt: Number.NaN }, { field: 'expires_at' }],
    ['of a partner that there is not', { providerId: 'NONE' as typeof ALFA }, { code: 'PARTNER_NOT_FOUND' }],
  ])('%s is not made', async (_, wrong, fault) => {
    await expect(house.keys.create({ ...ofAlfa, ...wrong }, system.actor)).rejects.toMatchObject(fault);
    expect(await house.keys.list()).toEqual([]);
  });

  it('that there is not cannot be revoked', async () => {
    await expect(house.keys.revoke('x'.repeat(12), system.actor)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

it('keys are listed by age, without hash, of one partner or of all', async () => {
  const first = await house.keys.create(ofAlfa, system.actor);
  house.clock.at += 1;
  const second = await house.keys.create({ ...ofAlfa, providerId: BETA }, system.actor);
  house.clock.at += 1;
  const third = await house.keys.create({ ...ofAlfa, providerId: undefined }, system.actor);
  const all = await house.keys.list();
  expect(all.map(({ keyId }) => keyId)).toEqual([first.keyId, second.keyId, third.keyId]);
  expect((await house.keys.list(BETA)).map(({ keyId }) => keyId)).toEqual([second.keyId]);
  expect(JSON.stringify(all)).not.toMatch(/hash/i);
});

describe('a fixed operator key', () => {
  it('is an operator with every scope, once', async () => {
    expect(await house.keys.importOperatorKey(fixed, system.actor)).toEqual({ keyId: 'o'.repeat(12), created: true });
    expect(await house.keys.importOperatorKey(fixed, system.actor)).toEqual({ keyId: 'o'.repeat(12), created: false });
    expect(await authenticate(fixed)).toEqual({
      keyId: 'o'.repeat(12),
      providerId: undefined,
      scopes: new Set(SCOPES),
    });
  });

  it.each(['', 'secret', `ghk_${'O'.repeat(12)}_${'A'.repeat(43)}`, `ghk_${'o'.repeat(12)}_${'A'.repeat(42)}`])(
    'is not %j, and the text is not repeated',
    async (token) => {
      const fault = await house.keys.importOperatorKey(token, system.actor).catch((error: unknown) => error);
      expect(fault).toMatchObject({ code: 'INVALID_ARGUMENT', field: 'GATEHOUSE_OPERATOR_KEY' });
      expect(await house.keys.list()).toEqual([]);
    },
  );

  it('does not take the place of another key, nor of a revoked one', async () => {
    await house.keys.importOperatorKey(fixed, system.actor);
    const other = `ghk_${'o'.repeat(12)}_${'B'.repeat(43)}`;
    await expect(house.keys.importOperatorKey(other, system.actor)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await house.keys.revoke('o'.repeat(12), system.actor);
    await expect(house.keys.importOperatorKey(fixed, system.actor)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});
