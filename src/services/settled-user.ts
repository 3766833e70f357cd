import { evolve } from '../domain/user/evolve.ts';
import { settle } from '../domain/user/settle.ts';
import type { UserState } from '../domain/user/state.ts';
import type { Millis } from '../domain/values.ts';
import type { PartnerView } from './replica.ts';

/** The user as it is once what has fallen due by `now` is applied: for reads, which commit nothing. */
export function settledUser(state: UserState, { policy, state: partner, plans }: PartnerView, now: Millis): UserState {
  const context = { now, policy, partnerStatus: partner.status, plan: plans.get.bind(plans) };
  return settle(state, context).reduce<UserState>(evolve, state);
}
