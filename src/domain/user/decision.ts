import { REFUSALS, type Refusal, type RefusalCode } from '../errors.ts';
import { statusAt, subStatusAt, type UserState } from './state.ts';
import type { UserContext, UserEvent } from './commands.ts';
import { possibleInstead, type Subject } from './table.ts';

/**
 * What a command comes to: what happened, in order, or a refusal. Beside a refusal `events` holds only facts that must
 * be kept nevertheless (a wrong code counted, a signing that ended), with what had fallen due before them; otherwise
 * none.
 */
export interface Decision {
  readonly events: readonly UserEvent[];
  readonly refusal?: Refusal;
}

/** What a part of the decider returns: nothing when the command was done. `kept`: the ledger's events stand. */
export type Verdict = { readonly refusal: Refusal; readonly kept: boolean } | undefined;

export interface RefusalDetail {
  /** Follows the standing message. */
  readonly naming?: readonly string[];
  /** The user as the refusal leaves it, where that differs from the state that it met. */
  readonly after?: UserState;
  /** Follows the state met. */
  readonly met?: string;
}

/** B-11: the rule, the state met, and what is possible instead. */
export function refuse(
  code: RefusalCode,
  subject: Subject,
  state: UserState,
  context: UserContext,
  detail: RefusalDetail = {},
): Refusal {
  const { rule, message } = REFUSALS[code];
  const naming = detail.naming ?? [];
  const met = stateMet(state, context);
  return {
    code,
    rule,
    message: naming.length === 0 ? message : `${message}: ${naming.join(', ')}`,
    state: detail.met === undefined ? met : `${met} ${detail.met}`,
    possible: possibleInstead(subject, detail.after ?? state, context),
  };
}

/**
 * As `role=basic status=signing sub_status=unsigned plan=pro`; plan: the one that waits for its code, else the one
 * held.
 */
function stateMet(state: UserState, { now, partnerStatus }: UserContext): string {
  const { signing, subscription } = state;
  const facts = [`role=${state.role}`, `status=${statusAt(state, now)}`, `sub_status=${subStatusAt(state, now)}`];
  const planId = signing?.planId ?? subscription?.planId;
  if (planId !== undefined) facts.push(`plan=${planId}`);
  if (subscription && subscription.holds.length > 0) {
    facts.push(`holds=${subscription.holds.map(({ reason }) => reason).join(',')}`);
  }
  if (subscription?.cancelAt !== undefined) facts.push('cancellation=pending');
  if (partnerStatus === 'stopped') facts.push('partner=stopped');
  return facts.join(' ');
}
