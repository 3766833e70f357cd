import { Fault, REFUSALS, type Refusal } from '../errors.ts';
import type { UserCommand, UserContext } from './commands.ts';
import { decideClearReview, decideEndIdle, decideEnforce } from './decide-enforcement.ts';
import { decideImport } from './decide-import.ts';
import { decidePlanChange } from './decide-plan-change.ts';
import { decideRole } from './decide-role.ts';
import { decideActivate, decideDeactivate } from './decide-status.ts';
import { decideVerification } from './decide-verification.ts';
import type { Decision, Verdict } from './decision.ts';
import { Ledger } from './ledger.ts';
import { evolve } from './evolve.ts';
import { settle, settleInto } from './settle.ts';
import type { UserState } from './state.ts';

/**
 * Decides on a user. What has fallen due by `now` is settled first, so its events come before the command's; what is
 * due at once after the command (a verification approved too late) follows in the same decision. Faults: USER_NOT_FOUND
 * without a state, PLAN_NOT_FOUND (B-4), INVALID_ARGUMENT for a report or import that contradicts itself.
 */
export function decide(command: UserCommand, state: UserState | undefined, context: UserContext): Decision {
  if (command.type === 'create' || command.type === 'import') return decideNew(command, state, context);
  if (!state) throw new Fault('USER_NOT_FOUND', 'no such user', { rule: 'P-6' });
  const ledger = new Ledger(state);
  settleInto(ledger, context);
  const verdict = act(command, ledger, context);
  if (verdict) return { events: verdict.kept ? ledger.events : [], refusal: verdict.refusal };
  settleInto(ledger, context);
  return { events: ledger.events };
}

type OfNew = Extract<UserCommand, { type: 'create' | 'import' }>;

/** Says nothing of the user that has the id: it may be another partner's (P-6). */
const USER_ID_TAKEN: Refusal = {
  code: 'USER_ID_TAKEN',
  ...REFUSALS.USER_ID_TAKEN,
  state: '',
  possible: ['create with another user_id', 'create without user_id'],
};

/** A new user is a guest, and nobody can enter a role that is switched off. */
const GUEST_DISABLED: Refusal = {
  code: 'ROLE_DISABLED',
  ...REFUSALS.ROLE_DISABLED,
  state: 'role=guest is switched off',
  possible: ['import with another role'],
};

function decideNew(command: OfNew, state: UserState | undefined, context: UserContext): Decision {
  if (state) return { events: [], refusal: USER_ID_TAKEN };
  if (command.type === 'create') {
    const { userId, providerId, zone, createdAtNs } = command;
    if (!context.policy.rolesEnabled.has('guest')) return { events: [], refusal: GUEST_DISABLED };
    return { events: [{ type: 'UserCreated', userId, providerId, zone, createdAtNs }] };
  }
  const imported = decideImport(command.user, context);
  if ('code' in imported) return { events: [], refusal: imported };
  return { events: [imported, ...settle(evolve(undefined, imported), context)] };
}

function act(command: Exclude<UserCommand, OfNew>, ledger: Ledger, context: UserContext): Verdict {
  switch (command.type) {
    case 'deactivate':
      return decideDeactivate(ledger, context);
    case 'activate':
      return decideActivate(ledger, context);
    case 'enforce':
      return decideEnforce(ledger, command.effect, context);
    case 'clear-review':
      return decideClearReview(ledger, context);
    case 'end-idle':
      return decideEndIdle(ledger);
    case 'change-role':
      return decideRole(ledger, command.to, command.evidence, context);
    case 'record-verification':
      return decideVerification(ledger, command.verification, context);
    case 'settle':
      return undefined;
    case 'subscribe':
    case 'confirm':
    case 'cancel':
    case 'keep':
    case 'suspend':
    case 'restore':
    case 'switch':
      return decidePlanChange(ledger, command, context);
    default:
      return command satisfies never;
  }
}
