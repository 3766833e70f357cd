import type { AdminApp, KeySummary } from './app.ts';
import { Fault } from './domain/errors.ts';
import { parseProviderId } from './domain/values.ts';
import type { Clock } from './ports/clock.ts';
import type { KeyListing, KeyService } from './services/keys.ts';

const DAY_MS = 86_400_000;
const CLI = { kind: 'operator', id: 'cli' } as const;

/** The commands `gatehouse keys …` over an open data directory. */
export function keyAdministration(
  keys: KeyService,
  clock: Clock,
): Pick<AdminApp, 'createKey' | 'listKeys' | 'revokeKey'> {
  return {
    async createKey({ providerId, scopes, label, expiresInDays }) {
      const { keyId, token } = await keys.create(
        {
          providerId: providerId === undefined ? undefined : parseProviderId(providerId, 'partner'),
          scopes,
          label,
          expiresAt: expiresInDays === undefined ? undefined : clock.now() + expiresInDays * DAY_MS,
        },
        CLI,
      );
      return { key: token, keyId };
    },
    async listKeys() {
      const now = clock.now();
      return (await keys.list()).sort((a, b) => (a.keyId < b.keyId ? -1 : 1)).map((listing) => summaryOf(listing, now));
    },
    async revokeKey(keyId) {
      try {
        await keys.revoke(keyId, CLI);
        return true;
      } catch (error) {
        if (error instanceof Fault && error.code === 'NOT_FOUND') return false;
        throw error;
      }
    },
  };
}

function summaryOf(key: KeyListing, now: number): KeySummary {
  const expired = key.expiresAt !== undefined && now >= key.expiresAt;
  return {
    keyId: key.keyId,
    providerId: key.providerId,
    label: key.label,
    scopes: key.scopes,
    state: key.revokedAt !== undefined ? 'revoked' : expired ? 'expired' : 'active',
    createdAt: new Date(key.createdAt).toISOString(),
    ...(key.expiresAt !== undefined && { expiresAt: new Date(key.expiresAt).toISOString() }),
  };
}
