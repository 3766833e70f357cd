import { Fault, refused, type Refusal } from '../domain/errors.ts';
import { error, inOrder, warning } from '../domain/partner/finding.ts';
import type { PartnerCommand } from '../domain/partner/commands.ts';
import type { PlanVersions } from '../domain/partner/state.ts';
import type { Policy, PolicyProblem } from '../domain/partner/policy.ts';
import { latest, type PlanDefinition } from '../domain/plan/state.ts';
import { object } from '../domain/projection.ts';
import { ROLES, type ProviderId, type Role } from '../domain/values.ts';
import type { PolicyFormat } from '../ports/policy-format.ts';
import { actorOf, partnerOf, type Caller } from './caller.ts';
import type { Because, Changes } from './change.ts';
import { readPolicy, type ReadPolicy } from './compile-partner.ts';
import type { PartnerChanges } from './partner-change.ts';
import type { PartnerView, Replica } from './replica.ts';
import { formatToken } from './token.ts';

export interface PolicyTextRequest {
  /** An operator names the partner (P-7). */
  readonly providerId?: string | undefined;
  /** The file, YAML. */
  readonly text: string;
}

export interface Applied {
  /** False: the problems have an error, and nothing was changed. */
  readonly applied: boolean;
  /** The version in force now; a file equal to the one in force keeps it. */
  readonly policyVersion: number;
  readonly problems: readonly PolicyProblem[];
  /** The consistency token (C-2). */
  readonly token: string;
}

/** Policy-as-code of partners (P-3). */
export class PolicyService {
  readonly #changes: Changes;
  readonly #replica: Replica;
  readonly #partnerChanges: PartnerChanges;
  readonly #format: PolicyFormat;

  constructor(parts: { changes: Changes; replica: Replica; partnerChanges: PartnerChanges; format: PolicyFormat }) {
    this.#changes = parts.changes;
    this.#replica = parts.replica;
    this.#partnerChanges = parts.partnerChanges;
    this.#format = parts.format;
  }

