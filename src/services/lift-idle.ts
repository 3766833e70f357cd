import type { UserState } from '../domain/user/state.ts';
import { sessionIdOf, type Millis, type SessionId } from '../domain/values.ts';
import type { AdmissionStore } from '../ports/admission-store.ts';
import { termsOf } from './admission-terms.ts';
import { applyEffect } from './apply-effect.ts';
import type { Changes } from './change.ts';
import type { PartnerView } from './replica.ts';

/** An id that no session has: to ask for the windows of a user without one. */
export function noSessionOf({ providerId, userId }: Pick<UserState, 'providerId' | 'userId'>): SessionId {
  return sessionIdOf(providerId, userId, 'A'.repeat(22));
}

/**
 * Ends the idle of a basic user whose limit was raised, once the windows have room (domain §9): in the document, so that every check
 * says so from then on. Whether it did; at once false for anybody else. Rejects with UNAVAILABLE while the admission store is away.
 */
export function liftIdle(
  { changes, admissions }: { readonly changes: Changes; readonly admissions: AdmissionStore },
  view: PartnerView,
  user: UserState,
  now: Millis,
): false | Promise<boolean> {
  if (!user.idle || now >= user.idle.until) return false;
  const terms = termsOf(view, user, now, { cost: 1 });
  return terms.idle?.liftable ? lift() : false;

  async function lift(): Promise<boolean> {
    const { causes, at } = await admissions.preflight({ sessionId: noSessionOf(user), terms, now });
    if (causes.some(({ reason }) => reason === 'USER_IDLE')) return false;
    await applyEffect(changes, user, { endsIdle: true, reason: 'ADMITTED', at });
    return true;
  }
}
