import type { AdmissionTerms } from '../../../src/domain/session/state.ts';
import type { SessionId } from '../../../src/domain/values.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const T0 = Date.UTC(2026, 0, 15);
export const ID = 'acme.user001.0123456789012345678901' as SessionId;

export const GUEST: AdmissionTerms = {
  quota: { daily: 5, weekly: 20, onExceed: 'idle', grace: 0 },
  warningShare: 0.8,
  timeZone: 'UTC',
  sessionRules: { lifetimeMs: 20 * MINUTE, openMax: 1 },
  counted: true,
  cost: 1,
  causesBefore: [],
  causesAfter: [],
};

export const BASIC: AdmissionTerms = {
  ...GUEST,
  quota: { daily: 20, weekly: 50, onExceed: 'warn', grace: 0 },
  sessionRules: { inactivityMs: 30 * MINUTE, openMax: 5 },
};

const { quota: _, ...unlimited } = GUEST;
export const ADVANCED: AdmissionTerms = { ...unlimited, sessionRules: {}, counted: false };
