import type { AdmissionStore } from '../ports/admission-store.ts';
import type { AuditLog } from '../ports/audit-log.ts';
import type { DecisionLog } from '../ports/decision-log.ts';
import type { DocumentStore } from '../ports/document-store.ts';
import type { Changes } from './change.ts';
import type { Outage } from './outage.ts';
import type { Replica } from './replica.ts';

/** What the services that decide are made of. */
export interface DecisionParts {
  readonly replica: Replica;
  readonly changes: Changes;
  readonly documents: DocumentStore;
  readonly admissions: AdmissionStore;
  readonly outage: Outage;
  readonly audit: AuditLog;
  /** `undefined`: decisions are not logged. */
  readonly decisionLog: DecisionLog | undefined;
}
