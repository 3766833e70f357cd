import { mkdtempSync, mkdirSync, cpSync, rmSync, writeFileSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadPolicies } from '../../../src/adapters/files/load-policies.ts';
import { importedUsers, loadSamples } from '../../../src/adapters/files/load-samples.ts';
import { createPolicyFormat } from '../../../src/adapters/files/policy-format.ts';
import { formatProblem } from '../../../src/adapters/files/format-problem.ts';
import { mayHold } from '../../../src/domain/plan/may-hold.ts';
import type { PlanState } from '../../../src/domain/plan/state.ts';
import type { UserContext } from '../../../src/domain/user/commands.ts';
import { decide } from '../../../src/domain/user/decide.ts';
import { ROLES } from '../../../src/domain/values.ts';
import { checkPolicyFile } from '../../../src/policy-folder.ts';
import { format, modelsDir, policiesDir } from './fixtures.ts';

const NOW = Date.UTC(2026, 2, 1, 12);
const HOUR_MS = 3_600_000;
const PARTNERS = ['BTOB', 'FINT', 'MDIA'] as const;

const policies = loadPolicies(policiesDir).map((file) => ({ ...file, ...checkPolicyFile(file, format) }));
const samples = loadSamples(policiesDir);

function policyOf(partner: string) {
  const policy = policies.find(({ providerId }) => providerId === partner)?.policy;
  if (!policy) throw new Error(`no policy of ${partner}`);
  return policy;
}

function usersOf(partner: string) {
  const sample = samples.find(({ provider_id }) => provider_id === partner);
  if (!sample) throw new Error(`no samples of ${partner}`);
  return importedUsers(sample, NOW);
}

test('the three policies that ship compile without a finding', () => {
  expect(policies.map(({ providerId }) => providerId)).toEqual(PARTNERS);
  expect(policies.flatMap(({ file, problems }) => problems.map((problem) => formatProblem(file, problem)))).toEqual([]);
});

test('they differ in earnest', () => {
  expect(policies.map(({ policy }) => policy?.timeZone)).toEqual(['Asia/Tokyo', 'Europe/Berlin', 'America/New_York']);
  expect(policies.map(({ policy }) => policy?.subscription.eligibility)).toEqual(['exact', 'hierarchy', 'hierarchy']);
  expect(policies.map(({ policy }) => policy?.subscription.switching)).toEqual([true, false, true]);
  expect(policies.map(({ policy }) => policy?.transitions.promoteToBasic)).toEqual(['call', 'auto', 'auto']);
  const persistent = policies.map(({ policy }) =>
    policy?.plans.some(({ entitlements }) => entitlements.sessions?.persistent),
  );
  expect(persistent).toEqual([false, false, true]);
  const withheld = policies.map(({ policy }) =>
    [...(policy?.permissions.values() ?? [])]
      .filter((permission) => permission.withheldWhileSigning)
      .map(({ name }) => name),
  );
  expect(withheld).toEqual([['system_action', 'provision_environment'], ['initiate_transfer', 'approve_payout'], []]);
});

describe.each(PARTNERS)('%s', (partner) => {
  const policy = policyOf(partner);
  const users = usersOf(partner);

  test('3 to 5 plans and 6 or more features', () => {
    expect(policy.plans.length).toBeGreaterThanOrEqual(3);
    expect(policy.plans.length).toBeLessThanOrEqual(5);
    expect(policy.features.size).toBeGreaterThanOrEqual(6);
  });

  test('30 or more users, in every role', () => {
    expect(users.length).toBeGreaterThanOrEqual(30);
    for (const role of ROLES) expect(users.filter((user) => user.role === role).length).toBeGreaterThanOrEqual(3);
  });

  test('users in every state', () => {
    expect(users.some((user) => user.inactive)).toBe(true);
    expect(users.some((user) => user.idleUntil === NOW + 2 * HOUR_MS)).toBe(true);
    expect(users.some((user) => user.subscription?.holds.length === 0)).toBe(true);
    expect(users.some((user) => (user.subscription?.holds.length ?? 0) > 0)).toBe(true);
    const states = new Set(users.flatMap(({ verifications }) => verifications.map(({ state }) => state)));
    expect(states).toEqual(new Set(['pending', 'approved', 'rejected', 'expired', 'revoked']));
  });

  test('every subscription is to a plan that the role may hold (B-3)', () => {
    for (const { userId, role, subscription } of users) {
      if (!subscription) continue;
      const plan = policy.plans.find(({ planId }) => planId === subscription.planId);
      expect(plan && mayHold(role, plan, policy.subscription.eligibility), userId).toBe(true);
    }
  });

  test('every verification agrees with its time, and every verified role has an approved basic one (K-1, R-6)', () => {
    for (const { userId, role, verifications } of users) {
      for (const { state, expiresAt, recordedAt } of verifications) {
        expect(recordedAt, userId).toBeLessThan(NOW);
        if (state === 'approved') expect(expiresAt, userId).toBeGreaterThan(NOW);
        if (state === 'expired') expect(expiresAt, userId).toBeLessThan(NOW);
      }
      const verified = verifications.some(({ level, state }) => level === 'basic' && state === 'approved');
      expect(verified, userId).toBe(role !== 'guest' && role !== 'admin');
    }
  });

  test('every user can be taken in as it is: nothing is due at once (R-7, R-8, B-3)', () => {
    const plans = new Map(
      policy.plans.map((plan): [string, PlanState] => [
        plan.planId,
        {
          kind: 'plan',
          planId: plan.planId,
          providerId: policy.providerId,
          rev: 1,
          versions: [{ ...plan, version: 1, at: NOW }],
        },
      ]),
    );
    const context: UserContext = { now: NOW, policy, partnerStatus: 'active', plan: (planId) => plans.get(planId) };
    for (const user of users) {
      const { events, refusal } = decide({ type: 'import', user }, undefined, context);
      expect(refusal, user.userId).toBeUndefined();
      expect(
        events.map(({ type }) => type),
        user.userId,
      ).toEqual(['UserImported']);
    }
  });

  test('early access names users who are there (F-1)', () => {
    const ids = new Set<string>(users.map(({ userId }) => userId));
    for (const feature of policy.features.values()) expect(feature.users.filter((id) => !ids.has(id))).toEqual([]);
  });
});

