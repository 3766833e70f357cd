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