  /** Every problem of a file for the caller's partner; changes nothing. */
  validate(caller: Caller, request: PolicyTextRequest): { valid: boolean; problems: readonly PolicyProblem[] } {
    const view = this.#changes.partner(partnerOf(caller, request.providerId));
    const read = readPolicy(this.#format, request.text);
    const problems = problemsFor(view, read);
    return { valid: !hasError(problems), problems };
  }

  /**
   * Applies a file whole or not at all. Plans come first, as new versions that no running subscription has; the commit of
   * the partner document is the moment at which decisions change. Repeated after a crash, it goes on where it stopped. A
   * plan that the file no longer names cannot be newly subscribed from then on.
   */
  async apply(caller: Caller, request: PolicyTextRequest & { readonly cause?: string | undefined }): Promise<Applied> {
    const because = { actor: actorOf(caller), cause: request.cause ?? 'apply policy' };
    return this.#apply(partnerOf(caller, request.providerId), readPolicy(this.#format, request.text), because);
  }

  async #apply(providerId: ProviderId, read: ReadPolicy, because: Because): Promise<Applied> {
    const view = this.#changes.partner(providerId);
    const problems = problemsFor(view, read);
    const { policy } = read.compilation;
    if (!policy || hasError(problems)) return this.#unchanged(view, problems);
    const prepare = async (): Promise<PartnerCommand> => {
      await this.#replica.fresh();
      const planVersions = await this.#definePlans(this.#changes.partner(providerId), policy, because);
      return { type: 'apply-policy', file: read, planVersions };
    };
    const change = await this.#partnerChanges.change(providerId, prepare, because);
    if ('refusal' in change) return this.#unchanged(view, [refusalProblem(change.refusal, read)]);
    if (change.sequence === undefined) await this.#replica.fresh();
    const token = formatToken(change.sequence ?? this.#replica.position);
    return { applied: true, policyVersion: change.state.policy.version, problems, token };
  }

  /**
   * Applies a file of a partner that is registered, found at a start. One that was in force before and has been replaced
   * since is left alone: `superseded`. Throws INVALID_ARGUMENT for a file with an error.
   */
  async applyFile(
    text: string,
    because: Because,
  ): Promise<{ outcome: 'same' | 'superseded' | 'applied'; policyVersion: number }> {
    const read = readPolicy(this.#format, text);
    const { policy } = read.compilation;
    if (!policy) throw refusedFile(read.compilation.problems);
    const { version, digests } = this.#changes.partner(policy.providerId).state.policy;
    if (digests.at(-1) === read.digest) return { outcome: 'same', policyVersion: version };
    if (digests.includes(read.digest)) return { outcome: 'superseded', policyVersion: version };
    const { applied, policyVersion, problems } = await this.#apply(policy.providerId, read, because);
    if (!applied) throw refusedFile(problems);
    return { outcome: 'applied', policyVersion };
  }

  /** The policy in force, as it was written. */
  get(caller: Caller, request: { readonly providerId?: string | undefined }): { policyVersion: number; text: string } {
    const { state } = this.#changes.partner(partnerOf(caller, request.providerId));
    return { policyVersion: state.policy.version, text: state.policy.text };
  }

  /**
   * Registers the partner that a policy file describes (P-1). With errors among the problems nothing is made; a partner that is
   * registered keeps its policy, and only what a crash left out is made good. `modelText` replaces the model that the file names.
   */
  async registerPartner(
    text: string,
    modelText: string | undefined,
    because: Because,
  ): Promise<{ providerId?: ProviderId; created: boolean; problems: readonly PolicyProblem[] }> {
    const read = readPolicy(this.#format, text, modelText);
    const { policy, problems } = read.compilation;
    if (!policy) return { created: false, problems };
    const { providerId } = policy;
    const change = await this.#partnerChanges.change(providerId, { type: 'register', file: read }, because);
    const created = !('refusal' in change);
    if (!created && change.refusal.code !== 'PROVIDER_ID_TAKEN') throw refused(change.refusal);
    await this.#replica.fresh();
    const view = this.#changes.partner(providerId);
    for (const definition of view.policy.plans) {
      if (!view.plans.has(definition.planId)) await this.#definePlan(providerId, definition, because);
    }
    return { providerId, created, problems };
  }

  /** Makes the plans of a policy, out of force until the partner's commit names their versions, which it answers. */
  async #definePlans(view: PartnerView, policy: Policy, because: Because): Promise<PlanVersions> {
    const named = new Set(policy.plans.map((plan) => plan.planId));
    const definitions = [...policy.plans];
    for (const { planId } of view.policy.plans) {
      const plan = view.plans.get(planId);
      if (!plan || named.has(planId) || plan.discontinuedAt !== undefined) continue;
      const { version: _, at: __, ...definition } = latest(plan);
      definitions.push({ ...definition, active: false });
    }
    const versions: Record<string, number> = {};
    for (const definition of definitions) {
      versions[definition.planId] = await this.#definePlan(policy.providerId, definition, because);
    }
    return versions;
  }

  /** The number of the version that is equal to the definition: the newest. */
  async #definePlan(providerId: ProviderId, definition: PlanDefinition, because: Because): Promise<number> {
    const command = { type: 'define', providerId, definition } as const;
    const { state } = await this.#partnerChanges.changePlan(providerId, definition.planId, command, because);
    return latest(state).version;
  }

  #unchanged(view: PartnerView, problems: readonly PolicyProblem[]): Applied {
    const token = formatToken(this.#replica.position);
    return { applied: false, policyVersion: view.state.policy.version, problems, token };
  }
}

const hasError = (problems: readonly PolicyProblem[]) => problems.some(({ severity }) => severity === 'error');

/** The problems of the file itself, and those that it has for this partner as it stands. */
function problemsFor(view: PartnerView, { compilation, lineOf }: ReadPolicy): readonly PolicyProblem[] {
  const { policy, problems } = compilation;
  if (!policy) return problems;
  const findings = [];
  if (policy.providerId !== view.policy.providerId) {
    findings.push(error('P-5', '/provider_id', `a policy of this partner has provider_id ${view.policy.providerId}`));
  }
  if (policy.region !== view.state.region) {
    findings.push(error('P-8', '/region', `a partner stays in its region, ${view.state.region}`));
  }
  policy.plans.forEach(({ planId }, index) => {
    if (view.plans.get(planId)?.discontinuedAt === undefined) return;
    findings.push(error('B-9', `/plans/${index}/id`, `the plan id ${planId} was discontinued and is never used again`));
  });
  for (const role of ROLES.filter((each) => !policy.rolesEnabled.has(each))) {
    const users = usersIn(view, role);
    if (users === 0) continue;
    findings.push(
      warning('R-2', '/roles/enabled', `${users} users keep the switched-off role \`${role}\` until moved`),
    );
  }
  return inOrder([...problems, ...findings.map((finding) => ({ ...finding, line: lineOf(finding.path) }))]);
}

function usersIn({ index, policy }: PartnerView, role: Role): number {
  const set = index.findSetOf(object.partner(policy.providerId), role);
  return set === 0 ? 0 : index.countOf(index.plainOf(set));
}

function refusedFile(problems: readonly PolicyProblem[]): Fault {
  const { path, message } = problems.find(({ severity }) => severity === 'error') ?? { path: '', message: 'refused' };
  return new Fault('INVALID_ARGUMENT', `the policy: ${path}: ${message}`, { field: 'text', rule: 'P-3' });
}

function refusalProblem({ rule, message }: Refusal, { lineOf }: ReadPolicy): PolicyProblem {
  return { ...error(rule, '/provider_id', message), line: lineOf('/provider_id') };
}
