import { SUBSCRIBER_ROLES, type Role, type SubscriberRole } from '../values.ts';
import type { PlanDefinition } from './state.ts';

/** Whether the role can hold any plan at all (B-2). */
export function isSubscriber(role: Role): role is SubscriberRole {
  return (SUBSCRIBER_ROLES as readonly Role[]).includes(role);
}

/**
 * B-3: a plan is open to the roles that it names, and, by `hierarchy`, to every higher one (basic < advanced <
 * company). Never to guest and admin (B-2).
 */
export function mayHold(
  role: Role,
  plan: Pick<PlanDefinition, 'availableFor'>,
  eligibility: 'hierarchy' | 'exact',
): boolean {
  if (!isSubscriber(role)) return false;
  if (eligibility === 'exact') return plan.availableFor.includes(role);
  const rank = SUBSCRIBER_ROLES.indexOf(role);
  return plan.availableFor.some((named) => SUBSCRIBER_ROLES.indexOf(named) <= rank);
}
