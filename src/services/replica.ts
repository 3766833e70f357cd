import type { PartnerState } from '../domain/partner/state.ts';
import { Fault } from '../domain/errors.ts';
import type { ProviderId } from '../domain/values.ts';
import type { Change, DocumentStore, KeyState, Sequence } from '../ports/document-store.ts';
import type { RelationshipStore } from '../ports/relationship-store.ts';
import type { CompiledPartner, HeldPartner, PartnerView } from './held-partner.ts';
import { loadPartners, readPartner, type Compile, type Stores } from './load-partners.ts';
import type { PartnerSnapshots } from './partner-snapshots.ts';
import { run, when, type Steps } from './steps.ts';
import { parseToken } from './token.ts';

export type { CompiledPartner, PartnerView };

const CHANGES_A_READ = 1000;

/**
 * A position in the store's order of changes, and the state at that position as tuples in memory (design §2). It reads
 * documents and projects them itself; `fresh` brings it to the newest visible change before an answer is given, so
 * answers are exact without a decision cache.
 */
export class Replica {
  readonly #stores: Stores;
  readonly #compile: Compile;
  readonly #snapshots: PartnerSnapshots | undefined;
  #partners = new Map<ProviderId, HeldPartner>();
  /** Partners whose policy does not compile in this process, and why: another release may have written it. */
  readonly #outOfService = new Map<ProviderId, unknown>();
  readonly #keys = new Map<string, KeyState>();
  #position: Sequence = 0;
  #catchingUp: Promise<void> | undefined;

  constructor(
    documents: DocumentStore,
    relationships: RelationshipStore,
    compile: Compile,
    snapshots?: PartnerSnapshots,
  ) {
    this.#stores = { documents, relationships };
    this.#compile = compile;
    this.#snapshots = snapshots;
  }

  /**
   * Reads everything there is, or goes on from the snapshots of an earlier stop. Changes since those, and those made meanwhile, are
   * read by the first `fresh`. Rejects for a partner that does not compile.
   */
  async load(): Promise<void> {
    const { partners, position } = await loadPartners(this.#stores, this.#compile, this.#snapshots);
    for await (const key of this.#stores.documents.all('key')) this.#keys.set(key.keyId, key);
    this.#partners = partners;
    this.#position = position;
  }

  /** Writes snapshots for the next start; to be called when nothing is asked any more. */
  async save(): Promise<void> {
    await this.#catchingUp?.catch(() => undefined);
    const inService = [...this.#partners].filter(([providerId]) => !this.#outOfService.has(providerId));
    await this.#snapshots?.save(
      inService.map(([, held]) => held),
      this.#position,
    );
  }

  /** A step of compaction of each index that deletes have left holes in; a few milliseconds at most. Returns whether there is more to do. */
  compact(): boolean {
    return [...this.#partners.values()].some(({ index }) => index.compact());
  }

  /** The newest change that this replica has taken in. */
  get position(): Sequence {
    return this.#position;
  }

  /**
   * Undefined for a partner that is not registered. Throws UNAVAILABLE for one whose policy in force does not compile here: it
   * alone is out of service (P-5), until a policy that does.
   */
  partner(providerId: ProviderId): PartnerView | undefined {
    if (this.#outOfService.has(providerId)) {
      throw new Fault('UNAVAILABLE', 'the policy of the partner cannot be read by this replica', {
        cause: this.#outOfService.get(providerId),
      });
    }
    return this.#partners.get(providerId);
  }

  /** Every partner that is in service here. */
  *partners(): Generator<PartnerView, void> {
    for (const [providerId, held] of this.#partners) if (!this.#outOfService.has(providerId)) yield held;
  }

  key(keyId: string): KeyState | undefined {
    return this.#keys.get(keyId);
  }

  keys(): IterableIterator<KeyState> {
    return this.#keys.values();
  }

  /** Catches up with the store. Undefined when that needed no waiting; rejects or throws UNAVAILABLE when the store is gone (C-3). */
  fresh(): undefined | Promise<void> {
    const head = this.#stores.documents.head();
    if (typeof head === 'number' && head === this.#position) return undefined;
    if (this.#catchingUp) return this.#catchingUp.then(() => this.fresh());
    const done = run(this.#catchUp());
    if (!(done instanceof Promise)) return undefined;
    this.#catchingUp = done.finally(() => {
      this.#catchingUp = undefined;
    });
    return this.#catchingUp;
  }

  /** Throws UNAVAILABLE when the state is older than the token after catching up (C-2). Call after `fresh`. */
  require(token: string | undefined): void {
    const sequence = parseToken(token);
    if (sequence !== undefined && sequence > this.#position) {
      throw new Fault('UNAVAILABLE', 'the state that the consistency_token names is not here', {
        field: 'consistency_token',
        rule: 'C-2',
      });
    }
  }

  *#catchUp(): Steps<void> {
    for (;;) {
      const changes = yield* when(this.#stores.documents.changesSince(this.#position, CHANGES_A_READ));
      for (const change of changes) {
        yield* this.#apply(change);
        this.#position = change.sequence;
      }
      if (changes.length < CHANGES_A_READ) return;
    }
  }

  *#apply(change: Change): Steps<void> {
    switch (change.kind) {
      case 'key': {
        const key = yield* when(this.#stores.documents.get('key', change.id));
        if (key) this.#keys.set(key.keyId, key);
        return;
      }
      case 'user': {
        const user = yield* when(this.#stores.documents.get('user', change.id));
        if (user) this.#partners.get(user.providerId)?.takeUser(user);
        return;
      }
      case 'plan': {
        const plan = yield* when(this.#stores.documents.get('plan', change.id));
        if (plan) this.#partners.get(plan.providerId)?.takePlan(plan);
        return;
      }
      case 'partner': {
        const partner = yield* when(this.#stores.documents.get('partner', change.id));
        if (partner) yield* this.#takePartner(partner);
        return;
      }
      case 'relationship': {
        const batch = yield* when(this.#stores.relationships.batchAt(change.sequence));
        const held = this.#partners.get(change.id as ProviderId);
        if (held && batch) {
          for (const key of batch.deletes) held.index.delete(key);
          for (const tuple of batch.writes) held.index.write(tuple);
        } else if (held) {
          yield* when(this.#reload(held.state, held));
        }
        return;
      }
      default:
        return change.kind satisfies never;
    }
  }

  *#takePartner(partner: PartnerState): Steps<void> {
    const { providerId } = partner;
    const held = this.#partners.get(providerId);
    if (held && held.state.policy.version === partner.policy.version) {
      held.takeState(partner, held.policy);
      return;
    }
    let compiled: CompiledPartner;
    try {
      compiled = this.#compile(partner);
    } catch (error) {
      this.#outOfService.set(providerId, error);
      return;
    }
    if (held && held.state.modelText === partner.modelText) {
      held.takeState(partner, compiled.policy);
    } else {
      yield* when(this.#reload(partner, compiled));
    }
    this.#outOfService.delete(providerId);
  }

  /**
   * Reads a partner anew; it takes the place of the old one when it is whole. The feed may name its plans and users before it, which then
   * was not there to take them.
   */
  async #reload(partner: PartnerState, compiled: CompiledPartner): Promise<void> {
    this.#partners.set(partner.providerId, await readPartner(partner, compiled, this.#stores));
  }
}
