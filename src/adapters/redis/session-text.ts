import type { SessionRules } from '../../domain/partner/policy.ts';
import type { SessionEnd, SessionRecord } from '../../domain/session/state.ts';
import type { SessionId } from '../../domain/values.ts';

const ENDS: Readonly<Record<string, SessionEnd>> = { l: 'logout', r: 'replaced', t: 'lifetime', i: 'inactivity' };

/** A session as session.lua tells it. */
export function readSession(sessionId: SessionId, text: string): SessionRecord {
  const [openedAt, activeAt, lifetime, inactivity, openMax, by = '', endedAt] = text.split(',');
  const endedBy = ENDS[by];
  return {
    sessionId,
    openedAt: Number(openedAt),
    activeAt: Number(activeAt),
    rules: {
      ...(lifetime && { lifetimeMs: Number(lifetime) }),
      ...(inactivity && { inactivityMs: Number(inactivity) }),
      ...(openMax && { openMax: Number(openMax) }),
    },
    ...(endedBy && { endedAt: Number(endedAt), endedBy }),
  };
}

/** Lifetime, inactivity and maximum, as open.lua takes them. */
export function rulesArguments({ lifetimeMs, inactivityMs, openMax }: SessionRules): string[] {
  return [lifetimeMs, inactivityMs, openMax].map((value) => (value === undefined ? '' : String(value)));
}
