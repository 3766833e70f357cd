import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { UserState } from '../../src/domain/user/state.ts';
import { statusAt, subStatusAt } from '../../src/domain/user/state.ts';
import { parseOperationId, parseZone, type SessionId, type UserId } from '../../src/domain/values.ts';
import { ALFA, alfa, openHouse, PRO, user, type House, type HouseOptions } from '../unit/services/house.ts';

/** Where a process may end in the middle of one admission. */
const POINTS = [
  'before the admission store has it',
  'after the admission store has it',
  'before the user document has the effect',
  'after the user document has the effect',
] as const;
type Point = (typeof POINTS)[number];

interface Effect {
  readonly name: string;
  readonly role: 'guest' | 'basic';
  readonly ladder: string;
  /** Operations before the one that meets the full window. */
  readonly fills: number;
  /** What the audit log must have, once. */
  readonly event: string;
  /** The user once the document has it. */
  holds(state: UserState, now: number): boolean;
}

const EFFECTS: readonly Effect[] = [
  {
    name: 'a guest becomes idle (S-4)',
    role: 'guest',
    ladder: '',
    fills: 5,
    event: 'UserIdled',
    holds: (state, now) => statusAt(state, now) === 'idle',
  },
  {
    name: 'a basic user becomes idle by the ladder (S-8)',
    role: 'basic',
    ladder: 'quotas: { basic: { on_exceed: [{ action: idle }] } }\n',
    fills: 20,
    event: 'UserIdled',
    holds: (state, now) => statusAt(state, now) === 'idle',
  },
  {
    name: 'a review opens (S-8)',
    role: 'basic',
    ladder: 'quotas: { basic: { on_exceed: [{ action: review }] } }\n',
    fills: 20,
    event: 'ReviewOpened',
    holds: (state) => state.enforcement?.review !== undefined,
  },
  {
    name: 'the subscription is suspended (S-8, B-7)',
    role: 'basic',
    ladder: 'quotas: { basic: { on_exceed: [{ action: suspend_subscription }] } }\n',
    fills: 20,
    event: 'SubscriptionSuspended',
    holds: (state, now) => subStatusAt(state, now) === 'suspended',
  },
];

class Stopped extends Error {}

/** Ends the process at a point: whatever was done by then is on the disk, and no answer leaves. */
function stoppingAt(point: Point, stop: { isArmed: boolean }): HouseOptions {
  const guard = <T extends object>(target: T, method: string, side: 'before' | 'after'): T =>
    new Proxy(target, {
      get(from, name) {
        const member: unknown = Reflect.get(from, name, from);
        if (typeof member !== 'function') return member;
        if (name !== method) return member.bind(from) as unknown;
        return async (...given: unknown[]) => {
          if (stop.isArmed && side === 'before') throw new Stopped();
          const answer: unknown = await Reflect.apply(member, from, given);
          if (stop.isArmed) throw new Stopped();
          return answer;
        };
      },
    });
  switch (point) {
    case 'before the admission store has it':
      return { admissions: (store) => guard(store, 'admit', 'before') };
    case 'after the admission store has it':
      return { admissions: (store) => guard(store, 'admit', 'after') };
    case 'before the user document has the effect':
      return { documents: (store) => guard(store, 'commit', 'before') };
    case 'after the user document has the effect':
      return { documents: (store) => guard(store, 'commit', 'after') };
    default:
      return point satisfies never;
  }
}

let dir: string;
const houses: House[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gatehouse-crash-'));
});
afterEach(async () => {
  for (const house of houses.splice(0)) await house.close();
  rmSync(dir, { recursive: true, force: true });
});

async function house(options: HouseOptions): Promise<House> {
  const opened = await openHouse({ ...options, dir });
  houses.push(opened);
  return opened;
}

const admit = async (from: House, sessionId: SessionId, id: string, cost = 1) =>
  from.sessions.admit(alfa, { sessionId, operationId: parseOperationId(id, 'operation_id'), cost });

