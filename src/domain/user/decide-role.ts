import type { Role } from '../values.ts';
import type { RoleEvidence, UserContext } from './commands.ts';
import { refuse, type Verdict } from './decision.ts';
import type { Ledger } from './ledger.ts';
import { isUpward } from './role-ladder.ts';
import { moveRole } from './role-steps.ts';
import { roleGate } from './table.ts';

/**
 * One edge of the role diagram by a call. A call downwards is an admin's decision and needs nothing
 * (R-8).
 */
export function decideRole(ledger: Ledger, to: Role, evidence: RoleEvidence, context: UserContext): Verdict {
  const from = ledger.state.role;
  const gate = roleGate(to, evidence, ledger.state, context);
  if (gate) {
    const subject = { kind: 'role', ask: evidence } as const;
    return { refusal: refuse(gate.code, subject, ledger.state, context, { naming: gate.missing }), kept: false };
  }
  moveRole(ledger, to, reasonOf(from, to), evidence, context);
  return undefined;
}

function reasonOf(from: Role, to: Role): string {
  if (from === 'admin' || to === 'admin') return 'R-6: by administration';
  if (to === 'basic' && from === 'guest') return 'R-6: basic verification approved';
  return isUpward(from, to) ? `R-7: the conditions of ${to} are met` : 'R-8: by an admin';
}
