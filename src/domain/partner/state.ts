import type { Millis, PartnerStatus, ProviderId } from '../values.ts';

/** By plan_id. */
export type PlanVersions = Readonly<Record<string, number>>;

/** One partner with the policy in force; older policies are in the audit log. */
export interface PartnerState {
  readonly kind: 'partner';
  readonly providerId: ProviderId;
  readonly rev: number;
  readonly name: string;
  readonly status: PartnerStatus;
  /** Set once (P-1). */
  readonly createdAt: Millis;
  readonly region: string;
  readonly policy: {
    /** From 1; each applied file that differs is the next. */
    readonly version: number;
    /** The YAML as it was written. */
    readonly text: string;
    readonly appliedAt: Millis;
    /** SHA-256 of policy and model, hex, of every version, newest last, at most 256. */
    readonly digests: readonly string[];
    /** The version of each plan that came into force with it: newer ones belong to a policy that is not applied (P-3). */
    readonly planVersions: PlanVersions;
  };
  /** The authorization model that this partner pins: its DSL text. */
  readonly modelText: string;
}
