import type { Replica } from './services/replica.ts';

/** What operators see of the replica and of the decision log, as Prometheus text. `dropped`: decisions that the log had to drop. */
export function replicaMetrics(replica: Replica, dropped = 0): string {
  const lines = [
    '# HELP gatehouse_replica_position Number of the newest change that this replica has taken in.',
    '# TYPE gatehouse_replica_position gauge',
    `gatehouse_replica_position ${replica.position}`,
    '# HELP gatehouse_tuples Relationships in memory, by partner.',
    '# TYPE gatehouse_tuples gauge',
    ...[...replica.partners()].map(
      ({ policy, index }) => `gatehouse_tuples{provider_id="${policy.providerId}"} ${index.size}`,
    ),
    '# HELP gatehouse_decision_log_dropped_total Decisions that the decision log had to drop.',
    '# TYPE gatehouse_decision_log_dropped_total counter',
    `gatehouse_decision_log_dropped_total ${dropped}`,
  ];
  return `${lines.join('\n')}\n`;
}