test('ten plain users each of guest, basic and advanced in FINT', () => {
  const plain = usersOf('FINT').filter((user) => !user.inactive && user.idleUntil === undefined && !user.subscription);
  for (const prefix of ['fgst', 'fbas', 'fadv']) {
    const ids = plain.map(({ userId }) => userId as string);
    for (let n = 1; n <= 10; n += 1) expect(ids).toContain(`${prefix}${String(n).padStart(3, '0')}`);
  }
});

test('user ids and creation moments are each their own', () => {
  const users = PARTNERS.flatMap(usersOf);
  expect(new Set(users.map(({ userId }) => userId)).size).toBe(users.length);
  for (const partner of PARTNERS) {
    const moments = usersOf(partner).map(({ createdAtNs }) => createdAtNs);
    expect(new Set(moments).size).toBe(moments.length);
  }
});

describe('files that are broken', () => {
  const folder = mkdtempSync(join(tmpdir(), 'policies-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  cpSync(policiesDir, folder, { recursive: true });
  const sampleFile = (name: string, text: string) => writeFileSync(join(folder, 'samples', name), text);

  test('a policy that is not named after its partner is refused, with the line (P-3)', () => {
    const text = readFileSync(join(policiesDir, 'FINT.yaml'), 'utf8');
    const { policy, problems } = checkPolicyFile({ file: 'ABCD.yaml', providerId: 'ABCD', text }, format);
    expect(policy).toBeUndefined();
    expect(problems).toEqual([
      {
        severity: 'error',
        line: 3,
        path: '/provider_id',
        rule: 'P-3',
        message: 'the file is named ABCD.yaml and is of `FINT`',
      },
    ]);
    expect(formatProblem('ABCD.yaml', problems[0]!)).toBe(
      'ABCD.yaml:3: error at /provider_id: the file is named ABCD.yaml and is of `FINT` (P-3)',
    );
  });

  test('only the yaml files of partners are read', () => {
    writeFileSync(join(folder, 'notes.txt'), 'x');
    mkdirSync(join(folder, 'old.yaml'));
    expect(loadPolicies(folder).map(({ providerId }) => providerId)).toEqual(PARTNERS);
  });

  const user = '  - { user_id: fgst001, zone: de, created_ago: 1d, role: guest }\n';
  test.each([
    [
      'a user of two files',
      'ABCD.yaml',
      `provider_id: ABCD\nusers:\n${user}`,
      /FINT\.yaml:6: the user fgst001 is in .*ABCD\.yaml already/,
    ],
    ['a file of another partner', 'ABCD.yaml', `provider_id: WXYZ\nusers:\n${user}`, /ABCD\.yaml is of WXYZ/],
    [
      'an unknown role',
      'ABCD.yaml',
      `provider_id: ABCD\nusers:\n${user.replace('guest', 'king')}`,
      /ABCD\.yaml:3: error at \/users\/0\/role: must be one of guest/,
    ],
  ])('samples: %s', (_title, name, text, message) => {
    sampleFile(name, text);
    expect(() => loadSamples(folder)).toThrow(message);
  });

  test('a broken platform file stops the start, with line and path', () => {
    const platform = readFileSync(join(folder, 'platform.yaml'), 'utf8');
    writeFileSync(join(folder, 'platform.yaml'), platform.replace('daily: 5', 'daily: 0'));
    expect(() => createPolicyFormat({ policiesDir: folder, modelsDir })).toThrow(
      /platform\.yaml:\d+: error at \/quotas\/guest\/daily: must be >= 1/,
    );
  });
});
