import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { checkedDurationMs } from '../../domain/partner/duration.ts';
import { inOrder } from '../../domain/partner/finding.ts';
import type { ImportedUser } from '../../domain/user/commands.ts';
import type { Verification, VerificationLevel, VerificationState } from '../../domain/user/state.ts';
import {
  parsePlanId,
  parseProviderId,
  parseUserId,
  parseZone,
  type HoldReason,
  type Millis,
  type ProviderId,
  type Role,
} from '../../domain/values.ts';
import { formatProblem } from './format-problem.ts';
import { readYaml } from './read-yaml.ts';
import { createSchemaCheck } from './schema-check.ts';

/** policies/samples/<provider_id>.yaml after validation: the shape of policies/samples.schema.json. */
export interface SampleUsers {
  readonly provider_id: string;
  readonly users: readonly SampleUser[];
}

export interface SampleUser {
  readonly user_id: string;
  readonly zone: string;
  readonly created_ago: string;
  readonly role: Role;
  readonly inactive?: true;
  readonly idle_for?: string;
  readonly verifications?: readonly SampleVerification[];
  readonly subscription?: {
    readonly plan: string;
    readonly started_ago: string;
    readonly holds?: readonly HoldReason[];
  };
}

interface SampleVerification {
  readonly id: string;
  readonly level: VerificationLevel;
  readonly state: VerificationState;
  readonly source: string;
  readonly recorded_ago: string;
  readonly expires_in?: string;
  readonly expired_ago?: string;
  readonly evidence_ref?: string;
}

/** The sample files below `policiesDir`, by name. Throws an Error that names file, line and path when one is broken. */
export function loadSamples(policiesDir: string): SampleUsers[] {
  const folder = join(policiesDir, 'samples');
  const checkSchema = createSchemaCheck(policiesDir);
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort();
  const owners = new Map<string, string>();
  return names.map((name) => {
    const file = join(folder, name);
    const yaml = readYaml(readFileSync(file, 'utf8'));
    const findings = checkSchema('samples.schema.json', yaml.value).findings.map((finding) => ({
      ...finding,
      line: yaml.lineOf(finding.path),
    }));
    const problems = inOrder([...yaml.problems, ...findings]);
    if (problems.length > 0) throw new Error(problems.map((problem) => formatProblem(file, problem)).join('\n'));
    const sample = yaml.value as SampleUsers;
    if (sample.provider_id !== basename(name, '.yaml')) throw new Error(`${file} is of ${sample.provider_id}`);
    for (const [index, { user_id }] of sample.users.entries()) {
      const owner = owners.get(user_id);
      const line = yaml.lineOf(`/users/${index}/user_id`);
      if (owner !== undefined) throw new Error(`${file}:${line}: the user ${user_id} is in ${owner} already`);
      owners.set(user_id, file);
    }
    return sample;
  });
}

/** The users of a sample file in its order, their times counted from `now`; each creation moment is its own. */
export function importedUsers(sample: SampleUsers, now: Millis): ImportedUser[] {
  const providerId = parseProviderId(sample.provider_id, 'provider_id');
  return sample.users.map((user, index) => importedUser(user, index, providerId, now));
}

function importedUser(user: SampleUser, index: number, providerId: ProviderId, now: Millis): ImportedUser {
  const ago = (duration: string) => now - checkedDurationMs(duration);
  return {
    userId: parseUserId(user.user_id, 'user_id'),
    providerId,
    zone: parseZone(user.zone, 'zone'),
    createdAtNs: BigInt(ago(user.created_ago)) * 1_000_000n + BigInt(index),
    role: user.role,
    inactive: user.inactive ?? false,
    ...(user.idle_for === undefined ? {} : { idleUntil: now + checkedDurationMs(user.idle_for) }),
    verifications: (user.verifications ?? []).map((verification) => verificationOf(verification, now)),
    ...(user.subscription === undefined
      ? {}
      : {
          subscription: {
            planId: parsePlanId(user.subscription.plan, 'plan'),
            planVersion: 1,
            anchor: ago(user.subscription.started_ago),
            holds: user.subscription.holds ?? [],
          },
        }),
  };
}

function verificationOf(given: SampleVerification, now: Millis): Verification {
  const expiresAt =
    given.expires_in !== undefined
      ? now + checkedDurationMs(given.expires_in)
      : given.expired_ago !== undefined
        ? now - checkedDurationMs(given.expired_ago)
        : undefined;
  return {
    id: given.id,
    level: given.level,
    state: given.state,
    source: given.source,
    recordedAt: now - checkedDurationMs(given.recorded_ago),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(given.evidence_ref === undefined ? {} : { evidenceRef: given.evidence_ref }),
  };
}
