import type { AdmissionStoreHealth } from './ports/admission-store.ts';
import type { OutageFacts } from './services/outage.ts';

/** As the breaker of an adapter has it. */
export type CircuitState = 'closed' | 'open' | 'half-open';
const CIRCUITS = ['closed', 'open', 'half-open'] as const satisfies readonly CircuitState[];
const STATES = ['up', 'degraded', 'down'] as const satisfies readonly AdmissionStoreHealth['state'][];

/** What operators see of the admission store, as Prometheus text. `circuit`: of the way to a store elsewhere. */
export function admissionMetrics(
  { state, circuit }: Pick<AdmissionStoreHealth, 'state'> & { readonly circuit: CircuitState | undefined },
  facts: OutageFacts,
): string {
  const lines = [
    '# HELP gatehouse_admission_store State of the store of sessions and quotas: 1 for the one that it is in.',
    '# TYPE gatehouse_admission_store gauge',
    ...STATES.map((each) => `gatehouse_admission_store{state="${each}"} ${each === state ? 1 : 0}`),
    '# HELP gatehouse_outages_total Times that the store of sessions and quotas stopped answering.',
    '# TYPE gatehouse_outages_total counter',
    `gatehouse_outages_total ${facts.outages}`,
    '# HELP gatehouse_degraded_admissions_total Operations admitted without being counted, by the policy of their partner.',
    '# TYPE gatehouse_degraded_admissions_total counter',
    `gatehouse_degraded_admissions_total ${facts.degraded}`,
    '# HELP gatehouse_reconciled_admissions_total Operations counted after the outage in which they were admitted.',
    '# TYPE gatehouse_reconciled_admissions_total counter',
    `gatehouse_reconciled_admissions_total ${facts.reconciled}`,
    '# HELP gatehouse_owed_admissions Operations admitted and not counted yet.',
    '# TYPE gatehouse_owed_admissions gauge',
    `gatehouse_owed_admissions ${facts.owed}`,
  ];
  if (circuit !== undefined) {
    lines.push(
      '# HELP gatehouse_admission_circuit The circuit breaker before the store of sessions and quotas: 1 for its state.',
      '# TYPE gatehouse_admission_circuit gauge',
      ...CIRCUITS.map((each) => `gatehouse_admission_circuit{state="${each}"} ${each === circuit ? 1 : 0}`),
    );
  }
  return `${lines.join('\n')}\n`;
}
