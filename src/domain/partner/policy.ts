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

/** What exceeding a limit means (S-8). */
export type Action =
  | { readonly kind: 'warn' }
  /** Measured from the last admitted operation. */
  | { readonly kind: 'rate_limit'; readonly everyMs: number }
  | { readonly kind: 'restrict'; readonly permissions: ReadonlySet<string> }
  | { readonly kind: 'cooldown'; readonly forMs: number }
  | { readonly kind: 'review' }
  | { readonly kind: 'suspend_subscription' }
  | { readonly kind: 'idle' };

/** One step of the ladder: from which excess, and on how many days, it is met. */
export interface Rung {
  /** Over the limit and its grace; `percent` of the limit, rounded up. */
  readonly over: { readonly operations: number } | { readonly percent: number };
  /** Days on which a limit was exceeded, today included. */
  readonly times: number;
  /** How far back those days are looked for, at most 90 days; 0 where `times` is 1: today alone. */
  readonly withinMs: number;
  readonly action: Action;
}

/** S-2, S-3, S-7. */
export interface Quota {
  readonly daily: number;
  readonly weekly: number;
  /** Lowest rung first. Of a guest: idle at once, by the platform (S-4). */
  readonly ladder: readonly Rung[];
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
  /**
   * Whose operations are admitted, marked as degraded, while quotas cannot be counted, and how many of one user a replica
   * lets in by that; none by default (C-3).
   */
  readonly onOutage: { readonly admit: ReadonlySet<Role>; readonly operations: number };
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
  /** Of a module of a model: its file, as the list of modules names it. */
  readonly file?: string;
  /** 1-based; 0 where no line can be named. */
  readonly line: number;
  /** JSON Pointer into the file. */
  readonly path: string;
  /** Rule id of the rule book, or `schema`. */
  readonly rule: string;
  readonly message: string;
}
