import { Fault } from '../errors.ts';
import type { UserContext } from './commands.ts';
import { refuse, type Verdict } from './decision.ts';
import type { Ledger } from './ledger.ts';
import { VERIFICATIONS_MAX } from './evolve.ts';
import { climb, fallAfterLoss } from './role-steps.ts';
import type { Verification } from './state.ts';
import { VERIFICATION_EDGES } from './table.ts';

/** The source of a reviewer of the partner, who may record `approved` at once (domain §9). */
export const INTERNAL = 'internal';

type Report = Omit<Verification, 'recordedAt'>;

/**
 * Records a verification or moves a known one along its diagram (K-1 to K-3). Nothing changes by a report that is known
 * already, nor by an external one that comes after the decision; an internal one is then VERIFICATION_DECIDED. A
 * verification keeps level and source: a report that says otherwise is Fault INVALID_ARGUMENT.
 */
export function decideVerification(ledger: Ledger, report: Report, context: UserContext): Verdict {
  const known = ledger.state.verifications.find(({ id }) => id === report.id);
  if (!known) return recordNew(ledger, report, context);
  requireSame('level', known, report);
  requireSame('source', known, report);
  if (known.state === report.state) return undefined;
  if (!VERIFICATION_EDGES[known.state].includes(report.state)) {
    if (known.state !== 'pending' && report.source !== INTERNAL) return undefined;
    const met = `verification=${known.id} verification_state=${known.state}`;
    const subject = { kind: 'verification', state: known.state } as const;
    return { refusal: refuse('VERIFICATION_DECIDED', subject, ledger.state, context, { met }), kept: false };
  }
  record(ledger, { ...known, ...report }, context);
  return undefined;
}

function recordNew(ledger: Ledger, report: Report, context: UserContext): Verdict {
  const atOnce = report.state === 'approved' && report.source === INTERNAL;
  if (report.state !== 'pending' && !atOnce) {
    const subject = { kind: 'verification', state: undefined } as const;
    const met = `verification=${report.id} verification_state=unknown`;
    return { refusal: refuse('VERIFICATION_UNKNOWN', subject, ledger.state, context, { met }), kept: false };
  }
  const { verifications } = ledger.state;
  const standing = verifications.filter(({ state }) => state === 'pending' || state === 'approved');
  if (standing.length >= VERIFICATIONS_MAX) {
    const rule = `at most ${VERIFICATIONS_MAX} verifications pending or approved`;
    throw new Fault('INVALID_ARGUMENT', `verification: ${rule}`, { field: 'verification', rule });
  }
  record(ledger, report, context);
  return undefined;
}

function record(ledger: Ledger, report: Report, context: UserContext): void {
  const before = ledger.state;
  ledger.add({ type: 'VerificationRecorded', verification: { ...report, recordedAt: context.now } });
  switch (report.state) {
    case 'approved':
      climb(ledger, report.level === 'basic', context);
      return;
    case 'expired':
    case 'revoked':
      fallAfterLoss(ledger, before, `R-8: ${report.level} verification ${report.state}`, context);
      return;
    case 'pending':
    case 'rejected':
      return;
    default:
      return report.state satisfies never;
  }
}

function requireSame(field: 'level' | 'source', known: Verification, report: Report): void {
  if (known[field] === report[field]) return;
  const rule = `verification ${known.id} has the ${field} ${known[field]}`;
  throw new Fault('INVALID_ARGUMENT', `${field}: ${rule}`, { field, rule });
}
