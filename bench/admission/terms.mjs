import { randomBytes } from 'node:crypto';

const PARTNER = 'BNCH';
const HOUR_MS = 3_600_000;

/** Of a basic user whose limits are out of reach, so that each operation is decided, counted and kept. */
export const TERMS = {
  role: 'basic',
  quota: { daily: 1e9, weekly: 1e9, grace: 0, rungs: [], standing: true },
  lifts: [],
  warningShare: 0.8,
  timeZone: 'Europe/Berlin',
  sessionRules: { inactivityMs: 24 * HOUR_MS, openMax: 5 },
  counted: true,
  cost: 1,
  reviewOpen: false,
  suspendable: false,
  appliedAt: 0,
  causesBefore: [],
  causesAfter: [],
};

/** Seven characters, as user ids are. */
export const userIdOf = (number) => String(number).padStart(7, 'u00000');

/** The same for all, where the service rolls dice: processes must know each other's sessions, and users are copied. */
const ENTROPY = Buffer.alloc(16, 'random').toString('base64url');

export const sessionIdOf = (number) => `${PARTNER}.${userIdOf(number)}.${ENTROPY}`;

/** Sixty-four hexadecimal digits, as the service makes them. */
export const PAYLOAD_HASH = randomBytes(32).toString('hex');

/** The request of one operation; ids are new in each run. */
export function admitRequest(userNumber, operationId) {
  return { sessionId: sessionIdOf(userNumber), operationId, payloadHash: PAYLOAD_HASH, terms: TERMS, now: Date.now() };
}

/** Opens the sessions of users 0 to `count` - 1. */
export const openRequest = (userNumber) => ({
  sessionId: sessionIdOf(userNumber),
  rules: TERMS.sessionRules,
  now: Date.now(),
});
