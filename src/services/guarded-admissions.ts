import type { Policy } from '../domain/partner/policy.ts';
import type { Admission, AdmissionTerms } from '../domain/session/state.ts';
import { ownerOfSession, type Millis, type OperationId, type SessionId, type UserId } from '../domain/values.ts';
import type { AdmissionStore, AdmitOutcome } from '../ports/admission-store.ts';
import { isLoss, type Outage } from './outage.ts';

/** One operation as it is asked for; its terms are looked at when no earlier answer is known. */
export interface AskedOperation {
  readonly sessionId: SessionId;
  readonly operationId: OperationId;
  readonly payloadHash: string;
  readonly now: Millis;
  /** Throws for names that the policy does not know and facts that a caller may not bring. */
  terms(): AdmissionTerms;
}

/** The admission store, and the outage that stands in for it where the partner's policy allows that. */
export class GuardedAdmissions {
  readonly #store: AdmissionStore;
  readonly #outage: Outage;

  constructor(store: AdmissionStore, outage: Outage) {
    this.#store = store;
    this.#outage = outage;
  }

  /** A repeat gets its answer whatever has changed since, a policy that no longer knows the question included (domain §9). */
  async admit(asked: AskedOperation, onOutage: Policy['onOutage']): Promise<AdmitOutcome> {
    const [outcome] = await this.admitAll([asked], onOutage);
    return outcome as AdmitOutcome;
  }

  /**
   * Operations of one session, in order, in one call of the store. A fault of one comes from `fail`, with its place; then none has been
   * decided.
   */
  async admitAll(
    asked: readonly AskedOperation[],
    onOutage: Policy['onOutage'],
    fail: (error: unknown, position: number) => unknown = (error) => error,
  ): Promise<readonly AdmitOutcome[]> {
    const known: (AdmitOutcome | undefined)[] = [];
    const open: { readonly operation: AskedOperation; readonly terms: AdmissionTerms }[] = [];
    for (const [position, operation] of asked.entries()) {
      const found = await this.#knownOrTerms(operation).catch((error: unknown) => {
        throw fail(error, position);
      });
      if ('kind' in found) known.push(found);
      else {
        known.push(undefined);
        open.push({ operation, terms: found });
      }
    }
    const decided = (await this.#decide(open, onOutage)).values();
    return known.map((outcome) => outcome ?? (decided.next().value as AdmitOutcome));
  }

  /** What an admission would come to; counts nothing. */
  async preflight(
    asked: { readonly sessionId: SessionId; readonly terms: AdmissionTerms; readonly now: Millis },
    onOutage: Policy['onOutage'],
  ): Promise<Admission> {
    try {
      await this.#outage.settle(ownerOfSession(asked.sessionId).userId);
      const admission = await this.#store.preflight(asked);
      this.#outage.answered();
      return admission;
    } catch (error) {
      if (!isLoss(error)) throw error;
      this.#outage.lost(asked.now, error);
      return this.#outage.preflight({ ...asked, onOutage }, error);
    }
  }

  async #knownOrTerms(operation: AskedOperation): Promise<AdmitOutcome | AdmissionTerms> {
    if (this.#outage.owes(userOf(operation))) {
      const known = await this.#outage.recall(operation);
      if (known) return known;
    }
    try {
      return operation.terms();
    } catch (fault) {
      const known = await this.#store.recall(operation);
      if (known) return known;
      throw fault;
    }
  }

  async #decide(
    open: readonly { readonly operation: AskedOperation; readonly terms: AdmissionTerms }[],
    onOutage: Policy['onOutage'],
  ): Promise<readonly AdmitOutcome[]> {
    const [first] = open;
    if (!first) return [];
    const requests = open.map(({ operation: { sessionId, operationId, payloadHash, now }, terms }) => ({
      sessionId,
      operationId,
      payloadHash,
      now,
      terms,
    }));
    try {
      // What the user owes comes before anything that is decided on it.
      if (this.#outage.owes(userOf(first.operation))) await this.#outage.settle(userOf(first.operation));
      const [only] = requests;
      const outcomes =
        requests.length === 1 && only ? [await this.#store.admit(only)] : await this.#store.admitAll(requests);
      this.#outage.answered();
      for (const outcome of outcomes) this.#remember(first.operation.sessionId, outcome);
      return outcomes;
    } catch (error) {
      if (!isLoss(error)) throw error;
      this.#outage.lost(first.operation.now, error);
      const outcomes: AdmitOutcome[] = [];
      for (const request of requests) outcomes.push(await this.#outage.admit({ ...request, onOutage }, error));
      return outcomes;
    }
  }

  /** What an answer says of its session, for an outage to come. */
  #remember(sessionId: SessionId, outcome: AdmitOutcome): void {
    if (outcome.kind !== 'first') return;
    const { causes, sessionExpiresAt } = outcome.admission;
    if (causes.some(({ reason }) => SESSION_IS_OVER.has(reason))) this.#outage.sessions.forget(sessionId);
    else this.#outage.sessions.note(sessionId, sessionExpiresAt);
  }
}

const SESSION_IS_OVER: ReadonlySet<string> = new Set(['SESSION_NOT_FOUND', 'SESSION_CLOSED', 'SESSION_EXPIRED']);

const userOf = ({ sessionId }: AskedOperation): UserId => ownerOfSession(sessionId).userId;
