import type { Ulids } from '../../ports/ulids.ts';
import type { PartnerView, Replica } from '../replica.ts';

/** A partner's own relationships, seen as a store of OpenFGA's API: readable, never writable (C-1). */
export interface DerivedStore {
  readonly id: string;
  readonly name: string;
  /** The only model that it has: the one in force. */
  readonly modelId: string;
  readonly view: PartnerView;
}

/** The derived store of each partner; ids are the same in every process and after every start. */
export class DerivedStores {
  readonly #replica: Replica;
  readonly #ulids: Ulids;
  /** Ids of stores and models, by partner; a partner's changes with its model. */
  readonly #known = new Map<string, { readonly modelText: string; readonly id: string; readonly modelId: string }>();

  constructor(replica: Replica, ulids: Ulids) {
    this.#replica = replica;
    this.#ulids = ulids;
  }

  /** Of one partner, or of all, by id. */
  list(providerId?: string): readonly DerivedStore[] {
    const found: DerivedStore[] = [];
    for (const view of this.#replica.partners()) {
      if (providerId === undefined || view.policy.providerId === providerId) found.push(this.#storeOf(view));
    }
    return found.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  find(storeId: string): DerivedStore | undefined {
    for (const view of this.#replica.partners()) {
      const store = this.#storeOf(view);
      if (store.id === storeId) return store;
    }
    return undefined;
  }

  #storeOf(view: PartnerView): DerivedStore {
    const { providerId } = view.policy;
    const { createdAt, modelText } = view.state;
    let known = this.#known.get(providerId);
    if (known?.modelText !== modelText) {
      known = {
        modelText,
        id: this.#ulids.derived(createdAt, `store of partner ${providerId}`),
        modelId: this.#ulids.derived(createdAt, `model of partner ${providerId}: ${modelText}`),
      };
      this.#known.set(providerId, known);
    }
    return { id: known.id, name: `partner ${providerId}`, modelId: known.modelId, view };
  }
}
