import { createHmac } from 'node:crypto';
import { Fault, type Refusal } from '../domain/errors.ts';
import type { ConfirmEvidence, PlanCommand } from '../domain/user/commands.ts';
import type { PlanChangeRecord, UserState } from '../domain/user/state.ts';
import type { HoldReason, IdempotencyKey, Millis, PlanId, UserId } from '../domain/values.ts';
import type { AdmissionStore } from '../ports/admission-store.ts';
import type { DocumentStore, Sequence } from '../ports/document-store.ts';
import { canonicalJson } from './canonical-json.ts';
import { actorOf, partnerOf, type Caller } from './caller.ts';
import type { Changes } from './change.ts';
import { confirmationCode, hashOfCode, isCodeOf, type CodeOrigin } from './confirmation-code.ts';
import { liftIdle } from './lift-idle.ts';
import { isLoss } from './outage.ts';
import type { PartnerView, Replica } from './replica.ts';
import { subscriptionView, type SubscriptionView } from './subscriptions.ts';
import { formatToken } from './token.ts';

export type PlanAction =
  | { readonly type: 'subscribe'; readonly planId: PlanId }
  | { readonly type: 'confirm'; readonly planId: PlanId; readonly code: string; readonly evidence: ConfirmEvidence }
  | { readonly type: 'cancel'; readonly at: 'now' | 'period_end' }
  | { readonly type: 'keep' }
  | { readonly type: 'suspend'; readonly hold: HoldReason }
  | { readonly type: 'restore'; readonly hold: HoldReason }
  | { readonly type: 'switch'; readonly planId: PlanId };

export interface PlanChangeRequest {
  /** An operator names the partner (P-7). */
  readonly providerId?: string | undefined;
  readonly userId: UserId;
  readonly key: IdempotencyKey;
  readonly action: PlanAction;
  /** For the audit log; the action where the caller gives none. */
  readonly cause?: string | undefined;
}

export interface PlanChangeAnswer {
  readonly done: boolean;
  /** Present when not done (B-11). */
  readonly refusal?: Refusal;
  readonly subscription: SubscriptionView;
  /** Present when a signing began. For the caller to deliver; never logged (C-7). */
  readonly code?: { readonly text: string; readonly expiresAt: Millis };
  readonly replayed: boolean;
  /** The consistency token (C-2). */
  readonly token: string;
}

/** How long the key of a done change is remembered, and how many of a user: the documents stay small (domain §9, Replays). */
export const CHANGE_KEPT_MS = 7 * 24 * 60 * 60 * 1000;
export const CHANGES_KEPT_MAX = 128;

/** What the document keeps of an answer: all but the code, which is derived again from its origin. */
interface RecordedAnswer {
  readonly subscription: SubscriptionView;
  readonly code?: { readonly origin: CodeOrigin; readonly expiresAt: Millis };
}

/** Changes of subscriptions: idempotent by key, and each one commit of one document (B-10). */
export class PlanChangeService {
  readonly #changes: Changes;
  readonly #replica: Replica;
  readonly #documents: DocumentStore;
  readonly #admissions: AdmissionStore;

  constructor(parts: { changes: Changes; replica: Replica; documents: DocumentStore; admissions: AdmissionStore }) {
    this.#changes = parts.changes;
    this.#replica = parts.replica;
    this.#documents = parts.documents;
    this.#admissions = parts.admissions;
  }

  /**
   * Makes one change, or refuses it as a normal answer. A change that was done is answered again by its key; one that was
   * refused is decided anew. Throws USER_NOT_FOUND, PLAN_NOT_FOUND (unknown and foreign alike, P-6), and KEY_REUSED for a
   * key that came with another payload.
   */
  async change(caller: Caller, request: PlanChangeRequest): Promise<PlanChangeAnswer> {
    const { userId, key, action } = request;
    const providerId = partnerOf(caller, request.providerId);
    const view = this.#changes.partner(providerId);
    const secret = await this.#documents.secret();
    const payloadHash = hashOfPayload(secret, request);
    const attempt: Attempt = { origin: undefined, recorded: undefined, replayed: false };

    const change = await this.#changes.changeUser(
      providerId,
      userId,
      { actor: actorOf(caller), cause: request.cause ?? action.type },
      (state, now) => {
        attempt.recorded = answerOf(state, key, payloadHash, now);
        attempt.replayed = attempt.recorded !== undefined;
        if (attempt.replayed) return { replay: true };
        if ('planId' in action) {
          requirePlan(view, action.planId);
          attempt.origin = { userId, planId: action.planId, rev: state.rev + 1 };
        }
        return commandOf(action, state, attempt.origin && hashOfCode(confirmationCode(secret, attempt.origin)));
      },
      (state, now) => {
        attempt.recorded = recordOf(state, view, secret, attempt.origin, now);
        return { ...state, planChanges: kept(state, { key, payloadHash, at: now, answer: attempt.recorded }) };
      },
    );
    const lifted = change.refusal ? undefined : await this.#liftIdle(view, change.state, change.now);
    // Without a commit of its own the answer may rest on what another process wrote: the token covers that too.
    if (change.sequence === undefined) await this.#replica.fresh();
    const token = formatToken(lifted ?? change.sequence ?? this.#replica.position);
    const { recorded, replayed } = attempt;
    if (recorded === undefined || change.refusal) {
      const subscription = subscriptionView(change.state, view, change.now);
      return { done: false, ...(change.refusal && { refusal: change.refusal }), subscription, replayed: false, token };
    }
    return { done: true, ...issued(recorded, secret), replayed, token };
  }