async function userOf(from: House, { role }: Effect): Promise<UserId> {
  const userId = user('user001');
  if (role === 'guest') {
    await from.directory.createUser(alfa, { userId, zone: parseZone('de', 'zone') });
    return userId;
  }
  await from.basicUser('user001');
  const { code } = await from.change(userId, { type: 'subscribe', planId: PRO }, 'k1');
  await from.change(userId, { type: 'confirm', planId: PRO, code: code!.text, evidence: {} }, 'k2');
  return userId;
}

/** Up to the operation that meets the full window, at which the process ends. */
async function endAt(point: Point, effect: Effect): Promise<{ userId: UserId; sessionId: SessionId }> {
  const stop = { isArmed: false };
  const first = await house({ ...stoppingAt(point, stop), policy: effect.ladder });
  const userId = await userOf(first, effect);
  const sessionId = (await first.sessions.open(alfa, { userId })).session!.sessionId;
  expect((await admit(first, sessionId, 'fill', effect.fills)).admission.admitted).toBe(true);
  stop.isArmed = true;
  await expect(admit(first, sessionId, 'over')).rejects.toThrow(Stopped);
  await houses.pop()!.close();
  return { userId, sessionId };
}

async function requireOnce(from: House, userId: UserId, effect: Effect): Promise<void> {
  const state = await from.changes.user(ALFA, userId);
  expect(effect.holds(state, from.clock.at)).toBe(true);
  const events = (await from.auditOf(userId)).map(({ event }) => event);
  expect(events.filter((event) => event === effect.event)).toEqual([effect.event]);
}

describe.each(EFFECTS)('$name', (effect) => {
  describe.each(POINTS)('the process ends %s', (point) => {
    it('a repeat of the operation is answered right, and the effect is there once', async () => {
      const { userId, sessionId } = await endAt(point, effect);
      const next = await house({ policy: effect.ladder });
      const answer = await admit(next, sessionId, 'over');
      expect(answer.admission).toMatchObject({ admitted: false });
      expect(answer.admission.causes.map(({ reason }) => reason)).toContain(
        effect.event === 'ReviewOpened' ? 'QUOTA_REVIEW' : 'QUOTA_DAILY',
      );
      await requireOnce(next, userId, effect);
      expect((await admit(next, sessionId, 'over')).admission).toEqual(answer.admission);
      await requireOnce(next, userId, effect);
    });

    it('another operation is refused because of it, and the effect is there once', async () => {
      const { userId, sessionId } = await endAt(point, effect);
      const next = await house({ policy: effect.ladder });
      expect((await admit(next, sessionId, 'another')).admission.admitted).toBe(false);
      await requireOnce(next, userId, effect);
      expect((await admit(next, sessionId, 'over')).admission.admitted).toBe(false);
      await requireOnce(next, userId, effect);
    });

    it('what was counted before is counted still, and nothing of the refused operation', async () => {
      const { sessionId } = await endAt(point, effect);
      const next = await house({ policy: effect.ladder });
      const { quotas } = (await admit(next, sessionId, 'over')).admission;
      expect([quotas?.daily.used, quotas?.weekly.used]).toEqual([effect.fills, effect.fills]);
    });
  });
});

it('an answer that was lost on its way is given again (S-12)', async () => {
  const first = await house({});
  const userId = await userOf(first, EFFECTS[0] as Effect);
  const sessionId = (await first.sessions.open(alfa, { userId })).session!.sessionId;
  await admit(first, sessionId, 'fill', 5);
  const lost = await admit(first, sessionId, 'over');
  await houses.pop()!.close();
  const next = await house({});
  expect(await admit(next, sessionId, 'over')).toMatchObject({ replayed: true, admission: lost.admission });
  await requireOnce(next, userId, EFFECTS[0] as Effect);
});
