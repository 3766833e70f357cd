import type { UserContext } from '../domain/user/commands.ts';
import type { Millis } from '../domain/values.ts';
import type { PartnerView } from './replica.ts';

/** What a decision on a user of this partner reads beside the user's state. */
export function userContext({ policy, state, plans }: PartnerView, now: Millis): UserContext {
  return { now, policy, partnerStatus: state.status, plan: (planId) => plans.get(planId) };
}
