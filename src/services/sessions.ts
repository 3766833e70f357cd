import { randomBytes } from 'node:crypto';
import { decideCheck } from '../domain/decision/decide-check.ts';
import { formatQuestion, type Question } from '../domain/decision/question.ts';
import { cause, type Reason } from '../domain/errors.ts';
import { sessionRulesOf } from '../domain/session/terms.ts';
import type { Admission, SessionRecord } from '../domain/session/state.ts';
import type { UserState } from '../domain/user/state.ts';
import { ownerOfSession, sessionIdOf, type Millis, type SessionId, type UserId } from '../domain/values.ts';
import type { AdmitOutcome } from '../ports/admission-store.ts';
import type { Sequence } from '../ports/document-store.ts';
import { keyReused, payloadHash, requireOneUse, type AdmitOperation } from './admission-requests.ts';
import { entitlementsAt, termsOf } from './admission-terms.ts';
import { applyEffect } from './apply-effect.ts';
import { partnerOf, type Caller } from './caller.ts';
import { askOf, checkFacts, optionsOf } from './circumstances.ts';
import type { DecisionParts } from './decision-parts.ts';
import { faultAt } from './fault-at.ts';
import { GuardedAdmissions, type AskedOperation } from './guarded-admissions.ts';
import { liftIdle } from './lift-idle.ts';
import type { PartnerView } from './replica.ts';
import { auditOfSession, sessionNotFound } from './session-audit.ts';
import { settledUser } from './settled-user.ts';

interface OfSession {
  readonly providerId?: string | undefined;
  readonly sessionId: SessionId;
}

export interface AdmitRequest extends OfSession, AdmitOperation {
  readonly token?: string | undefined;
}

export interface AdmitBatchRequest extends OfSession {
  /** 1 to 50. */
  readonly operations: readonly AdmitOperation[];
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

/** A session as it was found, and the moment at which it was looked at. */
export interface SessionSeen {
  readonly session: SessionRecord;
  readonly now: Millis;
}

/** Whose operations are asked about: a user of the caller's partner, settled. */
interface Subject {
  readonly view: PartnerView;
  readonly user: UserState;
  readonly now: Millis;
}

const LOGIN: Question = { kind: 'permission', name: 'login' };

/** Sessions and the admission of operations: what is counted, once and exactly (S-12). */
export class SessionService {
  readonly #parts: DecisionParts;
  readonly #admissions: GuardedAdmissions;

  constructor(parts: DecisionParts) {
    this.#parts = parts;
    this.#admissions = new GuardedAdmissions(parts.admissions, parts.outage);
  }

