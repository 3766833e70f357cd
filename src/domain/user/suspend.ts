import type { HoldReason } from '../values.ts';
import type { UserContext, UserEvent } from './commands.ts';
import type { UserState } from './state.ts';

/** One more hold. The first starts the period after which an unresolved suspension ends the subscription (B-7). */
export function suspended(
  { subscription }: UserState,
  hold: HoldReason,
  { now, policy }: UserContext,
): Extract<UserEvent, { type: 'SubscriptionSuspended' }> {
  const { unresolvedMs } = policy.subscription;
  const starts = subscription?.holds.length === 0 && unresolvedMs !== undefined;
  return { type: 'SubscriptionSuspended', hold, at: now, ...(starts && { unresolvedAt: now + unresolvedMs }) };
}
