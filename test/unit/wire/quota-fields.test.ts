import { describe, expect, it } from 'vitest';
import { cause } from '../../../src/domain/errors.ts';
import type { Admission } from '../../../src/domain/session/state.ts';
import { quotaProblem } from '../../../src/wire/http/problem.ts';
import { prefers429, rateLimitFields } from '../../../src/wire/http/rate-limit-fields.ts';
import { quotaFactsOf, renderAdmission } from '../../../src/wire/operations/render-admission.ts';

const AT = Date.UTC(2026, 2, 2, 9);
const HOUR_MS = 60 * 60 * 1000;

const quotas = (daily: number, weekly: number) => ({
  daily: { limit: 20, used: 20 - daily, remaining: daily, resetsAt: AT + 14 * HOUR_MS },
  weekly: { limit: 50, used: 50 - weekly, remaining: weekly, resetsAt: AT + 1_500 },
});

const admission = (more: Partial<Admission>): Admission => ({
  admitted: true,
  reason: 'ADMITTED',
  causes: [],
  warnings: [],
  retryAfterMs: 0,
  lifts: [],
  at: AT,
  ...more,
});

const refusedBy = (
  ...reasons: ('QUOTA_DAILY' | 'QUOTA_WEEKLY' | 'QUOTA_COOLDOWN' | 'USER_IDLE' | 'SESSION_CLOSED')[]
) => ({
  admitted: false,
  reason: reasons[0]!,
  causes: reasons.map((reason) => cause(reason)),
});

const factsOf = (more: Partial<Admission>) => quotaFactsOf(renderAdmission(admission(more)));

describe('the response fields of an admission', () => {
  it('name both windows, with what is left and the seconds until each gains room, rounded up', () => {
    expect(rateLimitFields(factsOf({ quotas: quotas(4, 30) })!)).toEqual({
      'ratelimit-policy': '"day";q=20;w=86400, "week";q=50;w=604800',
      ratelimit: '"day";r=4;t=50400, "week";r=30;t=2',
    });
  });

  it('are none for a user without quotas (S-10)', () => {
    expect(factsOf({})).toBeUndefined();
  });

  it('name a time to retry, rounded up to a second, where time lifts the refusal', () => {
    const facts = factsOf({ quotas: quotas(0, 3), ...refusedBy('QUOTA_DAILY'), retryAfterMs: 1_001 });
    expect(rateLimitFields(facts!)['retry-after']).toBe('2');
    const forever = factsOf({ quotas: quotas(0, 3), ...refusedBy('QUOTA_DAILY') });
    expect(rateLimitFields(forever!)).not.toHaveProperty('retry-after');
  });
});

describe('the problem of a quota that refused', () => {
  it.each<[string, Partial<Admission>, readonly string[] | undefined]>([
    ['the day', { quotas: quotas(0, 3), ...refusedBy('QUOTA_DAILY') }, ['day']],
    ['the week', { quotas: quotas(3, 0), ...refusedBy('QUOTA_WEEKLY') }, ['week']],
    ['both', { quotas: quotas(0, 0), ...refusedBy('QUOTA_WEEKLY', 'QUOTA_DAILY') }, ['day', 'week']],
    ['a cooldown over a used-up day', { quotas: quotas(0, 3), ...refusedBy('QUOTA_COOLDOWN') }, ['day']],
    ['an idle user whose day is used up', { quotas: quotas(0, 3), ...refusedBy('USER_IDLE') }, ['day']],
    [
      'nothing: the session was closed',
      { quotas: quotas(0, 3), ...refusedBy('SESSION_CLOSED', 'QUOTA_DAILY') },
      undefined,
    ],
    ['nothing: it was admitted', { quotas: quotas(0, 3) }, undefined],
  ])('names the policies that were exceeded: %s', (_, more, violated) => {
    expect(factsOf(more)?.refusal?.violated).toEqual(violated);
  });

  it('is a document of the registered type', () => {
    const { refusal } = factsOf({ quotas: quotas(0, 3), ...refusedBy('QUOTA_DAILY') })!;
    expect(quotaProblem(refusal!)).toEqual({
      type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
      title: 'Request cannot be satisfied as assigned quota has been exceeded',
      status: 429,
      code: 'QUOTA_DAILY',
      rule: 'S-2',
      detail: 'the quota of the day is used up',
      'violated-policies': ['day'],
    });
  });
});

describe('the preference for 429', () => {
  it.each([
    'quota-exceeded=429',
    'Quota-Exceeded=429',
    'quota-exceeded="429"',
    'respond-async, quota-exceeded=429; foo=bar',
    ['return=minimal', 'quota-exceeded=429'],
  ])('is heard in %j', (prefer) => {
    expect(prefers429(prefer)).toBe(true);
  });

  it.each([undefined, '', 'quota-exceeded', 'quota-exceeded=503', 'quota-exceeded=4290', 'x-quota-exceeded=429'])(
    'is not in %j',
    (prefer) => {
      expect(prefers429(prefer)).toBe(false);
    },
  );
});