  /**
   * A plan that raises a limit ends the idle of a basic user where the windows have room (domain §9); the position then. Where the
   * admission store is away, the next admission or check finds it.
   */
  async #liftIdle(view: PartnerView, state: UserState, now: Millis): Promise<Sequence | undefined> {
    const parts = { changes: this.#changes, admissions: this.#admissions };
    try {
      return (await liftIdle(parts, view, state, now)) ? this.#replica.position : undefined;
    } catch (error) {
      if (isLoss(error)) return undefined;
      throw error;
    }
  }
}

/** What one attempt at a change found; a later attempt begins it anew. */
interface Attempt {
  origin: CodeOrigin | undefined;
  recorded: RecordedAnswer | undefined;
  replayed: boolean;
}

/** The answer that this key has had; KEY_REUSED when it came with another payload. */
function answerOf(state: UserState, key: string, payloadHash: string, now: Millis): RecordedAnswer | undefined {
  const record = state.planChanges.find((change) => change.key === key && now - change.at < CHANGE_KEPT_MS);
  if (!record) return undefined;
  if (record.payloadHash === payloadHash) return record.answer as RecordedAnswer;
  throw new Fault('KEY_REUSED', 'the idempotency key was used for another change', {
    field: 'idempotency_key',
    rule: 'one key, one payload',
  });
}

function recordOf(
  state: UserState,
  view: PartnerView,
  secret: Uint8Array,
  origin: CodeOrigin | undefined,
  now: Millis,
): RecordedAnswer {
  const subscription = subscriptionView(state, view, now);
  const { signing } = state;
  const isNew = signing && origin && signing.codeHash === hashOfCode(confirmationCode(secret, origin));
  return { subscription, ...(isNew && { code: { origin, expiresAt: signing.expiresAt } }) };
}

function issued(
  { subscription, code }: RecordedAnswer,
  secret: Uint8Array,
): Pick<PlanChangeAnswer, 'subscription' | 'code'> {
  if (!code) return { subscription };
  return { subscription, code: { text: confirmationCode(secret, code.origin), expiresAt: code.expiresAt } };
}

function kept(state: UserState, record: PlanChangeRecord): PlanChangeRecord[] {
  const young = state.planChanges.filter(({ key, at }) => key !== record.key && record.at - at < CHANGE_KEPT_MS);
  return [...young, record].slice(-CHANGES_KEPT_MAX);
}

function requirePlan(view: PartnerView, planId: PlanId): void {
  if (!view.plans.has(planId)) throw new Fault('PLAN_NOT_FOUND', 'no such plan', { field: 'plan_id', rule: 'B-4' });
}

/** `codeHash`: of the code that the commit would issue; given for the actions that name a plan. */
function commandOf(action: PlanAction, state: UserState, codeHash = ''): PlanCommand {
  switch (action.type) {
    case 'subscribe':
    case 'switch':
      return { type: action.type, planId: action.planId, codeHash };
    case 'confirm': {
      const codeMatches = state.signing !== undefined && isCodeOf(action.code, state.signing.codeHash);
      return { type: 'confirm', planId: action.planId, codeMatches, evidence: action.evidence };
    }
    case 'cancel':
    case 'keep':
    case 'suspend':
    case 'restore':
      return action;
    default:
      return action satisfies never;
  }
}

/** Of everything but the key, keyed with the store's secret: a code in the payload cannot be found from it. */
function hashOfPayload(secret: Uint8Array, { action, cause }: PlanChangeRequest): string {
  const payload = canonicalJson([action, cause ?? '']);
  return createHmac('sha256', secret).update(payload).digest('hex');
}
