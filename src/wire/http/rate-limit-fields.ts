import type { QuotaFacts } from '../quota-facts.ts';

/**
 * The response fields of draft-ietf-httpapi-ratelimit-headers-11 (structured fields, RFC 9651): `ratelimit-policy` and `ratelimit`, one
 * item a policy and in the same order; `retry-after` (RFC 9110) where a quota refused and time lifts it.
 */
export function rateLimitFields({ policies, refusal }: QuotaFacts): Readonly<Record<string, string>> {
  return {
    ...(policies.length > 0 && {
      'ratelimit-policy': policies.map(({ name, quota, windowS }) => `"${name}";q=${quota};w=${windowS}`).join(', '),
      ratelimit: policies.map(({ name, remaining, resetS }) => `"${name}";r=${remaining};t=${resetS}`).join(', '),
    }),
    ...(refusal?.retryAfterS !== undefined && { 'retry-after': String(refusal.retryAfterS) }),
  };
}

/** The preference (RFC 7240) by which a gateway asks for a refusal by quota as a response that it can pass on. */
export const QUOTA_PREFERENCE = 'quota-exceeded=429';

const PREFERS_429 = /(?:^|,)\s*quota-exceeded\s*=\s*(?:429|"429")\s*(?:[;,]|$)/i;

/** Whether a `Prefer` field asks for it, among other preferences. */
export function prefers429(prefer: string | readonly string[] | undefined): boolean {
  return prefer !== undefined && PREFERS_429.test(typeof prefer === 'string' ? prefer : prefer.join(','));
}
