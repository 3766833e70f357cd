import { afterEach, beforeEach } from 'vitest';
import type { PartnerState } from '../../src/domain/partner/state.ts';
import type { PlanState } from '../../src/domain/plan/state.ts';
import type { UserState } from '../../src/domain/user/state.ts';
import type { PlanId, ProviderId, UserId, Zone } from '../../src/domain/values.ts';
import type { AuditEntry, KeyState } from '../../src/ports/document-store.ts';

/** An empty store for one test, and how to end it. */
export interface Made<T> {
  readonly store: T;
  close(): Promise<void>;
}

/** A fresh store for each test of the running suite; read `store` inside tests only. */
export function eachWithStore<T>(makeStore: () => Promise<Made<T>>): { readonly store: T } {
  let made: Made<T> | undefined;
  beforeEach(async () => {
    made = await makeStore();
  });
  afterEach(async () => {
    await made?.close();
    made = undefined;
  });
  return {
    get store() {
      if (!made) throw new RangeError('the store is there while a test runs');
      return made.store;
    },
  };
}

export const PARTNER = 'P001' as ProviderId;
export const OTHER_PARTNER = 'P002' as ProviderId;
export const userId = (n: number) => `u${String(n).padStart(6, '0')}` as UserId;

export function aUser(overrides: Partial<UserState> = {}): UserState {
  return {
    kind: 'user',
    userId: userId(1),
    providerId: PARTNER,
    rev: 1,
    createdAtNs: 1_700_000_000_000_000_001n,
    zone: 'de' as Zone,
    role: 'guest',
    verifications: [],
    subBaseline: 'absent',
    planChanges: [],
    ...overrides,
  };
}

export function aPartner(overrides: Partial<PartnerState> = {}): PartnerState {
  return {
    kind: 'partner',
    providerId: PARTNER,
    rev: 1,
    name: 'One',
    status: 'active',
    createdAt: 1_700_000_000_000,
    region: 'default',
    policy: {
      version: 1,
      text: 'name: One\n'.repeat(5_000),
      appliedAt: 1_700_000_000_000,
      digests: ['ab'],
      planVersions: {},
    },
    modelText: 'model\n  schema 1.1\n',
    ...overrides,
  };
}

export function aPlan(overrides: Partial<PlanState> = {}): PlanState {
  return {
    kind: 'plan',
    planId: 'gold' as PlanId,
    providerId: PARTNER,
    rev: 1,
    versions: [
      {
        planId: 'gold' as PlanId,
        name: 'Gold',
        availableFor: ['basic'],
        price: { amountMinor: 990, currency: 'EUR' },
        billingCycle: 'monthly',
        active: true,
        entitlements: { features: ['beta'], permissions: [] },
        version: 1,
        at: 1_700_000_000_000,
      },
    ],
    ...overrides,
  };
}

export function aKey(overrides: Partial<KeyState> = {}): KeyState {
  return {
    kind: 'key',
    keyId: 'abcdefghijkl',
    rev: 1,
    providerId: undefined,
    secretHash: 'ff'.repeat(32),
    scopes: ['check', 'admit'],
    label: 'operator',
    createdAt: 1_700_000_000_000,
    ...overrides,
  };
}

export function anEvent(overrides: Partial<AuditEntry> = {}): AuditEntry {
  return {
    at: 1_700_000_000_000,
    providerId: PARTNER,
    userId: userId(1),
    event: 'user_created',
    actor: { kind: 'key', id: 'abcdefghijkl' },
    cause: 'test',
    detail: { role: 'guest', nested: { list: [1, 'two', null] } },
    ...overrides,
  };
}

export async function gathered<T>(rows: Iterable<T> | AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const row of rows) all.push(row);
  return all;
}
