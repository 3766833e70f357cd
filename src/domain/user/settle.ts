import type { Millis, PlanId } from '../values.ts';
import type { UserContext, UserEvent } from './commands.ts';
import { Ledger } from './ledger.ts';
import { endSubscription, fallAfterLoss } from './role-steps.ts';
import type { UserState, Verification } from './state.ts';

/** Something of a user that ends by itself at a moment. */
type Due = { readonly at: Millis } & (
  | { readonly kind: 'signing'; readonly cause: 'expired' | 'cancelled' }
  | { readonly kind: 'subscription'; readonly cause: 'plan-gone' | 'period-end' | 'unresolved' }
  | { readonly kind: 'idle' }
  | { readonly kind: 'verification'; readonly verification: Verification }
);

/**
 * What has fallen due by `now`, in the order of its moments, with all that follows from it (K-4, B-5, B-6, B-7, B-9,
 * S-5, R-8, R-9). Nothing while the partner is stopped: it waits, and is applied when the partner starts (domain §9).
 */
export function settle(state: UserState, context: UserContext): readonly UserEvent[] {
  const ledger = new Ledger(state);
  settleInto(ledger, context);
  return ledger.events;
}

export function settleInto(ledger: Ledger, context: UserContext): void {
  if (context.partnerStatus === 'stopped') return;
  for (let due = firstDue(ledger.state, context); due && due.at <= context.now; due = firstDue(ledger.state, context)) {
    apply(due, ledger, context);
  }
}

/**
 * When something of this user next ends by itself; undefined: nothing does. A plan that is discontinued is not
 * foreseen.
 */
export function nextDue(state: UserState): Millis | undefined {
  return earliest(timed(state))?.at;
}

function firstDue(state: UserState, context: UserContext): Due | undefined {
  const { signing, subscription } = state;
  const gone = (planId: PlanId) => context.plan(planId)?.discontinuedAt;
  const signingGone = signing && gone(signing.planId);
  const heldGone = subscription && gone(subscription.planId);
  return earliest([
    ...timed(state),
    ...(signingGone === undefined ? [] : [{ kind: 'signing', cause: 'cancelled', at: signingGone } as const]),
    ...(heldGone === undefined ? [] : [{ kind: 'subscription', cause: 'plan-gone', at: heldGone } as const]),
  ]);
}

function timed({ signing, subscription, idle, verifications }: UserState): Due[] {
  const dues: Due[] = [];
  if (signing) dues.push({ kind: 'signing', cause: 'expired', at: signing.expiresAt });
  if (subscription?.cancelAt !== undefined) {
    dues.push({ kind: 'subscription', cause: 'period-end', at: subscription.cancelAt });
  }
  if (subscription?.unresolvedAt !== undefined) {
    dues.push({ kind: 'subscription', cause: 'unresolved', at: subscription.unresolvedAt });
  }
  if (idle) dues.push({ kind: 'idle', at: idle.until });
  for (const verification of verifications) {
    if (verification.state !== 'approved' || verification.expiresAt === undefined) continue;
    dues.push({ kind: 'verification', verification, at: verification.expiresAt });
  }
  return dues;
}

/** Of several at one moment the first: a signing, then a subscription, then idle, then verifications. */
function earliest(dues: readonly Due[]): Due | undefined {
  return dues.reduce<Due | undefined>((first, due) => (first && first.at <= due.at ? first : due), undefined);
}

function apply(due: Due, ledger: Ledger, context: UserContext): void {
  switch (due.kind) {
    case 'signing':
      ledger.add({ type: 'SigningEnded', cause: due.cause });
      return;
    case 'subscription':
      endSubscription(ledger, due.cause, context);
      return;
    case 'idle':
      ledger.add({ type: 'IdleEnded', cause: 'reset' });
      return;
    case 'verification': {
      const before = ledger.state;
      const expired: Verification = { ...due.verification, state: 'expired', recordedAt: context.now };
      ledger.add({ type: 'VerificationRecorded', verification: expired });
      fallAfterLoss(ledger, before, `R-8: ${due.verification.level} verification expired`, context);
      return;
    }
    default:
      return due satisfies never;
  }
}
