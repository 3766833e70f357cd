import type { HoldReason, Millis, PlanId, ProviderId, Role, SubStatus, UserId, UserStatus, Zone } from '../values.ts';

export type VerificationLevel = 'basic' | 'advanced' | 'business';
export type VerificationState = 'pending' | 'approved' | 'rejected' | 'expired' | 'revoked';

/** K-1. Never the documents themselves, only where they are kept. */
export interface Verification {
  readonly id: string;
  readonly level: VerificationLevel;
  readonly state: VerificationState;
  readonly source: string;
  readonly recordedAt: Millis;
  readonly expiresAt?: Millis;
  readonly evidenceRef?: string;
}

/** A subscription that waits for its confirmation code (B-5). */
export interface Signing {
  readonly planId: PlanId;
  readonly planVersion: number;
  readonly startedAt: Millis;
  readonly expiresAt: Millis;
  /** SHA-256 of the code, hex. */
  readonly codeHash: string;
  readonly attemptsLeft: number;
}

/** The one subscription of a user (B-1). `holds` empty: signed; else suspended (B-7). */
export interface Subscription {
  readonly planId: PlanId;
  readonly planVersion: number;
  /** Billing periods are counted from here, by the partner's calendar (B-6). */
  readonly anchor: Millis;
  readonly holds: readonly { readonly reason: HoldReason; readonly since: Millis }[];
  /** A cancellation at the end of the period: access stays until then. */
  readonly cancelAt?: Millis;
  /** When a suspension that nobody lifts ends the subscription (B-7). */
  readonly unresolvedAt?: Millis;
}

/**
 * What a step upwards rested on beside verifications. It goes on counting when a verification is lost later, so that
 * only what a loss breaks is taken back.
 */
export interface RoleGrounds {
  readonly approved: boolean;
  readonly onboarded: boolean;
  /** Plans held at the step. */
  readonly plans: readonly PlanId[];
}

/** The answer to a plan change that was done, kept for its key (B-10). Never a code or secret. */
export interface PlanChangeRecord {
  readonly key: string;
  /** SHA-256 of the request's payload, hex. */
  readonly payloadHash: string;
  readonly at: Millis;
  /** The answer but for its confirmation code, as the service gives it. */
  readonly answer: unknown;
}

/** What admissions have changed in a user, and what stands of it (S-8). */
export interface UserEnforcement {
  /** `at` of the latest effect that was taken in: it and all before it change nothing again. */
  readonly appliedAt: Millis;
  /** Waits for an admin. */
  readonly review?: { readonly since: Millis };
  /** When the last review was cleared: the windows of that moment are forgiven (domain §9). */
  readonly forgivenAt?: Millis;
}

/**
 * One user: the unit of atomic change (design §2). The three facts behind `status` are kept apart (domain §9).
 * `rev` counts the commits of this document, from 1.
 */
export interface UserState {
  readonly kind: 'user';
  readonly userId: UserId;
  readonly providerId: ProviderId;
  readonly rev: number;
  /** Nanoseconds since the epoch: the order of user listings. */
  readonly createdAtNs: bigint;
  readonly zone: Zone;
  readonly role: Role;
  readonly inactive?: { readonly since: Millis };
  /** Ends by itself at `until` (S-5). */
  readonly idle?: { readonly since: Millis; readonly until: Millis };
  /** Absent: no admission has changed anything yet. */
  readonly enforcement?: UserEnforcement;
  readonly verifications: readonly Verification[];
  /** What `sub_status` is without a subscription. */
  readonly subBaseline: 'absent' | 'unsigned';
  readonly signing?: Signing;
  readonly subscription?: Subscription;
  /** The plan to whose subscription the role is tied. */
  readonly roleTiedTo?: PlanId;
  /** Of the steps that led to the role and are guarded by the partner's policy. */
  readonly roleGrounds?: Readonly<Partial<Record<Role, RoleGrounds>>>;
  /** Done plan changes of the last 7 days, newest last, at most 128. */
  readonly planChanges: readonly PlanChangeRecord[];
}

/** `status` on the wire at a moment, what has run out by then left aside. */
export function statusAt(user: UserState, now: Millis): UserStatus {
  if (user.inactive) return 'inactive';
  if (user.idle && now < user.idle.until) return 'idle';
  if (user.signing && now < user.signing.expiresAt) return 'signing';
  return 'active';
}

/** `sub_status` on the wire at a moment. */
export function subStatusAt(user: UserState, now: Millis): SubStatus {
  const held = subscriptionAt(user, now);
  if (!held) return user.subscription ? 'unsigned' : user.subBaseline;
  return held.holds.length > 0 ? 'suspended' : 'signed';
}

/** The subscription that stands at a moment: one whose end has passed is gone, swept or not. */
export function subscriptionAt(user: UserState, now: Millis): Subscription | undefined {
  const held = user.subscription;
  if (!held || (held.cancelAt !== undefined && now >= held.cancelAt)) return undefined;
  if (held.unresolvedAt !== undefined && now >= held.unresolvedAt) return undefined;
  return held;
}
