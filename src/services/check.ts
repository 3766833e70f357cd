import { decideCheck, decisionOf, type Decision } from '../domain/decision/decide-check.ts';
import { formatQuestion, targetOf, type Question } from '../domain/decision/question.ts';
import type { Cause } from '../domain/errors.ts';
import type { Permission } from '../domain/partner/policy.ts';
import { object } from '../domain/projection.ts';
import { explain } from '../domain/relation/explain.ts';
import { formatTree, relationshipsMet } from '../domain/relation/format-tree.ts';
import type { Admission } from '../domain/session/state.ts';
import { statusAt, subscriptionAt, subStatusAt, type UserState } from '../domain/user/state.ts';
import { ownerOfSession, type ApiAccessLevel, type Millis, type SessionId, type UserId } from '../domain/values.ts';
import { termsOf } from './admission-terms.ts';
import { partnerOf, type Caller } from './caller.ts';
import { askOf, checkFacts, optionsOf, type RequestFacts } from './circumstances.ts';
import type { DecisionParts } from './decision-parts.ts';
import { explainText, type ExplainedState } from './explain-text.ts';
import { GuardedAdmissions } from './guarded-admissions.ts';
import { liftIdle, noSessionOf } from './lift-idle.ts';
import { isLoss } from './outage.ts';
import type { PartnerView } from './replica.ts';
import { settledUser } from './settled-user.ts';

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
  /** What an admission of one operation would come to; present when a session was named. */
  readonly admission?: Admission;
}

/** Why a decision fell as it did (C-4). */
export interface Explained extends Checked {
  readonly relationships: readonly string[];
  readonly tree: string;
  /** User, session, quotas and enforcement in words (`explain-text.ts`). */
  readonly text: string;
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
  readonly #admissions: GuardedAdmissions;

  constructor(parts: DecisionParts) {
    this.#parts = parts;
    this.#admissions = new GuardedAdmissions(parts.admissions, parts.outage);
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
    const checked = await this.#checkAt(caller, view, now, request);
    // After the decision, which may have ended an idle.
    const { tree } = explain(view.index, { ...target, user: object.user(request.userId) }, options);
    const found = await this.#parts.documents.get('user', request.userId);
    const user = found?.providerId === view.policy.providerId ? found : undefined;
    return {
      ...checked,
      relationships: relationshipsMet(tree),
      tree: formatTree(tree),
      text: explainText({ decision: checked, user, now, ...(await this.#stateOf(view, user, now, request, checked)) }),
      evaluatedAt: now,
      ...(user && { user: factsOf(user, now) }),
    };
  }

  /** Session and quotas of the user for the text of an explanation; without them where the store is away. */
  async #stateOf(
    view: PartnerView,
    user: UserState | undefined,
    now: Millis,
    { sessionId, question }: CheckRequest,
    checked: Checked,
  ): Promise<Pick<ExplainedState, 'session' | 'admission'>> {
    if (!user) return {};
    const owner = sessionId && ownerOfSession(sessionId);
    const isOwn = owner?.userId === user.userId && owner.providerId === user.providerId;
    try {
      const terms = termsOf(view, settledUser(user, view, now), now, { question, cost: 1 });
      const asked = { sessionId: noSessionOf(user), terms, now };
      const admission = checked.admission ?? (await this.#parts.admissions.preflight(asked));
      if (!sessionId) return { admission };
      return { admission, session: { found: isOwn ? await this.#parts.admissions.get(sessionId) : undefined } };
    } catch (error) {
      if (isLoss(error)) return {};
      throw error;
    }
  }

  /** Every permission of the partner for one user, by name. */
  async permissionsOf(
    caller: Caller,
    request: Omit<CheckRequest, 'question'>,
  ): Promise<{ decisions: { permission: Permission; decision: Decision }[]; apiAccessLevel: ApiAccessLevel }> {
    const view = this.#view(caller, request);
    const now = this.#parts.changes.now();
    await this.#endsIdle(view, now, request.userId);
    const decisions = [...view.policy.permissions.values()]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map((permission) => ({
        permission,
        decision: this.#decide(view, now, { ...request, question: { kind: 'permission', name: permission.name } }),
      }));
    return { decisions, apiAccessLevel: this.#apiAccessLevel(view, request.userId, now) };
  }

  /** Every feature of the partner for one user, by name (F-2). */
  async featuresOf(
    caller: Caller,
    request: Omit<CheckRequest, 'question'>,
  ): Promise<{ feature: string; decision: Decision }[]> {
    const view = this.#view(caller, request);
    const now = this.#parts.changes.now();
    await this.#endsIdle(view, now, request.userId);
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
    if (sessionId !== undefined) return this.#withSession(caller, view, now, { ...request, sessionId });
    const decision = this.#decide(view, now, request);
    if (decision.causes.some(isIdle)) return this.#checkIdle(caller, view, now, request, decision);
    return this.#logged(caller, view, now, request, decision);
  }

  /** Idle as the relationships have it, unless a limit was raised since and the windows have room (domain §9). */
  async #checkIdle(
    caller: Caller,
    view: PartnerView,
    now: Millis,
    request: CheckRequest,
    idle: Decision,
  ): Promise<Checked> {
    const ended = await this.#endsIdle(view, now, request.userId);
    return this.#logged(caller, view, now, request, ended ? this.#decide(view, now, request) : idle);
  }

  /** Whether the user was idle and is no longer. While the admission store is away it stays idle: fail closed. */
  async #endsIdle(view: PartnerView, now: Millis, userId: UserId): Promise<boolean> {
    const ask = askOf(view, userId, optionsOf(userId, undefined, now));
    if (!ask(object.partner(view.policy.providerId), 'idle').allowed) return false;
    const found = await this.#parts.documents.get('user', userId);
    if (found?.providerId !== view.policy.providerId) return false;
    try {
      return await liftIdle(this.#parts, view, settledUser(found, view, now), now);
    } catch (error) {
      if (isLoss(error)) return false;
      throw error;
    }
  }

  #decide(view: PartnerView, now: Millis, request: CheckRequest): Decision {
    const { userId, question } = request;
    return decideCheck(userId, question, view, askOf(view, userId, optionsOf(userId, question, now, request)));
  }

  async #withSession(
    caller: Caller,
    view: PartnerView,
    now: Millis,
    request: CheckRequest & { readonly sessionId: SessionId },
  ): Promise<Checked> {
    const { sessionId } = request;
    await this.#endsIdle(view, now, request.userId);
    const owner = ownerOfSession(sessionId);
    const user = await this.#parts.documents.get('user', request.userId);
    const plain = this.#decide(view, now, request);
    if (!user || user.providerId !== view.policy.providerId) {
      return this.#logged(caller, view, now, request, plain);
    }
    // Somebody else's session is told like one that there is not (P-6).
    const isOwn = owner.userId === user.userId && owner.providerId === user.providerId;
    const terms = termsOf(view, settledUser(user, view, now), now, { ...request, cost: 1 });
    const asked = { sessionId: isOwn ? sessionId : noSessionOf(user), terms, now };
    const admission = await this.#admissions.preflight(asked, view.policy.onOutage);
    const decision = decisionOf([...plain.causes, ...admission.causes]);
    return { ...this.#logged(caller, view, now, request, decision), admission };
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

const isIdle = ({ reason }: Cause): boolean => reason === 'USER_IDLE';

function factsOf(user: UserState, now: Millis): Explained['user'] & object {
  const held = subscriptionAt(user, now);
  return {
    role: user.role,
    status: statusAt(user, now),
    subStatus: subStatusAt(user, now),
    ...(held && { planId: held.planId }),
  };
}
