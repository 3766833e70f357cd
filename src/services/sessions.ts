import { createHash, randomBytes } from 'node:crypto';
import { decideCheck } from '../domain/decision/decide-check.ts';
import { formatQuestion, type Question } from '../domain/decision/question.ts';
import { cause, Fault, type Reason } from '../domain/errors.ts';
import { sessionRulesOf } from '../domain/session/terms.ts';
import type { Admission, AdmissionTerms, SessionRecord } from '../domain/session/state.ts';
import type { UserState } from '../domain/user/state.ts';
import {
  ownerOfSession,
  sessionIdOf,
  type Millis,
  type OperationId,
  type SessionId,
  type UserId,
} from '../domain/values.ts';
import type { AdmitOutcome } from '../ports/admission-store.ts';
import type { Sequence } from '../ports/document-store.ts';
import { entitlementsAt, termsOf } from './admission-terms.ts';
import { canonicalJson } from './canonical-json.ts';
import { actorOf, partnerOf, type Caller } from './caller.ts';
import { askOf, checkFacts, optionsOf, type RequestFacts } from './circumstances.ts';
import type { DecisionParts } from './decision-parts.ts';
import type { PartnerView } from './replica.ts';
import { settledUser } from './settled-user.ts';

export interface AdmitRequest extends Pick<RequestFacts, 'context'> {
  readonly providerId?: string | undefined;
  readonly sessionId: SessionId;
  readonly operationId: OperationId;
  readonly question?: Question | undefined;
  /** 1 to 1000. */
  readonly cost: number;
  readonly token?: string | undefined;
}

export interface Admitted {
  readonly admission: Admission;
  readonly replayed: boolean;
  readonly policyVersion: number;
  readonly sequence: Sequence;
}

export interface Opened {
  readonly reason: Reason;
  readonly session?: SessionRecord;
  readonly closed: readonly SessionId[];
  readonly sequence: Sequence;
}

const LOGIN: Question = { kind: 'permission', name: 'login' };

/** Sessions and the admission of operations: what is counted, once and exactly (S-12). */
export class SessionService {
  readonly #parts: DecisionParts;

  constructor(parts: DecisionParts) {
    this.#parts = parts;
  }

