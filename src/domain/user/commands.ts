import type { Policy } from '../partner/policy.ts';
import type { PlanState } from '../plan/state.ts';
import type { Effect } from '../session/state.ts';
import type { HoldReason, Millis, PartnerStatus, PlanId, ProviderId, Role, UserId, Zone } from '../values.ts';
import type { RoleGrounds, Subscription, UserState, Verification } from './state.ts';

/**
 * What may be asked of a user document. Time, ids and codes are arguments (`context.now`, `codeHash`): the domain
 * neither asks the time nor rolls dice.
 */
export type UserCommand =
  | {
      readonly type: 'create';
      readonly userId: UserId;
      readonly providerId: ProviderId;
      readonly zone: Zone;
      readonly createdAtNs: bigint;
    }
  /** A user as another system kept it: samples and imports. Checked against the policy like any other. */
  | { readonly type: 'import'; readonly user: ImportedUser }
  | { readonly type: 'deactivate' }
  | { readonly type: 'activate' }
  /** S-4, S-8: takes in what an admission changes; once, by its `at`. */
  | { readonly type: 'enforce'; readonly effect: Effect }
  /** S-8: an admin clears a review. */
  | { readonly type: 'clear-review' }
  /** The limit of a basic user was raised, and the windows have room (domain §9). */
  | { readonly type: 'end-idle' }
  | { readonly type: 'change-role'; readonly to: Role; readonly evidence: RoleEvidence }
  /** Records a new verification, or moves a known one along its diagram (K-1, K-3). */
  | { readonly type: 'record-verification'; readonly verification: Omit<Verification, 'recordedAt'> }
  | PlanCommand
  /** Acts on whatever has fallen due by `now` (K-4, B-5, B-6, B-7, S-5). */
  | { readonly type: 'settle' };

export type PlanCommand =
  | { readonly type: 'subscribe'; readonly planId: PlanId; readonly codeHash: string }
  | {
      readonly type: 'confirm';
      readonly planId: PlanId;
      /** SHA-256 of the code that was given, hex; compared in constant time by `codeMatches`. */
      readonly codeMatches: boolean;
      readonly evidence: ConfirmEvidence;
    }
  | { readonly type: 'cancel'; readonly at: 'now' | 'period_end' }
  /** Withdraws a cancellation at the end of the period. */
  | { readonly type: 'keep' }
  | { readonly type: 'suspend'; readonly hold: HoldReason }
  | { readonly type: 'restore'; readonly hold: HoldReason }
  | { readonly type: 'switch'; readonly planId: PlanId; readonly codeHash: string };

export interface ConfirmEvidence {
  readonly paymentReference?: string;
  readonly manualApproval?: boolean;
  readonly fraudCheckPassed?: boolean;
}

export interface RoleEvidence {
  readonly approved: boolean;
  readonly onboarded: boolean;
  /** Entering and leaving admin is for the operator and the partner's own key only. */
  readonly byAdministration: boolean;
}

export interface ImportedUser {
  readonly userId: UserId;
  readonly providerId: ProviderId;
  readonly zone: Zone;
  readonly createdAtNs: bigint;
  readonly role: Role;
  readonly inactive: boolean;
  readonly idleUntil?: Millis;
  readonly verifications: readonly Verification[];
  readonly subscription?: Pick<Subscription, 'planId' | 'planVersion' | 'anchor'> & {
    readonly holds: readonly HoldReason[];
  };
}

/** What a decision on a user reads beside its state. */
export interface UserContext {
  readonly now: Millis;
  readonly policy: Policy;
  readonly partnerStatus: PartnerStatus;
  /** Plans of the user's partner; a foreign plan is not among them (B-4). */
  plan(planId: PlanId): PlanState | undefined;
}

/** What happened to a user. Facts only: `evolve` needs nothing else, so a log of them rebuilds the state. */
export type UserEvent =
  | {
      readonly type: 'UserCreated';
      readonly userId: UserId;
      readonly providerId: ProviderId;
      readonly zone: Zone;
      readonly createdAtNs: bigint;
    }
  | { readonly type: 'UserImported'; readonly user: Omit<UserState, 'rev' | 'kind'> }
  | { readonly type: 'UserDeactivated'; readonly at: Millis }
  | { readonly type: 'UserActivated' }
  /** `effectAt` here and below: the effect of an admission that the document has taken in by it. */
  | { readonly type: 'UserIdled'; readonly at: Millis; readonly until: Millis; readonly effectAt: Millis }
  | { readonly type: 'ReviewOpened'; readonly at: Millis; readonly effectAt: Millis }
  /** By an admin: the windows of `at` are forgiven. */
  | { readonly type: 'ReviewCleared'; readonly cause: 'admin' | 'promotion'; readonly at: Millis }
  /** An effect that came to nothing: the role is another, or the user is already as it would have it. */
  | { readonly type: 'EffectVoided'; readonly effectAt: Millis }
  | { readonly type: 'IdleEnded'; readonly cause: 'reset' | 'promotion' | 'limit-raised' }
  /** One step; a downgrade over several steps is several events of one commit. `reason` as in. */
  | {
      readonly type: 'RoleChanged';
      readonly from: Role;
      readonly to: Role;
      readonly reason: string;
      readonly tiedTo?: PlanId;
      readonly grounds?: RoleGrounds;
    }
  | { readonly type: 'VerificationRecorded'; readonly verification: Verification }
  | {
      readonly type: 'SigningStarted';
      readonly planId: PlanId;
      readonly planVersion: number;
      readonly at: Millis;
      readonly expiresAt: Millis;
      readonly codeHash: string;
      readonly attempts: number;
    }
  | { readonly type: 'CodeRejected'; readonly attemptsLeft: number }
  | { readonly type: 'SigningEnded'; readonly cause: 'cancelled' | 'expired' | 'attempts' | 'role' }
  | { readonly type: 'SubscriptionSigned'; readonly planId: PlanId; readonly planVersion: number; readonly at: Millis }
  | {
      readonly type: 'SubscriptionSwitched';
      readonly from: PlanId;
      readonly planId: PlanId;
      readonly planVersion: number;
      readonly at: Millis;
    }
  | { readonly type: 'CancellationScheduled'; readonly cancelAt: Millis }
  | { readonly type: 'CancellationWithdrawn' }
  | {
      readonly type: 'SubscriptionSuspended';
      readonly hold: HoldReason;
      readonly at: Millis;
      readonly unresolvedAt?: Millis;
      readonly effectAt?: Millis;
    }
  | { readonly type: 'HoldLifted'; readonly hold: HoldReason }
  | {
      readonly type: 'SubscriptionEnded';
      readonly cause: 'cancelled' | 'period-end' | 'unresolved' | 'downgrade' | 'plan-gone';
    }
  | { readonly type: 'SubBaselineSet'; readonly baseline: 'absent' | 'unsigned' };
