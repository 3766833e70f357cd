import { Fault, refused, type Refusal } from '../domain/errors.ts';
import { decide } from '../domain/user/decide.ts';
import { evolve } from '../domain/user/evolve.ts';
import { settle } from '../domain/user/settle.ts';
import type { UserCommand, UserEvent } from '../domain/user/commands.ts';
import { statusAt, subStatusAt, type UserState } from '../domain/user/state.ts';
import type { Actor, Millis, ProviderId, UserId } from '../domain/values.ts';
import type { Clock } from '../ports/clock.ts';
import type { AuditEntry, Document, DocumentStore, Sequence } from '../ports/document-store.ts';
import type { PartnerView, Replica } from './replica.ts';
import { untilCommitted } from './until-committed.ts';
import { userContext } from './user-context.ts';

/** Why and by whom a change is made; both go to the audit log. */
export interface Because {
  readonly actor: Actor;
  readonly cause: string;
}

/** Of what fell due before the command that met it, and is committed with it. */
const DUE: Because = { actor: { kind: 'system', id: 'due' }, cause: 'due' };

/** What a change of a user came to. `state` is the user after it, settled; a refusal may still have kept facts. */
export interface UserChange {
  readonly state: UserState;
  readonly refusal?: Refusal;
  readonly events: readonly UserEvent[];
  /** Position of the commit; undefined when nothing had to be committed. */
  readonly sequence?: Sequence;
  readonly now: Millis;
}

/**
 * The one way in which documents change: read, decide, commit on the `rev` that was read, and again if somebody else was
 * first. The replica has taken the change in before the answer is given.
 */
export class Changes {
  readonly #documents: DocumentStore;
  readonly #replica: Replica;
  readonly #clock: Clock;

  constructor(documents: DocumentStore, replica: Replica, clock: Clock) {
    this.#documents = documents;
    this.#replica = replica;
    this.#clock = clock;
  }

  now(): Millis {
    return this.#clock.now();
  }

  /** The partner, or PARTNER_NOT_FOUND. Call after `Replica.fresh`. */
  partner(providerId: ProviderId): PartnerView {
    const view = this.#replica.partner(providerId);
    if (!view) throw new Fault('PARTNER_NOT_FOUND', 'no such partner', { field: 'provider_id', rule: 'P-6' });
    return view;
  }

  /** The user, or USER_NOT_FOUND for an unknown one and for one of another partner alike (P-6). */
  async user(providerId: ProviderId, userId: UserId): Promise<UserState> {
    const state = await this.#documents.get('user', userId);
    if (!state || state.providerId !== providerId) {
      throw new Fault('USER_NOT_FOUND', 'no such user', { field: 'user_id', rule: 'P-6' });
    }
    return state;
  }

  /**
   * Changes a user that exists. `command` is asked anew on each attempt, with the state it will meet. `amend` may add to
   * the document what belongs into the same commit (a record of the answer) and sees the state after the events; it runs
   * only when the command was not refused.
   */
  async changeUser(
    providerId: ProviderId,
    userId: UserId,
    because: Because,
    command: (state: UserState, now: Millis) => UserCommand | { readonly replay: true },
    amend: (state: UserState, now: Millis) => UserState = (state) => state,
  ): Promise<UserChange> {
    return untilCommitted(async () => {
      const state = await this.user(providerId, userId);
      const now = this.#clock.now();
      const asked = command(state, now);
      return 'replay' in asked ? { state, events: [], now } : this.#attempt(state, asked, because, now, amend);
    });
  }

  /** Creates a user. REFUSED with USER_ID_TAKEN when the id is in use, by whatever partner (domain §9), or as `decide` refuses it. */
  async createUser(
    view: PartnerView,
    command: UserCommand & { readonly type: 'create' | 'import' },
    because: Because,
  ): Promise<UserChange> {
    const { userId } = command.type === 'create' ? command : command.user;
    const change = await untilCommitted(async () => {
      const taken = await this.#documents.get('user', userId);
      return this.#attempt(taken, command, because, this.#clock.now(), (state) => state, view);
    });
    if (change.refusal) throw refused(change.refusal, 'user_id');
    return change;
  }

  /** Commits any document; undefined when somebody else was first. Either way the replica has taken in what is committed. */
  async commit(document: Document, events: readonly AuditEntry[]): Promise<Sequence | undefined> {
    const outcome = await this.#documents.commit({ document, events });
    await this.#replica.fresh();
    return outcome.done ? outcome.sequence : undefined;
  }

  async #attempt(
    state: UserState | undefined,
    command: UserCommand,
    because: Because,
    now: Millis,
    amend: (state: UserState, now: Millis) => UserState,
    partner?: PartnerView,
  ): Promise<UserChange | undefined> {
    const view = partner ?? this.partner((state as UserState).providerId);
    const context = userContext(view, now);
    const { events, refusal } = decide(command, state, context);
    // `decide` settles first: that many of its events are not of the command.
    const due = state && command.type !== 'settle' ? settle(state, context).length : 0;
    let next = state;
    for (const event of events) next = evolve(next, event);
    if (next && refusal === undefined) next = amend(next, now);
    if (!next) throw refusal ? refused(refusal) : new RangeError(`${command.type} made no user`);
    if (next === state) return { state: next, events, now, ...(refusal && { refusal }) };
    const document = { ...next, rev: (state?.rev ?? 0) + 1 };
    const reasons = events.map((_, index) => (index < due ? DUE : because));
    const sequence = await this.commit(document, entries(document, state, events, reasons, now));
    return sequence === undefined ? undefined : { state: document, events, sequence, now, ...(refusal && { refusal }) };
  }
}

function entries(
  after: UserState,
  before: UserState | undefined,
  events: readonly UserEvent[],
  reasons: readonly Because[],
  now: Millis,
): AuditEntry[] {
  return events.map((event, index) => ({
    at: now,
    providerId: after.providerId,
    userId: after.userId,
    event: event.type,
    ...(reasons[index] as Because),
    detail: { ...detailOf(event), before: before ? facts(before, now) : null, after: facts(after, now) },
  }));
}

const facts = (state: UserState, now: Millis) => ({
  role: state.role,
  status: statusAt(state, now),
  sub_status: subStatusAt(state, now),
});

/** The facts of an event, as JSON, without what must not be logged (C-7). */
function detailOf(event: UserEvent): Record<string, unknown> {
  if (event.type === 'SigningStarted') {
    const { codeHash: _, type: __, ...rest } = event;
    return rest;
  }
  if (event.type === 'UserImported') return { role: event.user.role, zone: event.user.zone };
  if (event.type === 'UserCreated') return { zone: event.zone };
  const { type: _, ...rest } = event;
  return rest;
}
