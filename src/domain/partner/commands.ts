import type { Millis, ProviderId } from '../values.ts';
import type { PolicyCompilation } from './compile-policy.ts';
import type { PlanVersions } from './state.ts';

/** A policy file and the model that it names, with what compiling it came to. */
export interface PolicyFileGiven {
  /** The YAML as it was written. */
  readonly text: string;
  readonly compilation: PolicyCompilation;
  /** The DSL text of the model that the policy names. */
  readonly modelText: string;
  /** SHA-256 of both texts, hex. */
  readonly digest: string;
}

/** What may be asked of a partner document (P-1 to P-3). */
export type PartnerCommand =
  /** P-1: id, name and region are those of the policy. */
  | { readonly type: 'register'; readonly file: PolicyFileGiven }
  | { readonly type: 'stop' }
  | { readonly type: 'start' }
  /** P-3: the whole file or nothing. A stopped partner may be given one. */
  | { readonly type: 'apply-policy'; readonly file: PolicyFileGiven; readonly planVersions: PlanVersions };

export type PartnerEvent =
  | {
      readonly type: 'PartnerRegistered';
      readonly providerId: ProviderId;
      readonly name: string;
      readonly region: string;
      readonly text: string;
      readonly modelText: string;
      readonly digest: string;
      readonly planVersions: PlanVersions;
      readonly at: Millis;
    }
  | { readonly type: 'PartnerStopped' }
  | { readonly type: 'PartnerStarted' }
  | {
      readonly type: 'PolicyApplied';
      readonly version: number;
      readonly name: string;
      readonly text: string;
      readonly modelText: string;
      readonly digest: string;
      readonly planVersions: PlanVersions;
      readonly at: Millis;
    };
