import { describe, expect, it, test } from 'vitest';
import {
  closeSession,
  endOf,
  openSession,
  sessionsToClose,
  settleSession,
  stateAt,
  touch,
} from '../../../src/domain/session/session.ts';
import { ID, MINUTE, T0 } from './terms-of.ts';
import type { SessionId } from '../../../src/domain/values.ts';

const guest = { lifetimeMs: 20 * MINUTE };
const basic = { inactivityMs: 30 * MINUTE };
const open = (rules: { lifetimeMs?: number; inactivityMs?: number }, now = T0) =>
  openSession({ sessionId: ID, rules, now });

describe('a session is over at its end moment', () => {
  test.each([
    ['S-1 a guest', guest, 20 * MINUTE - 1, 'open'],
    ['S-1 a guest', guest, 20 * MINUTE, 'expired'],
    ['S-6 a basic user', basic, 30 * MINUTE - 1, 'open'],
    ['S-6 a basic user', basic, 30 * MINUTE, 'expired'],
    ['S-10 an advanced user', {}, 10_000 * MINUTE, 'open'],
  ] as const)('%s under %j after %d ms: %s', (_, rules, age, state) => {
    expect(stateAt(open(rules), T0 + age)).toBe(state);
  });

  it('S-1: what happens in it does not lengthen the session of a guest', () => {
    expect(endOf(touch(open(guest), T0 + 19 * MINUTE, guest))).toEqual({ at: T0 + 20 * MINUTE, by: 'lifetime' });
  });

  it('S-6: an admitted operation begins the inactivity anew', () => {
    expect(endOf(touch(open(basic), T0 + 29 * MINUTE, basic))).toEqual({ at: T0 + 59 * MINUTE, by: 'inactivity' });
  });

  it('ends by the earlier of both limits, and by its lifetime when they meet', () => {
    expect(endOf(open({ lifetimeMs: 10, inactivityMs: 5 }))).toEqual({ at: T0 + 5, by: 'inactivity' });
    expect(endOf(open({ lifetimeMs: 5, inactivityMs: 5 }))).toEqual({ at: T0 + 5, by: 'lifetime' });
    expect(endOf(open({}))).toBeUndefined();
  });

  it('S-14: rules of the present may end it earlier, never later', () => {
    expect(endOf(open(basic), guest)).toEqual({ at: T0 + 20 * MINUTE, by: 'lifetime' });
    expect(endOf(open(basic), {})).toEqual({ at: T0 + 30 * MINUTE, by: 'inactivity' });
  });
});

describe('what has ended stays ended', () => {
  const expired = T0 + 20 * MINUTE;
  test.each([
    ['closing an open session', closeSession(open(guest), T0 + 5, 'logout'), T0 + 5, 'logout'],
    ['replacing an open session', closeSession(open(guest), T0 + 5, 'replaced'), T0 + 5, 'replaced'],
    ['closing one that had run out', closeSession(open(guest), expired + 9, 'logout'), expired, 'lifetime'],
    ['writing the end down', settleSession(open(guest), expired), expired, 'lifetime'],
    ['writing down an end by rules of the present', settleSession(open({}), expired, guest), expired, 'lifetime'],
  ])('%s', (_, session, endedAt, endedBy) => {
    expect(session).toMatchObject({ endedAt, endedBy });
    expect(closeSession(session, expired + 99, 'logout')).toBe(session);
    expect(settleSession(session, expired + 99)).toBe(session);
    expect(endOf(session, {})).toEqual({ at: endedAt, by: endedBy });
    expect(stateAt(session, expired + 99)).toBe(endedBy === 'lifetime' ? 'expired' : 'closed');
  });

  it('an open session is not written to', () => {
    const session = open(guest);
    expect(settleSession(session, expired - 1)).toBe(session);
  });
});

describe('S-16: how many sessions may be open beside a new one', () => {
  const sessions = [3, 1, 2].map((minute) =>
    openSession({ sessionId: `${minute}` as SessionId, rules: {}, now: minute }),
  );
  test.each([
    [1, ['1', '2', '3']],
    [2, ['1', '2']],
    [3, ['1']],
    [4, []],
    [undefined, []],
  ])('a maximum of %s closes %j, oldest first', (openMax, closed) => {
    expect(sessionsToClose(sessions, openMax).map(({ sessionId }) => sessionId)).toEqual(closed);
  });
});
