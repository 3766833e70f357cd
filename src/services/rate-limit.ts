import { Fault } from '../domain/errors.ts';
import type { Millis, ProviderId } from '../domain/values.ts';
import type { Replica } from './replica.ts';

/**
 * Paces the callers of each partner to its `requestsPerSecond` (P-4), on this replica: a bucket of one second's requests that refills
 * steadily. Not a quota: it protects the service and counts no operation of a user.
 */
export class RateLimit {
  readonly #replica: Replica;
  readonly #buckets = new Map<ProviderId, { room: number; at: Millis }>();

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  /** Throws RATE_LIMITED when the partner's bucket is empty. */
  take(providerId: ProviderId, now: Millis): void {
    const rate = this.#replica.partner(providerId)?.policy.requestsPerSecond;
    if (rate === undefined) return;
    const bucket = this.#buckets.get(providerId) ?? { room: rate, at: now };
    bucket.room = Math.min(rate, bucket.room + (Math.max(0, now - bucket.at) * rate) / 1000);
    bucket.at = now;
    this.#buckets.set(providerId, bucket);
    if (bucket.room < 1) {
      throw new Fault('RATE_LIMITED', 'too many requests of this partner', {
        rule: `P-4: ${rate} requests a second`,
        pace: { requests: rate, windowMs: 1000, retryAfterMs: ((1 - bucket.room) / rate) * 1000 },
      });
    }
    bucket.room -= 1;
  }
}
