import type { Millis } from '../values.ts';
import type { UserContext } from './commands.ts';
import { refuse, type Verdict } from './decision.ts';
import type { Ledger } from './ledger.ts';

/** What the user has, idle and signing included, stays beneath. */
export function decideDeactivate(ledger: Ledger, context: UserContext): Verdict {
  if (ledger.state.inactive) {
    return { refusal: refuse('USER_ALREADY_INACTIVE', { kind: 'status' }, ledger.state, context), kept: false };
  }
  ledger.add({ type: 'UserDeactivated', at: context.now });
  return undefined;
}

export function decideActivate(ledger: Ledger, context: UserContext): Verdict {
  if (!ledger.state.inactive) {
    return { refusal: refuse('USER_ALREADY_ACTIVE', { kind: 'status' }, ledger.state, context), kept: false };
  }
  ledger.add({ type: 'UserActivated' });
  return undefined;
}

/**
 * S-4. Comes after the admission that asked for it, so it may come late: nothing happens when the moment has passed,
 * when the role's quota does not make idle any more (promoted meanwhile, R-6), or when the user is idle at least as
 * long already.
 */
export function decideMarkIdle(ledger: Ledger, until: Millis, context: UserContext): Verdict {
  const { role, idle } = ledger.state;
  if (until <= context.now || context.policy.quotas[role]?.onExceed !== 'idle') return undefined;
  if (idle && idle.until >= until) return undefined;
  ledger.add({ type: 'UserIdled', at: context.now, until });
  return undefined;
}
