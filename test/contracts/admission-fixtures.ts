import type { AdmissionTerms } from '../../src/domain/session/state.ts';
import { sessionIdOf, type OperationId, type SessionId } from '../../src/domain/values.ts';
import type { AdmissionStore, AdmitOutcome } from '../../src/ports/admission-store.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { GUEST, quota, rung } from '../unit/session/terms-of.ts';
import { eachWithStore, PARTNER, userId, type Made } from './fixtures.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const WEEK = 7 * DAY;
/** 2024-03-04T08:00:00Z, a Monday morning. */
export const T0 = 1_709_539_200_000;

export const sessionId = (n: number, user = 1, partner = PARTNER): SessionId =>
  sessionIdOf(partner, userId(user), String(n).padStart(22, 'x'));
export const operation = (name: string | number) => String(name) as OperationId;

/** Those of a guest (S-1 to S-4), but for what a case changes. */
export function guestTerms(overrides: Partial<AdmissionTerms> = {}): AdmissionTerms {
  return { ...GUEST, sessionRules: { lifetimeMs: 20 * MINUTE }, ...overrides };
}

/** An exceeded window refuses, and does nothing else. */
export const refusing = (daily: number, weekly: number) =>
  quota({ daily, weekly, rungs: [rung('restrict', { bars: true })], standing: false });

/** No session ends by itself. */
export const ENDLESS = guestTerms({ sessionRules: {}, quota: refusing(5, 20) });

/**
 * An empty store whose clock, if it is its own, is the one given. It tells the `now` of the running call, so such a store
 * reads it when it is called; calls at once share one moment.
 */
export type MakeAdmissionStore = (clock: Clock) => Promise<Made<AdmissionStore>>;

/** A fresh store for each test, with the clock set to the `now` of each call. */
export function eachTimed(makeStore: MakeAdmissionStore): { readonly store: AdmissionStore } {
  const clock = { at: 0, now: () => clock.at };
  const made = eachWithStore(() => makeStore(clock));
  const at = <T extends { readonly now: number }>(request: T): T => {
    clock.at = request.now;
    return request;
  };
  return {
    get store(): AdmissionStore {
      const { store } = made;
      return {
        open: (request) => store.open(at(request)),
        admit: (request) => store.admit(at(request)),
        admitAll: (requests) => store.admitAll(requests.map(at)),
        recall: (request) => store.recall(at(request)),
        preflight: (request) => store.preflight(at(request)),
        count: (request) => store.count(request),
        close: (id, now) => store.close(id, at({ now }).now),
        closeAll: (provider, user, now) => store.closeAll(provider, user, at({ now }).now),
        get: (id) => store.get(id),
        sessionsOf: (provider, user, now) => store.sessionsOf(provider, user, at({ now }).now),
        prune: (now, limit) => store.prune(at({ now }).now, limit),
        health: () => store.health(),
        now: () => store.now(),
      };
    },
  };
}

/** Asks a store of this test for one operation of user 1. */
export const admitter =
  (made: { readonly store: AdmissionStore }) =>
  (id: string | number, now: number, terms = ENDLESS, session = sessionId(1), payloadHash = 'h') =>
    made.store.admit({ sessionId: session, operationId: operation(id), payloadHash, terms, now });

export const reasonOf = (outcome: AdmitOutcome) =>
  outcome.kind === 'key-reused' ? outcome.kind : outcome.admission.reason;
