import { Fault } from './errors.ts';

declare const brand: unique symbol;
type Branded<T, B extends string> = T & { readonly [brand]: B };

export type ProviderId = Branded<string, 'ProviderId'>;
export type UserId = Branded<string, 'UserId'>;
export type PlanId = Branded<string, 'PlanId'>;
export type SessionId = Branded<string, 'SessionId'>;
export type OperationId = Branded<string, 'OperationId'>;
export type IdempotencyKey = Branded<string, 'IdempotencyKey'>;
export type Zone = Branded<string, 'Zone'>;
/** Milliseconds since the epoch, UTC. */
export type Millis = number;

export const ROLES = ['guest', 'basic', 'advanced', 'company', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** The wire's `status`: the first that holds of inactive, idle, signing, else active (domain §9). */
export type UserStatus = 'active' | 'inactive' | 'idle' | 'signing';
export type SubStatus = 'absent' | 'unsigned' | 'signed' | 'suspended';
export type PartnerStatus = 'active' | 'stopped';
export type BillingCycle = 'monthly' | 'yearly';
export type PermissionGroup = 'general' | 'operational' | 'administrative';
export type ApiAccessLevel = 'none' | 'limited' | 'full';

/** Roles that a plan may name in `available_for`, lowest first (B-3). */
export const SUBSCRIBER_ROLES = ['basic', 'advanced', 'company'] as const;
export type SubscriberRole = (typeof SUBSCRIBER_ROLES)[number];

export const HOLD_REASONS = ['payment', 'policy_violation', 'admin', 'partner_rule'] as const;
export type HoldReason = (typeof HOLD_REASONS)[number];

/** Who made a change. `id` is a user id, a key id, or the name of the part of the system. */
export interface Actor {
  readonly kind: 'user' | 'key' | 'operator' | 'system';
  readonly id: string;
}

function parser<T extends string>(rule: string, accepts: (text: string) => boolean) {
  return (value: unknown, field: string): T => {
    if (typeof value === 'string' && accepts(value)) return value as T;
    throw new Fault('INVALID_ARGUMENT', `${field}: ${rule}`, { field, rule });
  };
}

const matching = (pattern: RegExp) => (text: string) => pattern.test(text);

export const parseProviderId = parser<ProviderId>('exactly 4 characters A-Z a-z 0-9', matching(/^[A-Za-z0-9]{4}$/));
export const parseUserId = parser<UserId>('exactly 7 characters A-Z a-z 0-9', matching(/^[A-Za-z0-9]{7}$/));
export const parsePlanId = parser<PlanId>('1 to 64 characters a-z 0-9 _', matching(/^[a-z0-9_]{1,64}$/));
export const parseZone = parser<Zone>('ISO 3166-1 alpha-2 in lower case', matching(/^[a-z]{2}$/));
export const parseRole = parser<Role>(`one of ${ROLES.join(', ')}`, (text) =>
  (ROLES as readonly string[]).includes(text),
);
export const parseOperationId = parser<OperationId>(
  '1 to 128 printable ASCII characters',
  matching(/^[\x21-\x7e]{1,128}$/),
);
export const parseIdempotencyKey = parser<IdempotencyKey>(
  '1 to 128 printable ASCII characters',
  matching(/^[\x21-\x7e]{1,128}$/),
);

/** `<provider_id>.<user_id>.<22 characters of base64url>`: partner and user in clear, so that one key finds the session. */
export const parseSessionId = parser<SessionId>(
  'a session id as Open gave it',
  matching(/^[A-Za-z0-9]{4}\.[A-Za-z0-9]{7}\.[A-Za-z0-9_-]{22}$/),
);

/** `entropy`: 22 characters of base64url (128 bits and more). */
export function sessionIdOf(providerId: ProviderId, userId: UserId, entropy: string): SessionId {
  return parseSessionId(`${providerId}.${userId}.${entropy}`, 'session_id');
}

export function ownerOfSession(sessionId: SessionId): { providerId: ProviderId; userId: UserId } {
  return { providerId: sessionId.slice(0, 4) as ProviderId, userId: sessionId.slice(5, 12) as UserId };
}
