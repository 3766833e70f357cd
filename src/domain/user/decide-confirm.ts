import type { ConfirmCondition } from '../partner/policy.ts';
import { versionOf, type PlanVersion } from '../plan/state.ts';
import type { PlanId } from '../values.ts';
import type { ConfirmEvidence, PlanCommand, UserContext } from './commands.ts';
import { refuse, type Verdict } from './decision.ts';
import type { Ledger } from './ledger.ts';
import type { Signing } from './state.ts';

type Confirm = Extract<PlanCommand, { type: 'confirm' }>;

/** Whether the signing of this plan fell due in this very decision: its code is then expired, not absent. */
export function signingExpired(ledger: Ledger, planId: PlanId): boolean {
  return (
    ledger.before.signing?.planId === planId &&
    ledger.events.some((event) => event.type === 'SigningEnded' && event.cause === 'expired')
  );
}

/**
 * Confirms with the code (B-5), by the plan version of the moment of subscribing. Order: the plan named, the partner's
 * conditions, the code. A confirmation without the conditions counts for nothing: its code is not looked at, and no
 * attempt is used up.
 */
export function decideConfirm(
  ledger: Ledger,
  command: Confirm,
  context: UserContext,
  sign: (version: PlanVersion) => Verdict,
): Verdict {
  const { signing } = ledger.state;
  const subject = { kind: 'plan' } as const;
  if (!signing) return { refusal: refuse('NOT_SIGNING', subject, ledger.state, context), kept: false };
  if (signing.planId !== command.planId) {
    return { refusal: refuse('SIGNING_OTHER_PLAN', subject, ledger.state, context), kept: false };
  }
  const naming = context.policy.subscription.confirmConditions.filter((each) => !isMet(each, command.evidence));
  if (naming.length > 0) {
    return { refusal: refuse('CONDITION_UNMET', subject, ledger.state, context, { naming }), kept: false };
  }
  if (!command.codeMatches) return rejectCode(ledger, signing, context);
  const plan = context.plan(signing.planId);
  const version = plan && versionOf(plan, signing.planVersion);
  if (!version) throw new RangeError(`plan ${signing.planId} has no version ${signing.planVersion}`);
  return sign(version);
}

function rejectCode(ledger: Ledger, signing: Signing, context: UserContext): Verdict {
  const before = ledger.state;
  const attemptsLeft = signing.attemptsLeft - 1;
  ledger.add({ type: 'CodeRejected', attemptsLeft });
  if (attemptsLeft <= 0) ledger.add({ type: 'SigningEnded', cause: 'attempts' });
  const code = attemptsLeft <= 0 ? 'CODE_ATTEMPTS_EXHAUSTED' : 'CODE_WRONG';
  const naming = attemptsLeft <= 0 ? [] : [`attempts left ${attemptsLeft}`];
  const refusal = refuse(code, { kind: 'plan' }, before, context, { naming, after: ledger.state });
  return { refusal, kept: true };
}

function isMet(condition: ConfirmCondition, evidence: ConfirmEvidence): boolean {
  switch (condition) {
    case 'payment_reference':
      return (evidence.paymentReference ?? '') !== '';
    case 'manual_approval':
      return evidence.manualApproval === true;
    case 'fraud_check':
      return evidence.fraudCheckPassed === true;
    default:
      return condition satisfies never;
  }
}
