import { admissionOf } from '../../src/domain/session/admission.ts';
import { arrayLog } from '../../src/domain/session/array-log.ts';
import { judge } from '../../src/domain/session/judge.ts';
import {
  closeSession,
  openSession,
  sessionsToClose,
  settleSession,
  stateAt,
  touch,
} from '../../src/domain/session/session.ts';
import { NO_STANDING, type Admission, type SessionRecord, type Standing } from '../../src/domain/session/state.ts';
import type { OperationId, SessionId } from '../../src/domain/values.ts';
import type { AdmissionStore, AdmitOutcome } from '../../src/ports/admission-store.ts';
import { WEEK } from './admission-fixtures.ts';

type Request<K extends 'open' | 'admit' | 'count' | 'preflight'> = Parameters<AdmissionStore[K]>[0];

/** What an admission store does for one user, with nothing but the domain and what it was told, all of which it keeps. */
export class DomainModel {
  readonly #moments: number[] = [];
  readonly #answers = new Map<OperationId, { payloadHash: string; admission: Admission }>();
  readonly sessions = new Map<SessionId, SessionRecord>();
  #standing: Standing = NO_STANDING;

  open({ sessionId, rules, now }: Request<'open'>): { session: SessionRecord; closed: readonly SessionId[] } {
    const known = this.sessions.get(sessionId);
    if (known) return { session: known, closed: [] };
    const at = Math.max(now, this.#standing.latestAt);
    if (rules.openMax !== undefined) {
      for (const session of this.sessions.values()) this.#keep(settleSession(session, at, rules));
    }
    const open = [...this.sessions.values()].filter(({ endedAt }) => endedAt === undefined);
    const closing = sessionsToClose(open, rules.openMax);
    for (const session of closing) this.#keep(closeSession(session, at, 'replaced'));
    const session = openSession({ sessionId, rules, now: at });
    this.#keep(session);
    this.#standing = { ...this.#standing, latestAt: at };
    return { session, closed: closing.map((each) => each.sessionId) };
  }

  preflight({ sessionId, terms, now }: Request<'preflight'>): Admission {
    return admissionOf(this.#judged({ sessionId, terms, now }), terms);
  }

  admit(request: Request<'admit'>): AdmitOutcome {
    const { sessionId, operationId, payloadHash, terms, now } = request;
    const known = this.recall(operationId, payloadHash, now);
    if (known) return known;
    const judgement = this.#judged(request);
    const admission = admissionOf(judgement, terms);
    const { at, admitted } = judgement;
    const session = this.sessions.get(sessionId);
    if (admitted && terms.counted) this.#moments.push(...Array<number>(terms.cost).fill(at));
    if (session)
      this.#keep(admitted ? touch(session, at, terms.sessionRules) : settleSession(session, at, terms.sessionRules));
    this.#standing = judgement.standing;
    this.#answers.set(operationId, { payloadHash, admission });
    return { kind: 'first', admission };
  }

  answeredAt(operationId: OperationId): number | undefined {
    return this.#answers.get(operationId)?.admission.at;
  }

  recall(operationId: OperationId, payloadHash: string, now: number): AdmitOutcome | undefined {
    const known = this.#answers.get(operationId);
    if (!known || now >= known.admission.at + WEEK) return undefined;
    return known.payloadHash === payloadHash ? { kind: 'replay', admission: known.admission } : { kind: 'key-reused' };
  }

  count({ sessionId, operationId, payloadHash, cost, counted, at: askedAt, admission }: Request<'count'>): void {
    if (this.recall(operationId, payloadHash, askedAt) || askedAt + WEEK <= this.#standing.latestAt) return;
    const at = Math.max(askedAt, this.#standing.latestAt);
    if (counted) this.#moments.push(...Array<number>(cost).fill(at));
    this.#standing = { ...this.#standing, latestAt: at, lastAdmittedAt: at };
    const session = this.sessions.get(sessionId);
    if (session && stateAt(session, askedAt) === 'open') this.#keep(touch(session, askedAt, session.rules));
    this.#answers.set(operationId, { payloadHash, admission });
  }

  close(sessionId: SessionId, now: number): SessionRecord | undefined {
    const session = this.sessions.get(sessionId);
    return session && this.#keep(closeSession(session, Math.max(now, this.#standing.latestAt), 'logout'));
  }

  closeAll(now: number): readonly SessionRecord[] {
    const at = Math.max(now, this.#standing.latestAt);
    return this.openAt(at).map((session) => this.#keep(closeSession(session, at, 'logout')));
  }

  openAt(now: number): readonly SessionRecord[] {
    return [...this.sessions.values()].filter(
      (session) => session.endedAt === undefined && stateAt(session, now) === 'open',
    );
  }

  #judged({ sessionId, terms, now }: Request<'preflight'>) {
    const session = this.sessions.get(sessionId);
    return judge({ session, log: arrayLog(this.#moments), standing: this.#standing, terms, now });
  }

  #keep(session: SessionRecord): SessionRecord {
    this.sessions.set(session.sessionId, session);
    return session;
  }
}