  /** Signs a user in where it may `login`; a denial is an answer, an idle user may. */
  async open(caller: Caller, request: { providerId?: string | undefined; userId: UserId }): Promise<Opened> {
    const view = this.#parts.changes.partner(partnerOf(caller, request.providerId));
    const now = this.#parts.changes.now();
    const { userId } = request;
    const user = await this.#parts.documents.get('user', userId);
    const decision = decideCheck(userId, LOGIN, view, askOf(view, userId, optionsOf(userId, LOGIN, now)));
    if (!decision.allowed || user?.providerId !== view.policy.providerId) {
      const reason = decision.allowed ? 'USER_NOT_FOUND' : decision.reason;
      return { reason, closed: [], sequence: this.#parts.replica.position };
    }
    const sessionId = sessionIdOf(view.policy.providerId, userId, randomBytes(16).toString('base64url'));
    const rules = sessionRulesOf(view.policy, user.role, entitlementsAt(view, user, now));
    const opened = await this.#parts.admissions.open({ sessionId, rules, now });
    await this.#audit(caller, sessionId, 'SessionOpened', now, { closed: opened.closed.length });
    return { reason: 'ALLOWED', ...opened, sequence: this.#parts.replica.position };
  }

  /** Checks and counts one operation in one atomic step. A repeat of an operation_id gets the first answer. */
  async admit(caller: Caller, request: AdmitRequest): Promise<Admitted> {
    this.#parts.replica.require(request.token);
    const owner = ownerOfSession(request.sessionId);
    const view = this.#viewOfSession(caller, request);
    const now = this.#parts.changes.now();
    const user = view && (await this.#parts.documents.get('user', owner.userId));
    if (!view || user?.providerId !== owner.providerId) {
      return this.#answer(caller, request, view, { admission: foreign(now), replayed: false });
    }
    const outcome = await this.#outcomeOf(view, settledUser(user, view, now), now, request);
    if (outcome.kind === 'key-reused') {
      throw new Fault('KEY_REUSED', 'operation_id: used before with another payload', {
        field: 'operation_id',
        rule: 'S-12',
      });
    }
    const { admission } = outcome;
    const { reason } = admission;
    await this.#audit(caller, request.sessionId, 'OperationAsked', now, {
      reason,
      replayed: outcome.kind === 'replay',
    });
    const until = admission.makesIdleUntil;
    // A repeat too: the first may have ended between its two commits. Who is idle already stays as it is.
    const idled =
      until === undefined
        ? undefined
        : await this.#parts.changes.changeUser(
            owner.providerId,
            owner.userId,
            { actor: { kind: 'system', id: 'admission' }, cause: admission.reason },
            (state) => (state.role === user.role ? { type: 'mark-idle', until } : { replay: true }),
          );
    return this.#answer(caller, request, view, {
      admission,
      replayed: outcome.kind === 'replay',
      sequence: idled?.sequence,
    });
  }

  /** A repeat gets its answer whatever has changed since, a policy that no longer knows the question included (domain §9). */
  async #outcomeOf(view: PartnerView, user: UserState, now: Millis, request: AdmitRequest): Promise<AdmitOutcome> {
    const { sessionId, operationId } = request;
    const operation = { sessionId, operationId, payloadHash: payloadHash(request), now };
    let terms: AdmissionTerms;
    try {
      checkFacts(request, view);
      terms = termsOf(view, user, now, request);
    } catch (fault) {
      const known = await this.#parts.admissions.recall(operation);
      if (known) return known;
      throw fault;
    }
    return this.#parts.admissions.admit({ ...operation, terms });
  }

  /** SESSION_NOT_FOUND for an unknown session and for another partner's alike (P-6). */
  async close(caller: Caller, request: SessionRequest): Promise<SessionSeen & { readonly sequence: Sequence }> {
    if (!this.#viewOfSession(caller, request)) throw notFound();
    const now = this.#parts.changes.now();
    const session = await this.#parts.admissions.close(request.sessionId, now);
    if (!session) throw notFound();
    await this.#audit(caller, request.sessionId, 'SessionClosed', now, {});
    return { session, now, sequence: this.#parts.replica.position };
  }

  /** An operator's acts on a partner are audited (P-7), without the id of the session (C-7); a partner's own are its everyday. */
  async #audit(
    caller: Caller,
    sessionId: SessionId,
    event: string,
    at: Millis,
    detail: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    if (caller.providerId !== undefined) return;
    const entry = { at, ...ownerOfSession(sessionId), event, actor: actorOf(caller), cause: event, detail };
    await this.#parts.audit.append([entry]);
  }

  async get(caller: Caller, request: SessionRequest): Promise<SessionSeen> {
    if (!this.#viewOfSession(caller, request)) throw notFound();
    const session = await this.#parts.admissions.get(request.sessionId);
    if (!session) throw notFound();
    return { session, now: this.#parts.changes.now() };
  }

  /** The partner of a session, when the caller may know of it. */
  #viewOfSession(caller: Caller, request: SessionRequest): PartnerView | undefined {
    const { providerId } = ownerOfSession(request.sessionId);
    const acting = caller.providerId === undefined ? (request.providerId ?? providerId) : request.providerId;
    return partnerOf(caller, acting) === providerId ? this.#parts.replica.partner(providerId) : undefined;
  }

  #answer(
    caller: Caller,
    request: AdmitRequest,
    view: PartnerView | undefined,
    outcome: { admission: Admission; replayed: boolean; sequence?: Sequence | undefined },
  ): Admitted {
    const { providerId, userId } = ownerOfSession(request.sessionId);
    const policyVersion = view?.state.policy.version ?? 0;
    if (view) {
      this.#parts.decisionLog?.record({
        at: outcome.admission.at,
        call: 'Admit',
        providerId,
        userId,
        question: formatQuestion(request.question),
        allowed: outcome.admission.admitted,
        reason: outcome.admission.reason,
        policyVersion,
        keyId: caller.keyId,
      });
    }
    return { ...outcome, policyVersion, sequence: outcome.sequence ?? this.#parts.replica.position };
  }
}

interface SessionRequest {
  readonly providerId?: string | undefined;
  readonly sessionId: SessionId;
}

/** A session as it was found, and the moment at which it was looked at. */
export interface SessionSeen {
  readonly session: SessionRecord;
  readonly now: Millis;
}

function notFound(): Fault {
  return new Fault('SESSION_NOT_FOUND', 'no such session', { field: 'session_id', rule: 'P-6' });
}

/** The answer for a session that the caller's partner has not. */
function foreign(at: Millis): Admission {
  const unknown = cause('SESSION_NOT_FOUND');
  return { admitted: false, reason: unknown.reason, causes: [unknown], warnings: [], retryAfterMs: 0, at };
}

/** Everything of a request but its operation_id: what a repeat must share with the first (S-12). */
function payloadHash({ sessionId, question, cost, context }: AdmitRequest): string {
  return createHash('sha256')
    .update(canonicalJson([sessionId, formatQuestion(question), cost, context ?? null]))
    .digest('hex');
}
