import { evolve } from '../../../src/domain/user/evolve.ts';
import { decide } from '../../../src/domain/user/decide.ts';
import type { Decision } from '../../../src/domain/user/decision.ts';
import type { UserCommand, UserContext, UserEvent } from '../../../src/domain/user/commands.ts';
import type { Subscription, UserState, Verification } from '../../../src/domain/user/state.ts';
import { GUEST_LADDER } from '../../../src/domain/partner/ladder.ts';
import type { Policy } from '../../../src/domain/partner/policy.ts';
import type { PlanDefinition, PlanState } from '../../../src/domain/plan/state.ts';
import { ROLES, type PlanId, type ProviderId, type Role, type UserId, type Zone } from '../../../src/domain/values.ts';

export const MINUTE = 60_000;
export const DAY = 24 * 60 * MINUTE;
export const NOW = Date.UTC(2026, 0, 15, 12);
export const P = 'acme' as ProviderId;
export const U = 'user001' as UserId;
export const planId = (text: string) => text as PlanId;

/** The platform's defaults, with the parts given laid over them. */
export function policy(
  over: {
    subscription?: Partial<Policy['subscription']>;
    transitions?: Partial<Policy['transitions']>;
    rolesEnabled?: readonly Role[];
  } & Partial<Pick<Policy, 'timeZone' | 'quotas' | 'sessions'>> = {},
): Policy {
  return {
    providerId: P,
    name: 'Acme',
    model: 'gatehouse',
    region: 'default',
    timeZone: over.timeZone ?? 'UTC',
    rolesEnabled: new Set(over.rolesEnabled ?? ROLES),
    permissions: new Map(),
    apiAccessLevel: { guest: 'limited', basic: 'limited', advanced: 'full', company: 'full', admin: 'full' },
    features: new Map(),
    sessions: over.sessions ?? {
      guest: { lifetimeMs: 20 * MINUTE, openMax: 1 },
      basic: { inactivityMs: 30 * MINUTE, openMax: 5 },
      advanced: {},
      company: {},
      admin: {},
    },
    quotas: over.quotas ?? {
      guest: { daily: 5, weekly: 20, ladder: GUEST_LADDER },
      basic: { daily: 20, weekly: 50, ladder: [] },
    },
    warningShare: 0.8,
    onOutage: { admit: new Set(), operations: 0 },
    subscription: {
      eligibility: 'hierarchy',
      switching: false,
      switchNeedsCode: false,
      codeTtlMs: 15 * MINUTE,
      codeAttemptsMax: 5,
      confirmConditions: [],
      ...over.subscription,
    },
    transitions: {
      promoteToBasic: 'auto',
      promoteToAdvanced: 'call',
      promoteToCompany: 'call',
      basicToAdvanced: { kind: 'verification', level: 'advanced' },
      advancedToCompany: { kind: 'verification', level: 'business' },
      tiedTo: {},
      ...over.transitions,
    },
    plans: [],
    branding: { displayName: 'Acme', logoUrl: '', supportContact: '' },
  };
}

export function plan(id: string, over: Partial<PlanDefinition> = {}, discontinuedAt?: number): PlanState {
  const definition: PlanDefinition = {
    planId: planId(id),
    name: id,
    availableFor: ['basic'],
    price: { amountMinor: 500, currency: 'EUR' },
    billingCycle: 'monthly',
    active: true,
    entitlements: { features: [], permissions: [] },
    ...over,
  };
  const state = { kind: 'plan', planId: planId(id), providerId: P, rev: 1 } as const;
  const versions = [{ ...definition, version: 1, at: 0 }];
  return { ...state, versions, ...(discontinuedAt !== undefined && { discontinuedAt }) };
}

/** pro: from basic; adv: from advanced; corp: company only; old: inactive. */
export const PLANS = [
  plan('pro'),
  plan('plus'),
  plan('adv', { availableFor: ['advanced'] }),
  plan('corp', { availableFor: ['company'] }),
  plan('old', { active: false }),
];

export function context(over: Partial<UserContext> & { plans?: readonly PlanState[] } = {}): UserContext {
  const { plans = PLANS, ...rest } = over;
  const known = new Map(plans.map((each) => [each.planId, each]));
  return { now: NOW, policy: policy(), partnerStatus: 'active', plan: (id) => known.get(id), ...rest };
}

export function user(role: Role, over: Partial<UserState> = {}): UserState {
  return {
    kind: 'user',
    userId: U,
    providerId: P,
    rev: 1,
    createdAtNs: 1n,
    zone: 'at' as Zone,
    role,
    verifications: [],
    subBaseline: role === 'guest' ? 'absent' : 'unsigned',
    planChanges: [],
    ...over,
  };
}

export function kyc(level: Verification['level'], over: Partial<Verification> = {}): Verification {
  return { id: level, level, state: 'approved', source: 'internal', recordedAt: 0, ...over };
}

export function held(id: string, over: Partial<Subscription> = {}): Subscription {
  return { planId: planId(id), planVersion: 1, anchor: NOW - DAY, holds: [], ...over };
}

export function signing(id: string, over: Partial<NonNullable<UserState['signing']>> = {}) {
  const times = { startedAt: NOW - MINUTE, expiresAt: NOW + 14 * MINUTE };
  return { planId: planId(id), planVersion: 1, ...times, codeHash: 'hash', attemptsLeft: 5, ...over };
}

export function after(state: UserState | undefined, events: readonly UserEvent[]): UserState {
  let next = state;
  for (const event of events) next = evolve(next, event);
  if (!next) throw new RangeError('no events, no user');
  return next;
}

export function act(state: UserState | undefined, command: UserCommand, ctx: UserContext = context()): Decision {
  return decide(command, state, ctx);
}

/** What happened, one line an event: type and the facts that tell it apart. */
export function told(events: readonly UserEvent[]): string[] {
  return events.map((event) => {
    switch (event.type) {
      case 'RoleChanged':
        return `${event.type} ${event.from}->${event.to}`;
      case 'VerificationRecorded':
        return `${event.type} ${event.verification.id} ${event.verification.state}`;
      case 'IdleEnded':
      case 'ReviewCleared':
      case 'SigningEnded':
      case 'SubscriptionEnded':
        return `${event.type} ${event.cause}`;
      case 'SubscriptionSigned':
      case 'SigningStarted':
        return `${event.type} ${event.planId}`;
      case 'SubscriptionSwitched':
        return `${event.type} ${event.from}->${event.planId}`;
      case 'SubscriptionSuspended':
      case 'HoldLifted':
        return `${event.type} ${event.hold}`;
      case 'CodeRejected':
        return `${event.type} ${event.attemptsLeft}`;
      case 'SubBaselineSet':
        return `${event.type} ${event.baseline}`;
      default:
        return event.type;
    }
  });
}
