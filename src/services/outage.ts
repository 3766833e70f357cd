import { createHash } from 'node:crypto';
import { Fault } from '../domain/errors.ts';
import type { Policy } from '../domain/partner/policy.ts';
import { endOf } from '../domain/session/session.ts';
import type { Admission, AdmissionTerms, SessionRecord } from '../domain/session/state.ts';
import {
  ownerOfSession,
  parseOperationId,
  type Millis,
  type OperationId,
  type SessionId,
  type UserId,
} from '../domain/values.ts';
import type { AdmissionStore, AdmitOutcome } from '../ports/admission-store.ts';
import type { Log } from '../ports/log.ts';
import type { DegradedOperation, OutageJournal } from '../ports/outage-journal.ts';
import { KnownSessions } from './known-sessions.ts';

/**
 * `users`: those that one replica lets in while the store is away; more are refused as unavailable. `operations`: those that it owes the
 * store at most, in memory and in the journal: its recovery is not met with a flood.
 */
const OUTAGE_MAX = { users: 10_000, operations: 50_000 } as const;
const JOURNAL_PAGE = 1_000;

export interface DegradedRequest {
  readonly sessionId: SessionId;
  readonly operationId: OperationId;
  readonly payloadHash: string;
  readonly now: Millis;
  readonly terms: AdmissionTerms;
  readonly onOutage: Policy['onOutage'];
}

/** What operators see of outages of the admission store. */
export interface OutageFacts {
  readonly away: boolean;
  /** Since this process started. */
  readonly outages: number;
  readonly degraded: number;
  readonly reconciled: number;
  /** Admitted and not counted yet. */
  readonly owed: number;
}

interface Owed {
  readonly operation: DegradedOperation;
  /** Resolves when the journal has it. */
  readonly position: Promise<number>;
}

/** One user's share of an outage: its allowance is free again when all of it is counted. */
interface Debt {
  cost: number;
  readonly owed: Map<OperationId, Owed>;
  counting: Promise<void> | undefined;
}

/**
 * What happens while the admission store is away. Nobody is admitted, unless the partner's policy names the role (`on_outage`): then up
 * to its number of operations a user on each replica, in sessions that this replica knows to be open. Such an operation is in the journal
 * before it is answered, is answered alike when it is repeated here, and is counted once the store is back, before anything else of the
 * user is decided.
 */
export class Outage {
  readonly sessions = new KnownSessions();
  readonly #admissions: AdmissionStore;
  readonly #journal: OutageJournal;
  readonly #log: Log;
  readonly #max: Record<keyof typeof OUTAGE_MAX, number>;
  readonly #debts = new Map<UserId, Debt>();
  #owed = 0;
  #since: Millis | undefined;
  #outages = 0;
  #degraded = 0;
  #reconciled = 0;

  constructor(parts: {
    admissions: AdmissionStore;
    journal: OutageJournal;
    log: Log;
    max?: Record<keyof typeof OUTAGE_MAX, number>;
  }) {
    this.#admissions = parts.admissions;
    this.#journal = parts.journal;
    this.#log = parts.log;
    this.#max = parts.max ?? OUTAGE_MAX;
  }