  /** Signs a user in where it may `login`; a denial is an answer, an idle user may. */
  async open(caller: Caller, request: { providerId?: string | undefined; userId: UserId }): Promise<Opened> {
    const view = this.#parts.changes.partner(partnerOf(caller, request.providerId));
    const now = this.#parts.changes.now();
    const { userId } = request;
    const found = await this.#parts.documents.get('user', userId);
    const decision = decideCheck(userId, LOGIN, view, askOf(view, userId, optionsOf(userId, LOGIN, now)));
    if (!decision.allowed || found?.providerId !== view.policy.providerId) {
      const reason = decision.allowed ? 'USER_NOT_FOUND' : decision.reason;
      return { reason, closed: [], sequence: this.#parts.replica.position };
    }
    const user = settledUser(found, view, now);
    const sessionId = sessionIdOf(view.policy.providerId, userId, randomBytes(16).toString('base64url'));
    const rules = sessionRulesOf(view.policy, user.role, entitlementsAt(view, user, now));
    const opened = await this.#parts.admissions.open({ sessionId, rules, now });
    this.#parts.outage.opened(opened);
    const detail = { closed: opened.closed.length };
    await auditOfSession(this.#parts.audit, caller, { sessionId, event: 'SessionOpened', at: now, detail });
    return { reason: 'ALLOWED', ...opened, sequence: this.#parts.replica.position };
  }

  /** Checks and counts one operation in one atomic step. A repeat of an operation_id gets the first answer. */
  async admit(caller: Caller, request: AdmitRequest): Promise<Admitted> {
    const subject = await this.#subjectOf(caller, request);
    if (!subject) return this.#answer(caller, request, request.sessionId, undefined, this.#foreign());
    const asked = this.#asked(subject, request.sessionId, request);
    const outcome = await this.#admissions.admit(asked, subject.view.policy.onOutage);
    if (outcome.kind === 'key-reused') throw keyReused();
    await this.#auditOperation(caller, request.sessionId, outcome);
    const sequence = await applyEffect(this.#parts.changes, subject.user, outcome.admission);
    return this.#answer(caller, request, request.sessionId, subject.view, outcome, sequence);
  }

  /**
   * Operations of one session, each decided after the one before it, all in one call of the store. A fault names the operation; one in
   * its names or facts decides none of them, KEY_REUSED leaves the others decided: sent again, they get the first answers.
   */
  async admitBatch(
    caller: Caller,
    request: AdmitBatchRequest,
  ): Promise<{ readonly admissions: readonly Admitted[]; readonly sequence: Sequence }> {
    const { sessionId, operations } = request;
    requireOneUse(sessionId, operations);
    const subject = await this.#subjectOf(caller, request);
    if (!subject) {
      const foreign = this.#foreign();
      const admissions = operations.map((each) => this.#answer(caller, each, sessionId, undefined, foreign));
      return { admissions, sequence: this.#parts.replica.position };
    }
    const asked = operations.map((each) => this.#asked(subject, sessionId, each));
    const outcomes = await this.#admissions.admitAll(asked, subject.view.policy.onOutage, (error, position) =>
      faultAt('operations', position, error),
    );
    const answers: Admitted[] = [];
    let reused: unknown;
    for (const [position, outcome] of outcomes.entries()) {
      if (outcome.kind === 'key-reused') {
        reused ??= faultAt('operations', position, keyReused());
        continue;
      }
      await this.#auditOperation(caller, sessionId, outcome);
      const sequence = await applyEffect(this.#parts.changes, subject.user, outcome.admission);
      const operation = operations[position] as AdmitOperation;
      answers.push(this.#answer(caller, operation, sessionId, subject.view, outcome, sequence));
    }
    if (reused !== undefined) throw reused;
    return { admissions: answers, sequence: Math.max(...answers.map(({ sequence }) => sequence)) };
  }

  /** SESSION_NOT_FOUND for an unknown session and for another partner's alike (P-6). With a cause, audited whoever calls. */
  async close(
    caller: Caller,
    request: OfSession & { readonly cause?: string | undefined },
  ): Promise<SessionSeen & { readonly sequence: Sequence }> {
    const { sessionId } = request;
    if (!this.#viewOfSession(caller, request)) throw sessionNotFound();
    const now = this.#parts.changes.now();
    // Before the store is asked: one that is away must not keep the session known as open.
    this.#parts.outage.sessions.forget(sessionId);
    const session = await this.#parts.admissions.close(sessionId, now);
    if (!session) throw sessionNotFound();
    const act = { sessionId, event: 'SessionClosed', at: now, cause: request.cause };
    await auditOfSession(this.#parts.audit, caller, act);
    return { session, now, sequence: this.#parts.replica.position };
  }

  async get(caller: Caller, request: OfSession): Promise<SessionSeen> {
    if (!this.#viewOfSession(caller, request)) throw sessionNotFound();
    const session = await this.#parts.admissions.get(request.sessionId);
    if (!session) throw sessionNotFound();
    return { session, now: this.#parts.changes.now() };
  }

  /** Undefined where the caller's partner has no such user; ends an idle that a raised limit lifts, since all else depends on it. */
  async #subjectOf(
    caller: Caller,
    request: OfSession & { readonly token?: string | undefined },
  ): Promise<Subject | undefined> {
    this.#parts.replica.require(request.token);
    const owner = ownerOfSession(request.sessionId);
    const view = this.#viewOfSession(caller, request);
    const now = this.#parts.changes.now();
    const found = view && (await this.#parts.documents.get('user', owner.userId));
    if (!view || found?.providerId !== owner.providerId) return undefined;
    const user = settledUser(found, view, now);
    if (!(await liftIdle(this.#parts, view, user, now))) return { view, user, now };
    return { view, user: settledUser(await this.#parts.changes.user(owner.providerId, owner.userId), view, now), now };
  }

  #asked({ view, user, now }: Subject, sessionId: SessionId, operation: AdmitOperation): AskedOperation {
    return {
      sessionId,
      operationId: operation.operationId,
      payloadHash: payloadHash(sessionId, operation),
      now,
      terms() {
        checkFacts(operation, view);
        return termsOf(view, user, now, operation);
      },
    };
  }

  async #auditOperation(
    caller: Caller,
    sessionId: SessionId,
    { kind, admission: { reason, at } }: Exclude<AdmitOutcome, { kind: 'key-reused' }>,
  ): Promise<void> {
    const detail = { reason, replayed: kind === 'replay' };
    await auditOfSession(this.#parts.audit, caller, { sessionId, event: 'OperationAsked', at, detail });
  }

  /** The partner of a session, when the caller may know of it. */
  #viewOfSession(caller: Caller, request: OfSession): PartnerView | undefined {
    const { providerId } = ownerOfSession(request.sessionId);
    const acting = caller.providerId === undefined ? (request.providerId ?? providerId) : request.providerId;
    return partnerOf(caller, acting) === providerId ? this.#parts.replica.partner(providerId) : undefined;
  }

  /** The answer for a session that the caller's partner has not. */
  #foreign(): Exclude<AdmitOutcome, { kind: 'key-reused' }> {
    const unknown = cause('SESSION_NOT_FOUND');
    const { reason } = unknown;
    const at = this.#parts.changes.now();
    const admission = { admitted: false, reason, causes: [unknown], warnings: [], lifts: [], retryAfterMs: 0, at };
    return { kind: 'first', admission };
  }

  #answer(
    caller: Caller,
    { question }: AdmitOperation,
    sessionId: SessionId,
    view: PartnerView | undefined,
    { kind, admission }: Exclude<AdmitOutcome, { kind: 'key-reused' }>,
    sequence: Sequence = this.#parts.replica.position,
  ): Admitted {
    const policyVersion = view?.state.policy.version ?? 0;
    if (view) {
      this.#parts.decisionLog?.record({
        at: admission.at,
        call: 'Admit',
        ...ownerOfSession(sessionId),
        question: formatQuestion(question),
        allowed: admission.admitted,
        reason: admission.reason,
        policyVersion,
        keyId: caller.keyId,
      });
    }
    return { admission, replayed: kind === 'replay', policyVersion, sequence };
  }
}
