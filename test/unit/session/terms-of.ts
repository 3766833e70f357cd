import type { AdmissionTerms, QuotaTerms, RungTerms } from '../../../src/domain/session/state.ts';
import type { SessionId } from '../../../src/domain/values.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const WEEK = 7 * DAY;
export const T0 = Date.UTC(2026, 0, 15);
export const ID = 'acme.user001.0123456789012345678901' as SessionId;

/** A rung that is met by any excess of the day at hand, but for what a case changes. */
export function rung(action: RungTerms['action'], over: Partial<RungTerms> = {}): RungTerms {
  return { overDaily: 1, overWeekly: 1, times: 1, withinMs: 0, action, bars: false, ...over };
}

export function quota(over: Partial<QuotaTerms> = {}): QuotaTerms {
  return { daily: 20, weekly: 50, grace: 0, rungs: [], standing: true, ...over };
}

export const GUEST: AdmissionTerms = {
  role: 'guest',
  quota: quota({ daily: 5, weekly: 20, rungs: [rung('idle')], standing: false }),
  lifts: [{ kind: 'verification', level: 'basic' }],
  warningShare: 0.8,
  timeZone: 'UTC',
  sessionRules: { lifetimeMs: 20 * MINUTE, openMax: 1 },
  counted: true,
  cost: 1,
  reviewOpen: false,
  suspendable: false,
  appliedAt: 0,
  causesBefore: [],
  causesAfter: [],
};

export const BASIC: AdmissionTerms = {
  ...GUEST,
  role: 'basic',
  quota: quota(),
  lifts: [],
  sessionRules: { inactivityMs: 30 * MINUTE, openMax: 5 },
};

const { quota: _, ...unlimited } = GUEST;
export const ADVANCED: AdmissionTerms = {
  ...unlimited,
  role: 'advanced',
  lifts: [],
  sessionRules: {},
  counted: false,
};
