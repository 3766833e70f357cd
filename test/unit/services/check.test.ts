import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseZone } from '../../../src/domain/values.ts';
import { ALFA, alfa, DAY_MS, openHouse, system, user, type House } from './house.ts';

let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => house.close());

it('an explanation is of the one moment of its decision, though the clock runs on (C-4)', async () => {
  const userId = user('guest01');
  await house.directory.createUser(alfa, { userId, zone: parseZone('de', 'zone') });
  const until = house.clock.at + DAY_MS;
  const effect = { kind: 'idle', at: house.clock.at, role: 'guest', until } as const;
  await house.changes.changeUser(ALFA, userId, system, () => ({ type: 'enforce', effect }));

  const moments = [until - 1, until, until + 1];
  house.clock.now = () => moments.shift() ?? until + 2;
  const explained = await house.check.explain(alfa, { userId, question: { kind: 'permission', name: 'call_api' } });
  expect(explained).toMatchObject({ allowed: false, reason: 'USER_IDLE', evaluatedAt: until - 1 });
  expect(explained.user?.status).toBe('idle');
  expect(moments).toHaveLength(2);
});
