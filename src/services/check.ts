import { decideCheck, decisionOf, type Decision } from '../domain/decision/decide-check.ts';
import { formatQuestion, targetOf, type Question } from '../domain/decision/question.ts';
import { cause } from '../domain/errors.ts';
import type { Permission } from '../domain/partner/policy.ts';
import { object } from '../domain/projection.ts';
import { explain } from '../domain/relation/explain.ts';
import { formatTree, relationshipsMet } from '../domain/relation/format-tree.ts';
import { statusAt, subscriptionAt, subStatusAt, type UserState } from '../domain/user/state.ts';
import { ownerOfSession, type ApiAccessLevel, type Millis, type SessionId, type UserId } from '../domain/values.ts';
import { termsOf } from './admission-terms.ts';
import { partnerOf, type Caller } from './caller.ts';
import { askOf, checkFacts, optionsOf, type RequestFacts } from './circumstances.ts';
import type { DecisionParts } from './decision-parts.ts';
import type { PartnerView } from './replica.ts';
import { run, when, type Steps } from './steps.ts';

export interface CheckRequest extends RequestFacts {
  readonly providerId?: string | undefined;
  readonly userId: UserId;
  readonly question: Question;
  /** When given, session and quotas are looked at too, and nothing is counted. */
  readonly sessionId?: SessionId | undefined;
  readonly token?: string | undefined;
}

export interface Checked extends Decision {
  readonly policyVersion: number;
}

/** Why a decision fell as it did (C-4). */
export interface Explained extends Checked {
  readonly relationships: readonly string[];
  readonly tree: string;
  readonly evaluatedAt: Millis;
  readonly user?: {
    readonly role: string;
    readonly status: string;
    readonly subStatus: string;
    readonly planId?: string;
  };
}

/** Answers what a user may do. Pure: counts nothing (S-13). Synchronous wherever the stores are. */
export class CheckService {
  readonly #parts: DecisionParts;

  constructor(parts: DecisionParts) {
    this.#parts = parts;
  }

  /** One decision. A denial is an answer; faults are unknown names, bad facts, a foreign partner, a lost store. */
  check(caller: Caller, request: CheckRequest): Checked | Promise<Checked> {
    return this.#checkAt(caller, this.#view(caller, request), this.#parts.changes.now(), request);
  }

  /** The same decision as `check`, with the relationships that led to it. */
  async explain(caller: Caller, request: CheckRequest): Promise<Explained> {
    const view = this.#view(caller, request);
    const now = this.#parts.changes.now();
    const target = targetOf(request.question, view);
    const options = optionsOf(request.userId, request.question, now, request);
    const { tree } = explain(view.index, { ...target, user: object.user(request.userId) }, options);
    const checked = await this.#checkAt(caller, view, now, request);
    const user = await this.#parts.documents.get('user', request.userId);
    return {
      ...checked,
      relationships: relationshipsMet(tree),
      tree: formatTree(tree),
      evaluatedAt: now,
      ...(user?.providerId === view.policy.providerId && { user: factsOf(user, now) }),
    };
  }

  /** Every permission of the partner for one user, by name. */
  permissionsOf(
    caller: Caller,
    request: Omit<CheckRequest, 'question'>,
  ): { decisions: { permission: Permission; decision: Decision }[]; apiAccessLevel: ApiAccessLevel } {
    const view = this.#view(caller, request);
    const now = this.#parts.changes.now();
    const decisions = [...view.policy.permissions.values()]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map((permission) => ({
        permission,
        decision: this.#decide(view, now, { ...request, question: { kind: 'permission', name: permission.name } }),
      }));
    return { decisions, apiAccessLevel: this.#apiAccessLevel(view, request.userId, now) };
  }

  /** Every feature of the partner for one user, by name (F-2). */
  featuresOf(caller: Caller, request: Omit<CheckRequest, 'question'>): { feature: string; decision: Decision }[] {
    const view = this.#view(caller, request);
    const now = this.#parts.changes.now();
    return [...view.policy.features.keys()].sort().map((feature) => ({
      feature,
      decision: this.#decide(view, now, { ...request, question: { kind: 'feature', name: feature } }),
    }));
  }

  #view(caller: Caller, request: Omit<CheckRequest, 'question'>): PartnerView {
    const view = this.#parts.changes.partner(partnerOf(caller, request.providerId));
    this.#parts.replica.require(request.token);
    if (request.context || request.contextualTuples) checkFacts(request, view);
    return view;
  }

  #checkAt(caller: Caller, view: PartnerView, now: Millis, request: CheckRequest): Checked | Promise<Checked> {
    const { sessionId } = request;
    if (sessionId !== undefined) return run(this.#withSession(caller, view, now, { ...request, sessionId }));
    return this.#logged(caller, view, now, request, this.#decide(view, now, request));
  }

  #decide(view: PartnerView, now: Millis, request: CheckRequest): Decision {
    const { userId, question } = request;
    return decideCheck(userId, question, view, askOf(view, userId, optionsOf(userId, question, now, request)));
  }

  *#withSession(
    caller: Caller,
    view: PartnerView,
    now: Millis,
    request: CheckRequest & { readonly sessionId: SessionId },
  ): Steps<Checked> {
    const owner = ownerOfSession(request.sessionId);
    const user = yield* when(this.#parts.documents.get('user', request.userId));
    const plain = this.#decide(view, now, request);
    if (!user || user.providerId !== view.policy.providerId) {
      return this.#logged(caller, view, now, request, plain);
    }
    if (owner.userId !== user.userId || owner.providerId !== user.providerId) {
      return this.#logged(caller, view, now, request, decisionOf([...plain.causes, cause('SESSION_NOT_FOUND')]));
    }
    const terms = termsOf(view, user, now, { ...request, cost: 1 });
    const { causes } = yield* when(this.#parts.admissions.preflight({ sessionId: request.sessionId, terms, now }));
    return this.#logged(caller, view, now, request, decisionOf([...plain.causes, ...causes]));
  }

  #logged(caller: Caller, view: PartnerView, now: Millis, request: CheckRequest, decision: Decision): Checked {
    const policyVersion = view.state.policy.version;
    this.#parts.decisionLog?.record({
      at: now,
      call: 'Check',
      providerId: view.policy.providerId,
      userId: request.userId,
      question: formatQuestion(request.question),
      allowed: decision.allowed,
      reason: decision.reason,
      policyVersion,
      keyId: caller.keyId,
    });
    return { allowed: decision.allowed, reason: decision.reason, causes: decision.causes, policyVersion };
  }

  #apiAccessLevel(view: PartnerView, userId: UserId, now: Millis): ApiAccessLevel {
    const ask = askOf(view, userId, optionsOf(userId, undefined, now));
    const partner = object.partner(view.policy.providerId);
    if (!ask(partner, 'operational').allowed) return 'none';
    for (const role of ['admin', 'company', 'advanced', 'basic', 'guest'] as const) {
      if (ask(partner, role).allowed) return view.policy.apiAccessLevel[role];
    }
    return 'none';
  }
}

function factsOf(user: UserState, now: Millis): Explained['user'] & object {
  const held = subscriptionAt(user, now);
  return {
    role: user.role,
    status: statusAt(user, now),
    subStatus: subStatusAt(user, now),
    ...(held && { planId: held.planId }),
  };
}
