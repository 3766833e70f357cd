import { describe, expect, it } from 'vitest';
import { parseProviderId, parseUserId, sessionIdOf } from '../../../src/domain/values.ts';
import { KnownSessions } from '../../../src/services/known-sessions.ts';

const ALFA = parseProviderId('ALFA', 'provider_id');
const user = (id: string) => parseUserId(id, 'user_id');
const session = (userId: string, n: number) => sessionIdOf(ALFA, user(userId), String(n).padStart(22, '0'));

describe('the sessions that a replica has seen open', () => {
  it('are known until the end that they had when last seen, and not at it', () => {
    const known = new KnownSessions();
    known.note(session('user001', 1), 1_000);
    expect(known.endOf(session('user001', 1), 999)).toEqual({ endsAt: 1_000 });
    expect(known.endOf(session('user001', 1), 1_000)).toBe(false);
  });

  it('without an end of their own stay known', () => {
    const known = new KnownSessions();
    known.note(session('user001', 1), undefined);
    expect(known.endOf(session('user001', 1), 8.64e15)).toEqual({ endsAt: undefined });
  });

  it('are forgotten one by one, and all of a user', () => {
    const known = new KnownSessions();
    for (const n of [1, 2, 3]) known.note(session('user001', n), undefined);
    known.note(session('user002', 1), undefined);
    known.forget(session('user001', 2));
    expect(known.endOf(session('user001', 1), 0)).not.toBe(false);
    expect(known.endOf(session('user001', 2), 0)).toBe(false);
    known.forgetUser(ALFA, user('user001'));
    expect([1, 2, 3].filter((n) => known.endOf(session('user001', n), 0) !== false)).toEqual([]);
    expect(known.endOf(session('user002', 1), 0)).not.toBe(false);
  });

  it('are bounded: the one that was longest unused gives way', () => {
    const known = new KnownSessions(2);
    known.note(session('user001', 1), undefined);
    known.note(session('user001', 2), undefined);
    known.note(session('user001', 1), 5);
    known.note(session('user001', 3), undefined);
    expect([1, 2, 3].filter((n) => known.endOf(session('user001', n), 0) !== false)).toEqual([1, 3]);
  });
});
