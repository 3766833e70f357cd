import type { SessionRecord } from '../domain/session/state.ts';
import type { Millis, ProviderId, UserId } from '../domain/values.ts';
import type { Sequence } from '../ports/document-store.ts';
import { actorOf, partnerOf, type Caller } from './caller.ts';
import type { DecisionParts } from './decision-parts.ts';

export interface UserSessionsRequest {
  readonly providerId?: string | undefined;
  readonly userId: UserId;
}

export interface UserSessions {
  /** Oldest first. */
  readonly sessions: readonly SessionRecord[];
  readonly now: Millis;
}

/** What support does with the sessions of a user. USER_NOT_FOUND for an unknown user and for another partner's alike (P-6). */
export class UserSessionService {
  readonly #parts: Pick<DecisionParts, 'changes' | 'replica' | 'admissions' | 'audit' | 'outage'>;

  constructor(parts: Pick<DecisionParts, 'changes' | 'replica' | 'admissions' | 'audit' | 'outage'>) {
    this.#parts = parts;
  }

  /** Those that are open now, whatever the state of the user. */
  async list(caller: Caller, request: UserSessionsRequest): Promise<UserSessions> {
    const providerId = await this.#providerOf(caller, request);
    const now = this.#parts.changes.now();
    return { sessions: await this.#parts.admissions.sessionsOf(providerId, request.userId, now), now };
  }

  /** Ends them all; `sessions` are those that it ended. Audited with actor and cause, the ids left out (C-7). */
  async closeAll(
    caller: Caller,
    request: UserSessionsRequest & { readonly cause?: string | undefined },
  ): Promise<UserSessions & { readonly sequence: Sequence }> {
    const { userId } = request;
    const providerId = await this.#providerOf(caller, request);
    const now = this.#parts.changes.now();
    this.#parts.outage.sessions.forgetUser(providerId, userId);
    const sessions = await this.#parts.admissions.closeAll(providerId, userId, now);
    const [event, actor] = ['SessionsClosed', actorOf(caller)];
    const detail = { closed: sessions.length };
    await this.#parts.audit.append([
      { at: now, providerId, userId, event, actor, cause: request.cause ?? event, detail },
    ]);
    return { sessions, now, sequence: this.#parts.replica.position };
  }

  async #providerOf(caller: Caller, { providerId: named, userId }: UserSessionsRequest): Promise<ProviderId> {
    const providerId = partnerOf(caller, named);
    this.#parts.changes.partner(providerId);
    await this.#parts.changes.user(providerId, userId);
    return providerId;
  }
}
