import { ownerOfSession, type Millis, type ProviderId, type SessionId, type UserId } from '../domain/values.ts';

/** Sessions kept in memory; past it those longest unused are forgotten, and are then not known to be open. */
export const KNOWN_SESSIONS_MAX = 50_000;

/**
 * Sessions that this replica has seen open, with the end that they had when it last saw them: all that it can know of them while the
 * admission store is away.
 */
export class KnownSessions {
  readonly #max: number;
  /** In the order of their last use. */
  readonly #endsAt = new Map<SessionId, Millis | undefined>();

  constructor(max: number = KNOWN_SESSIONS_MAX) {
    this.#max = max;
  }

  /** `endsAt` undefined: nothing ends it by itself. */
  note(sessionId: SessionId, endsAt: Millis | undefined): void {
    this.#endsAt.delete(sessionId);
    this.#endsAt.set(sessionId, endsAt);
    if (this.#endsAt.size <= this.#max) return;
    for (const longestUnused of this.#endsAt.keys()) {
      this.#endsAt.delete(longestUnused);
      return;
    }
  }

  forget(sessionId: SessionId): void {
    this.#endsAt.delete(sessionId);
  }

  /** Looks at every session: for the rare act on a user. */
  forgetUser(providerId: ProviderId, userId: UserId): void {
    for (const sessionId of this.#endsAt.keys()) {
      const owner = ownerOfSession(sessionId);
      if (owner.userId === userId && owner.providerId === providerId) this.#endsAt.delete(sessionId);
    }
  }

  /** When it ends, by the last known facts; false for one that is over or was never seen. */
  endOf(sessionId: SessionId, now: Millis): { readonly endsAt: Millis | undefined } | false {
    if (!this.#endsAt.has(sessionId)) return false;
    const endsAt = this.#endsAt.get(sessionId);
    return endsAt === undefined || now < endsAt ? { endsAt } : false;
  }
}
