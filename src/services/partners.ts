import { refused } from '../domain/errors.ts';
import type { PartnerStatus } from '../domain/values.ts';
import { actorOf, partnerOf, type Caller } from './caller.ts';
import type { Changes } from './change.ts';
import type { PartnerChanges } from './partner-change.ts';
import type { PartnerView, Replica } from './replica.ts';
import { formatToken } from './token.ts';

/** Partners as their callers and the operator see them. */
export class PartnerService {
  readonly #changes: Changes;
  readonly #replica: Replica;
  readonly #partnerChanges: PartnerChanges;

  constructor(changes: Changes, replica: Replica, partnerChanges: PartnerChanges) {
    this.#changes = changes;
    this.#replica = replica;
    this.#partnerChanges = partnerChanges;
  }

  /** The caller's partner; an operator names one. PARTNER_NOT_FOUND for any other (P-6). */
  get(caller: Caller, request: { readonly providerId?: string | undefined }): PartnerView {
    return this.#changes.partner(partnerOf(caller, request.providerId));
  }

  /** P-2: stops a partner or starts it again, in force at once. For operators; REFUSED when it is so already. */
  async setStatus(
    caller: Caller,
    request: {
      readonly providerId?: string | undefined;
      readonly status: PartnerStatus;
      readonly cause?: string | undefined;
    },
  ): Promise<{ partner: PartnerView; token: string }> {
    const providerId = partnerOf(caller, request.providerId);
    const command = { type: request.status === 'stopped' ? 'stop' : 'start' } as const;
    const because = { actor: actorOf(caller), cause: request.cause ?? command.type };
    const change = await this.#partnerChanges.change(providerId, command, because);
    if ('refusal' in change) throw refused(change.refusal);
    const token = formatToken(change.sequence ?? this.#replica.position);
    return { partner: this.#changes.partner(providerId), token };
  }
}
