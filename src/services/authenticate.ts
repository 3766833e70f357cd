import { createHash, timingSafeEqual } from 'node:crypto';
import { Fault } from '../domain/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { KeyState } from '../ports/document-store.ts';
import type { Caller } from './caller.ts';
import { parseKeyText } from './key-text.ts';
import type { RateLimit } from './rate-limit.ts';
import type { Replica } from './replica.ts';

/**
 * Finds the caller behind an API key `ghk_<keyId>_<secret>`. Throws UNAUTHENTICATED for a missing, malformed, unknown,
 * wrong, expired or revoked key, in one wording for all, and RATE_LIMITED past the partner's request rate (P-4).
 */
export type Authenticate = (token: string | undefined) => Caller | Promise<Caller>;

/** Callers that were recognised, kept by their token, in memory only; a key that changes in the store is looked at anew. */
const RECOGNISED_MAX = 4096;

interface Recognised {
  readonly key: KeyState;
  readonly caller: Caller;
}

export function createAuthenticate(replica: Replica, clock: Clock, rateLimit: RateLimit): Authenticate {
  const recognised = new Map<string, Recognised>();

  function admit({ key, caller }: Recognised): Caller {
    if (key.expiresAt !== undefined && clock.now() >= key.expiresAt) throw unauthenticated();
    if (caller.providerId !== undefined) rateLimit.take(caller.providerId, clock.now());
    return caller;
  }

  function recognise(token: string | undefined): Caller {
    const known = token === undefined ? undefined : recognised.get(token);
    if (known && replica.key(known.key.keyId) === known.key) return admit(known);
    const text = parseKeyText(token);
    if (token === undefined || text === undefined) throw unauthenticated();
    const { keyId, secret } = text;
    const key = replica.key(keyId);
    const given = createHash('sha256').update(secret).digest();
    if (!key || !timingSafeEqual(given, Buffer.from(key.secretHash, 'hex')) || key.revokedAt !== undefined) {
      recognised.delete(token);
      throw unauthenticated();
    }
    const found = { key, caller: { keyId, providerId: key.providerId, scopes: new Set(key.scopes) } };
    if (recognised.size >= RECOGNISED_MAX) recognised.clear();
    recognised.set(token, found);
    return admit(found);
  }

  return (token) => {
    const behind = replica.fresh();
    return behind === undefined ? recognise(token) : behind.then(() => recognise(token));
  };
}

function unauthenticated(): Fault {
  return new Fault('UNAUTHENTICATED', 'a valid API key is needed', {
    field: 'authorization',
    rule: 'Bearer ghk_<id>_<secret>',
  });
}
