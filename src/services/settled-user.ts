import { evolve } from '../domain/user/evolve.ts';
import { settle } from '../domain/user/settle.ts';
import type { UserState } from '../domain/user/state.ts';
import type { Millis } from '../domain/values.ts';
import type { PartnerView } from './replica.ts';
import { userContext } from './user-context.ts';

/** The user as it is once what has fallen due by `now` is applied: for reads, which commit nothing. */
export function settledUser(state: UserState, view: PartnerView, now: Millis): UserState {
  return settle(state, userContext(view, now)).reduce<UserState>(evolve, state);
}
