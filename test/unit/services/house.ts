import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPolicyFormat } from '../../../src/adapters/files/policy-format.ts';
import { openLmdb } from '../../../src/adapters/lmdb/open-lmdb.ts';
import {
  parseIdempotencyKey,
  parsePlanId,
  parseProviderId,
  parseUserId,
  parseZone,
} from '../../../src/domain/values.ts';
import type { ProviderId, UserId } from '../../../src/domain/values.ts';
import type { AdmissionStore } from '../../../src/ports/admission-store.ts';
import { SCOPES, type AuditEntry, type DocumentStore } from '../../../src/ports/document-store.ts';
import type { Log } from '../../../src/ports/log.ts';
import type { Caller } from '../../../src/services/caller.ts';
import { Changes } from '../../../src/services/change.ts';
import { CheckService } from '../../../src/services/check.ts';
import { createCompilePartner } from '../../../src/services/compile-partner.ts';
import { DirectoryService } from '../../../src/services/directory.ts';
import { KeyService } from '../../../src/services/keys.ts';
import { Outage } from '../../../src/services/outage.ts';
import { PartnerChanges } from '../../../src/services/partner-change.ts';
import { PartnerService } from '../../../src/services/partners.ts';
import { PlanChangeService, type PlanAction } from '../../../src/services/plan-change.ts';
import { PolicyService } from '../../../src/services/policy.ts';
import { RelationshipService } from '../../../src/services/relationships.ts';
import { Replica } from '../../../src/services/replica.ts';
import { SessionService } from '../../../src/services/sessions.ts';
import { SubscriptionService } from '../../../src/services/subscriptions.ts';
import { SweepService } from '../../../src/services/sweep.ts';
import { UserSessionService } from '../../../src/services/user-sessions.ts';

export const ALFA = parseProviderId('ALFA', 'provider_id');
export const BETA = parseProviderId('BETA', 'provider_id');
export const PRO = parsePlanId('pro', 'plan_id');
export const TEAM = parsePlanId('team', 'plan_id');
export const DAY_MS = 24 * 60 * 60 * 1000;

/** A policy with a plan for basic users that opens a feature, and one for companies. */
export function policyOf(providerId: string, more = ''): string {
  return `provider_id: ${providerId}
name: ${providerId} Ltd
features:
  beta: { enabled: true }
subscription: { switching: true, code: { ttl: 15m, attempts: 5 } }
plans:
  - id: pro
    name: Pro
    available_for: [basic]
    price: { amount_minor: 900, currency: EUR }
    billing_cycle: monthly
    entitlements: { features: [beta] }
  - id: ${providerId === 'ALFA' ? 'team' : 'solo'}
    name: Second
    available_for: [${providerId === 'ALFA' ? 'company' : 'basic'}]
    price: { amount_minor: 9900, currency: EUR }
    billing_cycle: yearly
${more}`;
}

const callerOf = (providerId: ProviderId | undefined, keyId: string): Caller => ({
  keyId,
  providerId,
  scopes: new Set(SCOPES),
});

export const alfa = callerOf(ALFA, 'alfakey00001');
export const beta = callerOf(BETA, 'betakey00001');
export const operator = callerOf(undefined, 'operatorkey1');
export const system = { actor: { kind: 'system', id: 'test' }, cause: 'test' } as const;

export const user = (id: string): UserId => parseUserId(id, 'user_id');
export const key = (text: string) => parseIdempotencyKey(text, 'idempotency_key');

export type House = Awaited<ReturnType<typeof openHouse>>;

/** The files of the platform, read once for all tests of a file. */
export const format = createPolicyFormat({ policiesDir: 'policies', modelsDir: 'models' });
export const compilePartner = createCompilePartner(format);

/** Keeps the messages for tests to look at. */
function linesLog(): Log & { readonly lines: string[] } {
  const lines: string[] = [];
  const keep = (message: string) => void lines.push(message);
  return { lines, debug: keep, info: keep, warn: keep, error: keep, writes: () => true };
}

export interface HouseOptions {
  readonly documents?: (documents: DocumentStore) => DocumentStore;
  readonly admissions?: (admissions: AdmissionStore) => AdmissionStore;
  /** Lines that end the policies of both partners. */
  readonly policy?: string;
  /** A folder that outlives the house, as a process that ends leaves it; its partners may be there already. */
  readonly dir?: string;
}

/** The services over an embedded store in a folder of its own, two partners, and a clock that stands until it is moved. */
export async function openHouse(options: HouseOptions = {}) {
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), 'gatehouse-services-'));
  const clock = { at: Date.UTC(2026, 0, 31, 12), now: () => clock.at };
  const stores = openLmdb({ dataDir: dir, clock });
  const documents = options.documents?.(stores.documents) ?? stores.documents;
  const admissions = options.admissions?.(stores.admissions) ?? stores.admissions;
  const replica = new Replica(documents, stores.relationships, compilePartner);
  await replica.load();
  const changes = new Changes(documents, replica, clock);
  const partnerChanges = new PartnerChanges(documents, changes);
  const log = linesLog();
  const outage = new Outage({ admissions, journal: stores.outages, log });
  const { audit } = stores;
  const decisionParts = { replica, changes, documents, admissions, outage, audit, decisionLog: undefined };
  const house = {
    clock,
    documents,
    admissions,
    outage,
    outageJournal: stores.outages,
    log,
    relationshipStore: stores.relationships,
    replica,
    changes,
    planChange: new PlanChangeService(decisionParts),
    subscriptions: new SubscriptionService(changes),
    directory: new DirectoryService({ changes, replica, documents, auditLog: stores.audit }),
    partners: new PartnerService(changes, replica, partnerChanges),
    policy: new PolicyService({ changes, replica, partnerChanges, format }),
    relationships: new RelationshipService(changes, replica, stores.relationships),
    keys: new KeyService(changes, replica),
    decisionParts,
    check: new CheckService(decisionParts),
    sessions: new SessionService(decisionParts),
    userSessions: new UserSessionService(decisionParts),
    sweep: new SweepService(documents, changes, replica),
    /** A user with a basic verification, and so basic. */
    async basicUser(id: string, caller: Caller = alfa): Promise<UserId> {
      const userId = user(id);
      await house.directory.createUser(caller, { userId, zone: parseZone('de', 'zone') });
      await house.directory.recordVerification(caller, { userId, verification: approved('kyc-basic', 'basic') });
      return userId;
    },
    change(userId: UserId, action: PlanAction, idempotencyKey: string, caller: Caller = alfa) {
      return house.planChange.change(caller, { userId, key: key(idempotencyKey), action });
    },
    async auditOf(userId: UserId, providerId = ALFA): Promise<readonly AuditEntry[]> {
      return (await stores.audit.ofUser(providerId, userId, { limit: 1000 })).entries;
    },
    async auditOfPartner(providerId = ALFA): Promise<readonly AuditEntry[]> {
      return (await stores.audit.ofPartner(providerId, { limit: 1000 })).entries;
    },
    async close(): Promise<void> {
      await stores.close();
      if (options.dir === undefined) rmSync(dir, { recursive: true, force: true });
    },
  };
  for (const providerId of [ALFA, BETA]) {
    if (replica.partner(providerId)) continue;
    const text = policyOf(providerId, options.policy);
    const registered = await house.policy.registerPartner(text, undefined, system);
    if (!registered.created) throw new Error(`${providerId} was not registered: ${JSON.stringify(registered)}`);
  }
  return house;
}

export const approved = (id: string, level: 'basic' | 'advanced' | 'business') =>
  ({ id, level, state: 'approved', source: 'internal' }) as const;