  facts(): OutageFacts {
    const counts = { outages: this.#outages, degraded: this.#degraded, reconciled: this.#reconciled };
    return { away: this.#since !== undefined, ...counts, owed: this.#owed };
  }

  /** Whether operations of this user wait to be counted. */
  owes(userId: UserId): boolean {
    return this.#debts.has(userId);
  }

  /** The answer of an operation that waits to be counted; undefined for any other. */
  async recall(
    request: Pick<DegradedRequest, 'sessionId' | 'operationId' | 'payloadHash'>,
  ): Promise<AdmitOutcome | undefined> {
    const known = this.#owedBy(request);
    return known && answerOf(known, request.payloadHash);
  }

  /** A session that the store has opened is known from then on; those that gave way to it are not. */
  opened({ session, closed }: { readonly session: SessionRecord; readonly closed: readonly SessionId[] }): void {
    for (const sessionId of closed) this.sessions.forget(sessionId);
    this.sessions.note(session.sessionId, endOf(session)?.at);
  }

  /** The store has answered a call. */
  answered(): void {
    if (this.#since === undefined) return;
    this.#log.info('the admission store answers again', { owed: this.#owed });
    this.#since = undefined;
  }

  /** The store has not answered a call. */
  lost(now: Millis, error: unknown): void {
    if (this.#since !== undefined) return;
    this.#since = now;
    this.#outages += 1;
    this.#log.warn('the admission store does not answer', { error });
  }

  /**
   * What an admission of this operation would come to without the store; counts nothing. Throws `lost`, the fault of the store, where
   * the policy, the user, the session or a bound does not allow it.
   */
  preflight(request: Omit<DegradedRequest, 'operationId' | 'payloadHash'>, lost: unknown): Admission {
    const { sessionId, terms, now } = request;
    const known = this.sessions.endOf(sessionId, now);
    if (!known || !this.#hasRoom(request) || isBarred(terms, now)) throw lost;
    const { inactivityMs } = terms.sessionRules;
    const endsAt = inactivityMs === undefined ? known.endsAt : now + inactivityMs;
    return {
      admitted: true,
      reason: 'ADMITTED',
      causes: [],
      warnings: [],
      retryAfterMs: 0,
      ...(endsAt !== undefined && { sessionExpiresAt: endsAt }),
      lifts: [],
      degraded: true,
      at: now,
    };
  }

  /** As `preflight`, and counts: in the journal before it resolves. */
  async admit(request: DegradedRequest, lost: unknown): Promise<AdmitOutcome> {
    // Nothing may wait between this look and the debt: two at once are one operation.
    const known = this.#owedBy(request);
    if (known) return answerOf(known, request.payloadHash);
    const admission = this.preflight(request, lost);
    const { sessionId, operationId, payloadHash, terms, now } = request;
    const { cost, counted } = terms;
    const operation = { sessionId, operationId, payloadHash, cost, counted, at: now, admission };
    const position = this.#journal.append(operation);
    this.#owe(operation, position);
    try {
      await position;
    } catch (error) {
      this.#forget(operation);
      throw error;
    }
    this.#degraded += 1;
    this.sessions.note(sessionId, admission.sessionExpiresAt);
    return { kind: 'first', admission };
  }

  /** Counts what this user owes. Rejects while the store is away, and keeps the rest. */
  async settle(userId: UserId): Promise<void> {
    const debt = this.#debts.get(userId);
    if (!debt) return;
    debt.counting ??= this.#count(debt).finally(() => {
      debt.counting = undefined;
    });
    await debt.counting;
  }

  /** Takes in what the journal holds of ended processes. Before the first answer, so that a repeat is known for one (S-12). */
  async load(): Promise<void> {
    for (let after = 0; ;) {
      const entries = await this.#journal.read(after, JOURNAL_PAGE);
      for (const { position, operation } of entries) {
        const { userId } = ownerOfSession(operation.sessionId);
        if (this.#debts.get(userId)?.owed.has(operation.operationId)) continue;
        this.#owe(operation, Promise.resolve(position));
      }
      after = entries.at(-1)?.position ?? after;
      if (entries.length < JOURNAL_PAGE) return;
    }
  }

  /** Counts what is owed by this replica, and what ended processes left in the journal, as far as the store answers. */
  async reconcile(): Promise<void> {
    await this.load();
    if (this.#debts.size === 0) {
      // Nobody may ask for a while: it is told all the same when the store is back.
      if (this.#since !== undefined && (await this.#admissions.health()).state !== 'down') this.answered();
      return;
    }
    const before = this.#reconciled;
    for (const userId of this.#debts.keys()) {
      await this.settle(userId).catch((error: unknown) => {
        if (isLoss(error)) throw error;
        // What is wrong with one user's data keeps nobody else waiting (P-5).
        this.#log.warn('what one user owes cannot be counted', { error });
      });
    }
    this.answered();
    this.#log.info('operations admitted during an outage are counted', { operations: this.#reconciled - before });
  }

  async #count(debt: Debt): Promise<void> {
    for (const { operation, position } of debt.owed.values()) {
      const at = await position.catch(() => undefined);
      if (at === undefined) continue;
      await this.#countOnce(operation);
      await this.#journal.remove(at);
      this.#reconciled += 1;
      this.#forget(operation);
    }
  }

  /**
   * The store may have refused the operation before it was lost, or know its id from elsewhere: then it is counted under another id,
   * for it was admitted.
   */
  async #countOnce(operation: DegradedOperation): Promise<void> {
    const { sessionId, operationId, payloadHash, at: now } = operation;
    const known = await this.#admissions.recall({ sessionId, operationId, payloadHash, now });
    const isTaken = known !== undefined && !(known.kind === 'replay' && known.admission.admitted);
    await this.#admissions.count(isTaken ? { ...operation, operationId: standInOf(operation) } : operation);
  }

  #owedBy({ sessionId, operationId }: Pick<DegradedRequest, 'sessionId' | 'operationId'>): Owed | undefined {
    return this.#debts.get(ownerOfSession(sessionId).userId)?.owed.get(operationId);
  }

  #owe(operation: DegradedOperation, position: Promise<number>): void {
    const { userId } = ownerOfSession(operation.sessionId);
    const debt: Debt = this.#debts.get(userId) ?? { cost: 0, owed: new Map(), counting: undefined };
    debt.cost += operation.cost;
    debt.owed.set(operation.operationId, { operation, position });
    this.#debts.set(userId, debt);
    this.#owed += 1;
  }

  #forget(operation: DegradedOperation): void {
    const { userId } = ownerOfSession(operation.sessionId);
    const debt = this.#debts.get(userId);
    if (!debt?.owed.delete(operation.operationId)) return;
    debt.cost -= operation.cost;
    this.#owed -= 1;
    if (debt.owed.size === 0) this.#debts.delete(userId);
  }

