import { periodEnd } from '../calendar.ts';
import { Fault, type RefusalCode } from '../errors.ts';
import { mayHold } from '../plan/may-hold.ts';
import { latest, versionOf, type PlanState, type PlanVersion } from '../plan/state.ts';
import type { HoldReason, PlanId } from '../values.ts';
import type { PlanCommand, UserContext } from './commands.ts';
import { decideConfirm, signingExpired } from './decide-confirm.ts';
import { refuse, type Verdict } from './decision.ts';
import type { Ledger } from './ledger.ts';
import { climb, endSubscription, loseTie, roleWithoutTie } from './role-steps.ts';
import type { UserState } from './state.ts';
import { suspended } from './suspend.ts';
import { planGate } from './table.ts';

/**
 * One change of the subscription (B-1 to B-8). A plan that is not the partner's is Fault PLAN_NOT_FOUND (B-4).
 * Precedence of refusals: the gate of the diagram (`planGate`), then what is wrong with the plan, the code or the hold
 * that is named.
 */
export function decidePlanChange(ledger: Ledger, command: PlanCommand, context: UserContext): Verdict {
  const plan = 'planId' in command ? requirePlan(command.planId, context) : undefined;
  const gate = planGate(command.type, ledger.state, context);
  if (gate === 'NOT_SIGNING' && command.type === 'confirm' && signingExpired(ledger, command.planId)) {
    return { refusal: refuse('CODE_EXPIRED', { kind: 'plan' }, ledger.state, context), kept: true };
  }
  if (gate) return not(gate, ledger, context);
  switch (command.type) {
    case 'subscribe':
      return subscribe(ledger, requireVersion(plan), command.codeHash, context);
    case 'confirm':
      return decideConfirm(ledger, command, context, (version) => sign(ledger, version, context));
    case 'cancel':
      return cancel(ledger, command.at, context);
    case 'keep':
      ledger.add({ type: 'CancellationWithdrawn' });
      return undefined;
    case 'suspend':
      return suspend(ledger, command.hold, context);
    case 'restore':
      return restore(ledger, command.hold, context);
    case 'switch':
      return switchPlan(ledger, requireVersion(plan), command.codeHash, context);
    default:
      return command satisfies never;
  }
}

function not(code: RefusalCode, ledger: Ledger, context: UserContext): Verdict {
  return { refusal: refuse(code, { kind: 'plan' }, ledger.state, context), kept: false };
}

function requirePlan(planId: PlanId, context: UserContext): PlanState {
  const plan = context.plan(planId);
  if (!plan) throw new Fault('PLAN_NOT_FOUND', 'no such plan', { field: 'plan_id', rule: 'B-4' });
  return plan;
}

/** The version that can be subscribed now; a discontinued plan counts as inactive. */
function requireVersion(plan: PlanState | undefined): PlanVersion {
  if (!plan) throw new RangeError('the command names no plan');
  const version = latest(plan);
  return plan.discontinuedAt === undefined ? version : { ...version, active: false };
}

function subscribe(ledger: Ledger, version: PlanVersion, codeHash: string, context: UserContext): Verdict {
  const { eligibility } = context.policy.subscription;
  if (!version.active) return not('PLAN_INACTIVE', ledger, context);
  if (!mayHold(ledger.state.role, version, eligibility)) return not('PLAN_NOT_ELIGIBLE', ledger, context);
  startSigning(ledger, version, codeHash, context);
  return undefined;
}

function startSigning(ledger: Ledger, version: PlanVersion, codeHash: string, { now, policy }: UserContext): void {
  ledger.add({
    type: 'SigningStarted',
    planId: version.planId,
    planVersion: version.version,
    at: now,
    expiresAt: now + policy.subscription.codeTtlMs,
    codeHash,
    attempts: policy.subscription.codeAttemptsMax,
  });
}

function switchPlan(ledger: Ledger, version: PlanVersion, codeHash: string, context: UserContext): Verdict {
  if (ledger.state.subscription?.planId === version.planId) return not('SAME_PLAN', ledger, context);
  if (!version.active) return not('PLAN_INACTIVE', ledger, context);
  if (!maySwitchTo(ledger.state, version, context)) return not('PLAN_NOT_ELIGIBLE', ledger, context);
  if (context.policy.subscription.switchNeedsCode) startSigning(ledger, version, codeHash, context);
  else return sign(ledger, version, context);
  return undefined;
}

/** The new plan must be open to the role that is left when a role tied to the old plan goes. */
function maySwitchTo(state: UserState, version: PlanVersion, context: UserContext): boolean {
  const held = state.subscription?.planId;
  const tied = held !== undefined && held === state.roleTiedTo;
  const role = tied ? roleWithoutTie(state.role, held, context) : state.role;
  return mayHold(role, version, context.policy.subscription.eligibility);
}

/** Signs, or switches in one step where a plan is held (B-8). */
function sign(ledger: Ledger, version: PlanVersion, context: UserContext): Verdict {
  const { planId, version: planVersion } = version;
  const { subscription, roleTiedTo } = ledger.state;
  const at = context.now;
  if (subscription) {
    if (!maySwitchTo(ledger.state, version, context)) return not('PLAN_NOT_ELIGIBLE', ledger, context);
    ledger.add({ type: 'SubscriptionSwitched', from: subscription.planId, planId, planVersion, at });
    if (roleTiedTo === subscription.planId) loseTie(ledger, roleTiedTo, context);
  } else {
    ledger.add({ type: 'SubscriptionSigned', planId, planVersion, at });
  }
  climb(ledger, false, context);
  return undefined;
}

/**
 * While signing: ends the signing, whatever `at` says, and leaves the user as it was. A repeated cancellation keeps its
 * moment.
 */
function cancel(ledger: Ledger, at: 'now' | 'period_end', context: UserContext): Verdict {
  const { signing, subscription } = ledger.state;
  if (signing) {
    ledger.add({ type: 'SigningEnded', cause: 'cancelled' });
    return undefined;
  }
  if (!subscription) return not('NOT_SUBSCRIBED', ledger, context);
  if (at === 'now') {
    endSubscription(ledger, 'cancelled', context);
    return undefined;
  }
  if (subscription.cancelAt !== undefined) return undefined;
  const version = versionOf(requirePlan(subscription.planId, context), subscription.planVersion);
  if (!version) throw new RangeError(`plan ${subscription.planId} has no version ${subscription.planVersion}`);
  const cancelAt = periodEnd(subscription.anchor, version.billingCycle, context.policy.timeZone, context.now);
  ledger.add({ type: 'CancellationScheduled', cancelAt });
  return undefined;
}

function suspend(ledger: Ledger, hold: HoldReason, context: UserContext): Verdict {
  const holds = ledger.state.subscription?.holds ?? [];
  if (holds.some(({ reason }) => reason === hold)) return not('ALREADY_SUSPENDED', ledger, context);
  ledger.add(suspended(ledger.state, hold, context));
  return undefined;
}

function restore(ledger: Ledger, hold: HoldReason, context: UserContext): Verdict {
  const holds = ledger.state.subscription?.holds ?? [];
  if (!holds.some(({ reason }) => reason === hold)) return not('NOT_SUSPENDED', ledger, context);
  ledger.add({ type: 'HoldLifted', hold });
  return undefined;
}
