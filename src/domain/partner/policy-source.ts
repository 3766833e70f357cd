import type { VerificationLevel } from '../user/state.ts';
import type { ApiAccessLevel, BillingCycle, PermissionGroup, Role, SubscriberRole } from '../values.ts';
import type { ConfirmCondition } from './policy.ts';

/** `15s`, `30m`, `12h`, `7d`; see duration.ts. */
export type DurationText = string;

export type Promotion = 'auto' | 'call';

/** Exactly one of its fields is present. */
export interface GuardSource {
  readonly verification?: VerificationLevel;
  readonly plan?: string;
  readonly approval?: true;
  readonly onboarding?: true;
  readonly activity?: { readonly operations: number; readonly within: DurationText };
  readonly transaction_volume?: {
    readonly amount_minor: number;
    readonly currency: string;
    readonly within: DurationText;
  };
  readonly any_of?: readonly GuardSource[];
  readonly all_of?: readonly GuardSource[];
}

/** One step from role to role. */
export interface RoleStepSource {
  readonly promote?: Promotion;
  readonly guard?: GuardSource;
  readonly tied_to?: string;
}

/** One rung of the escalation ladder (S-8). */
export interface RungSource {
  readonly over?: string;
  readonly times?: number;
  readonly within?: DurationText;
  readonly action: 'warn' | 'rate_limit' | 'restrict' | 'cooldown' | 'review' | 'suspend_subscription' | 'idle';
  readonly every?: DurationText;
  readonly for?: DurationText;
  readonly permissions?: readonly string[];
}

export interface FeatureSource {
  readonly enabled: boolean;
  readonly description?: string;
  readonly roles?: readonly Role[];
  readonly plans?: readonly string[];
  readonly users?: readonly string[];
  readonly rollout?: number;
}

export interface OwnPermissionSource {
  readonly group: PermissionGroup;
  readonly roles?: readonly Role[];
  readonly description?: string;
}

export interface PlanSource {
  readonly id: string;
  readonly name: string;
  readonly available_for: readonly SubscriberRole[];
  readonly price: { readonly amount_minor: number; readonly currency: string };
  readonly billing_cycle: BillingCycle;
  readonly active?: boolean;
  readonly entitlements?: {
    readonly features?: readonly string[];
    readonly permissions?: readonly string[];
    readonly quotas?: { readonly daily?: number; readonly weekly?: number; readonly grace?: number };
    readonly sessions?: { readonly inactivity_timeout?: DurationText; readonly persistent?: true };
  };
}

export interface DowngradeSource {
  readonly from: SubscriberRole;
  readonly when: 'activity_below' | 'transaction_volume_below' | 'verification_missing';
  readonly operations?: number;
  readonly amount_minor?: number;
  readonly currency?: string;
  readonly level?: VerificationLevel;
  readonly within?: DurationText;
}

export interface JwtIssuerSource {
  readonly issuer: string;
  readonly audience: string;
  readonly algorithms: readonly string[];
  readonly jwks_url: string;
}

interface RoleSessionsSource {
  readonly inactivity_timeout?: DurationText;
  readonly open_max?: number;
}

/**
 * A policy file as its author wrote it: the shape of policies/schema.json, after validation (P-4).
 * `compile-policy.ts` lays it over the platform's defaults.
 */
export interface PolicySource {
  readonly provider_id: string;
  readonly name: string;
  readonly model?: string;
  readonly region?: string;
  readonly time_zone?: string;
  readonly roles?: { readonly enabled: readonly Role[] };
  readonly permissions?: {
    readonly overrides?: Readonly<Record<string, Readonly<Partial<Record<Role, boolean>>>>>;
    readonly own?: Readonly<Record<string, OwnPermissionSource>>;
    readonly withheld_while_signing?: readonly string[];
  };
  readonly api_access_level?: Readonly<Partial<Record<Role, ApiAccessLevel>>>;
  readonly features?: Readonly<Record<string, FeatureSource>>;
  readonly sessions?: Readonly<Partial<Record<Exclude<Role, 'guest'>, RoleSessionsSource>>>;
  readonly quotas?: {
    readonly basic?: { readonly on_exceed?: readonly RungSource[] };
    readonly warning_share?: number;
    readonly on_outage?: { readonly admit: readonly Exclude<Role, 'guest'>[]; readonly operations: number };
  };
  readonly subscription?: {
    readonly eligibility?: 'hierarchy' | 'exact';
    readonly switching?: boolean;
    readonly switch_needs_code?: boolean;
    readonly code?: { readonly ttl?: DurationText; readonly attempts?: number };
    readonly confirm_conditions?: readonly ConfirmCondition[];
    readonly unresolved_after?: DurationText;
  };
  readonly transitions?: {
    readonly guest_to_basic?: { readonly promote: Promotion };
    readonly basic_to_advanced?: RoleStepSource;
    readonly advanced_to_company?: RoleStepSource;
  };
  readonly downgrades?: readonly DowngradeSource[];
  readonly plans?: readonly PlanSource[];
  readonly authentication?: { readonly jwt: readonly JwtIssuerSource[] };
  readonly request_rate_limit?: { readonly per_second: number };
  readonly branding?: {
    readonly display_name?: string;
    readonly logo_url?: string;
    readonly support_contact?: string;
  };
}

/** policies/platform.yaml after validation: the shape of policies/platform.schema.json. Everything is present. */
export interface PlatformSource {
  readonly model: string;
  readonly region: string;
  readonly time_zone: string;
  readonly permissions: Readonly<Record<string, { readonly group: PermissionGroup; readonly roles: readonly Role[] }>>;
  readonly api_access_level: Readonly<Record<Role, ApiAccessLevel>>;
  readonly sessions: {
    readonly guest: { readonly lifetime: DurationText; readonly open_max: number };
    readonly basic: { readonly inactivity_timeout: DurationText; readonly open_max: number };
  };
  readonly quotas: {
    readonly guest: { readonly daily: number; readonly weekly: number };
    readonly basic: { readonly daily: number; readonly weekly: number };
    readonly warning_share: number;
  };
  readonly subscription: {
    readonly eligibility: 'hierarchy' | 'exact';
    readonly switching: boolean;
    readonly switch_needs_code: boolean;
    readonly code: { readonly ttl: DurationText; readonly attempts: number };
  };
  readonly transitions: {
    readonly guest_to_basic: { readonly promote: Promotion };
    readonly basic_to_advanced: { readonly promote: Promotion; readonly guard: GuardSource };
    readonly advanced_to_company: { readonly promote: Promotion; readonly guard: GuardSource };
  };
}

/**
 * A source of which parts that broke the schema were taken out: what is there has the right type, anything may be
 * missing, an item of a list included. Cross checks read it, so that one run reports every problem.
 */
export type Draft<T> = T extends readonly (infer Item)[]
  ? readonly (Draft<Item> | undefined)[]
  : T extends object
    ? { readonly [K in keyof T]?: Draft<T[K]> | undefined }
    : T;
