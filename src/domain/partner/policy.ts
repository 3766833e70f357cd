import type { PlanDefinition } from '../plan/state.ts';
import type { ApiAccessLevel, PermissionGroup, PlanId, ProviderId, Role, UserId } from '../values.ts';
import type { VerificationLevel } from '../user/state.ts';

/** A permission of one partner: the platform's matrix with the partner's cells over it. */
export interface Permission {
  readonly name: string;
  readonly group: PermissionGroup;
  readonly roles: ReadonlySet<Role>;
  readonly withheldWhileSigning: boolean;
}

/**
 * F-1. An absent list matches everybody. `plans` that is present and empty: no plan is named here, and the feature still
 * needs one, whose entitlements carry it (B-12).
 */
export interface Feature {
  readonly name: string;
  readonly enabled: boolean;
  readonly roles?: readonly Role[];
  readonly plans?: readonly PlanId[];
  readonly users: readonly UserId[];
  /** 0 to 100. */
  readonly rollout?: number;
}

/** How sessions of a role end (S-1, S-6, S-10, S-16). Absent: without that limit. */
export interface SessionRules {
  readonly lifetimeMs?: number;
  readonly inactivityMs?: number;
  readonly openMax?: number;
}

/** S-2, S-3, S-7. */
export interface Quota {
  readonly daily: number;
  readonly weekly: number;
  /** What the operation over the limit meets: a guest is refused and idle (S-4), a basic user is warned (S-8's default). */
  readonly onExceed: 'idle' | 'warn';
}

/** One condition of a role step. */
export type Guard =
  | { readonly kind: 'verification'; readonly level: VerificationLevel }
  | { readonly kind: 'plan'; readonly planId: PlanId }
  | { readonly kind: 'approval' }
  | { readonly kind: 'onboarding' }
  | { readonly kind: 'any_of'; readonly of: readonly Guard[] }
  | { readonly kind: 'all_of'; readonly of: readonly Guard[] };

export type ConfirmCondition = 'payment_reference' | 'manual_approval' | 'fraud_check';

/** One partner's policy, compiled: what every decision reads. Immutable. */
export interface Policy {
  readonly providerId: ProviderId;
  readonly name: string;
  /** File name below `models/`, without `.fga`. */
  readonly model: string;
  readonly region: string;
  /** IANA zone: the calendar of days and billing periods (S-11, B-6). */
  readonly timeZone: string;
  readonly rolesEnabled: ReadonlySet<Role>;
  readonly permissions: ReadonlyMap<string, Permission>;
  readonly apiAccessLevel: Readonly<Record<Role, ApiAccessLevel>>;
  readonly features: ReadonlyMap<string, Feature>;
  readonly sessions: Readonly<Record<Role, SessionRules>>;
  /** Absent: no quota (S-10). */
  readonly quotas: Readonly<Partial<Record<Role, Quota>>>;
  /** Share of a limit from which admissions carry a warning, 0 to 1 (S-9). */
  readonly warningShare: number;
  readonly subscription: {
    readonly eligibility: 'hierarchy' | 'exact';
    readonly switching: boolean;
    readonly switchNeedsCode: boolean;
    readonly codeTtlMs: number;
    readonly codeAttemptsMax: number;
    readonly confirmConditions: readonly ConfirmCondition[];
    /** How long a suspension may last before it ends the subscription; absent: for ever (B-7). */
    readonly unresolvedMs?: number;
  };
  readonly transitions: {
    /** Whether the approval of a basic verification promotes by itself (domain §9). */
    readonly promoteToBasic: 'auto' | 'call';
    readonly basicToAdvanced: Guard;
    readonly advancedToCompany: Guard;
    /** Promote by itself as soon as the guard holds. */
    readonly promoteToAdvanced: 'auto' | 'call';
    readonly promoteToCompany: 'auto' | 'call';
    /** Roles whose loss follows the end of the subscription to this plan. */
    readonly tiedTo: Readonly<Partial<Record<Role, PlanId>>>;
  };
  readonly plans: readonly PlanDefinition[];
  /** Requests a second that this partner's callers may make in all; absent: no limit. */
  readonly requestsPerSecond?: number;
  readonly branding: { readonly displayName: string; readonly logoUrl: string; readonly supportContact: string };
}

/** A finding of the policy check; an error keeps the file from being applied. */
export interface PolicyProblem {
  readonly severity: 'error' | 'warning';
  /** 1-based; 0 where no line can be named. */
  readonly line: number;
  /** JSON Pointer into the file. */
  readonly path: string;
  /** Rule id of the rule book, or `schema`. */
  readonly rule: string;
  readonly message: string;
}