  #hasRoom({ sessionId, terms, onOutage }: Pick<DegradedRequest, 'sessionId' | 'terms' | 'onOutage'>): boolean {
    if (!onOutage.admit.has(terms.role)) return false;
    if (this.#owed >= this.#max.operations) return false;
    const debt = this.#debts.get(ownerOfSession(sessionId).userId);
    if (!debt && this.#debts.size >= this.#max.users) return false;
    return (debt?.cost ?? 0) + terms.cost <= onOutage.operations;
  }
}

/** The same whenever it is made, so that the operation is counted once. */
function standInOf({ operationId, payloadHash }: DegradedOperation): OperationId {
  const digest = createHash('sha256').update(`${operationId}/${payloadHash}`).digest('hex');
  return parseOperationId(`degraded/${digest}`, 'operation_id');
}

/** Once the journal has it. */
async function answerOf({ operation, position }: Owed, payloadHash: string): Promise<AdmitOutcome> {
  await position;
  return operation.payloadHash === payloadHash
    ? { kind: 'replay', admission: operation.admission }
    : { kind: 'key-reused' };
}

/** What is known without the store and stands in the way of any operation. */
function isBarred({ causesBefore, causesAfter, idle, reviewOpen }: AdmissionTerms, now: Millis): boolean {
  return causesBefore.length + causesAfter.length > 0 || reviewOpen || (idle !== undefined && now < idle.until);
}

/** Whether an error is the loss of a store, and not the caller's fault or ours. */
export function isLoss(error: unknown): boolean {
  return error instanceof Fault && error.code === 'UNAVAILABLE';
}
