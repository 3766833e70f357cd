import { randomUUID } from 'node:crypto';
import type { ProviderId, UserId } from '../domain/values.ts';
import type { DocumentStore } from '../ports/document-store.ts';
import type { Because, Changes } from './change.ts';
import type { Replica } from './replica.ts';

const BECAUSE: Because = { actor: { kind: 'system', id: 'sweep' }, cause: 'due' };
/** Users settled between two looks at the lease; they share the flushes of the store. */
const BATCH_USERS = 64;
/** Long enough for a batch on a slow disk; a sweep that died is followed by another after it. */
const LEASE_MS = 10_000;

/**
 * Acts on what ends by itself without a request arriving (K-4): expired verifications and codes, ends of periods, suspensions
 * that nobody lifted, idle that is over. On one replica at a time, by a lease; what two of them did at once would still be
 * done once, each change being a compare-and-set. A stopped partner waits until it is started (domain §9).
 */
export class SweepService {
  readonly #documents: DocumentStore;
  readonly #changes: Changes;
  readonly #replica: Replica;
  readonly #holder = randomUUID();

  constructor(documents: DocumentStore, changes: Changes, replica: Replica) {
    this.#documents = documents;
    this.#changes = changes;
    this.#replica = replica;
  }

  /** Settles every user who is due; the number of them. 0 also while another replica sweeps. */
  async run(): Promise<number> {
    await this.#replica.fresh();
    let settled = 0;
    for (const { policy, state } of this.#replica.partners()) {
      if (state.status === 'active') settled += await this.#sweep(policy.providerId);
    }
    return settled;
  }

  async #sweep(providerId: ProviderId): Promise<number> {
    let settled = 0;
    for (;;) {
      const now = this.#changes.now();
      const due = await this.#documents.dueUsers(providerId, now, BATCH_USERS);
      if (due.length === 0 || !(await this.#documents.lease('sweep', this.#holder, now, LEASE_MS))) return settled;
      const done = await Promise.allSettled(due.map((userId) => this.#settle(providerId, userId)));
      const moved = done.filter((each) => each.status === 'fulfilled' && each.value).length;
      settled += moved;
      // One user who cannot be settled now keeps nobody else from it; the next run comes back to it.
      if (moved < due.length) return settled;
    }
  }

  async #settle(providerId: ProviderId, userId: UserId): Promise<boolean> {
    const { events } = await this.#changes.changeUser(providerId, userId, BECAUSE, () => ({ type: 'settle' }));
    return events.length > 0;
  }
}
