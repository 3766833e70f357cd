import type { Policy } from '../domain/partner/policy.ts';
import type { PartnerState } from '../domain/partner/state.ts';
import type { PlanState } from '../domain/plan/state.ts';
import { isOfUserDocument, object, projectPartner, projectUser } from '../domain/projection.ts';
import type { CompiledModel } from '../domain/relation/compile-model.ts';
import { TupleIndex } from '../domain/relation/tuple-index.ts';
import { formatKey, type Tuple } from '../domain/relation/tuple.ts';
import { Fault } from '../domain/errors.ts';
import type { PlanId, ProviderId } from '../domain/values.ts';
import type { Change, DocumentStore, KeyState, Sequence } from '../ports/document-store.ts';
import type { RelationshipStore } from '../ports/relationship-store.ts';
import { run, when, type Steps } from './steps.ts';
import { parseToken } from './token.ts';

/** What a partner document compiles to. */
export interface CompiledPartner {
  readonly policy: Policy;
  readonly model: CompiledModel;
}

/** One partner as this replica holds it: everything that its checks read, in memory. */
export interface PartnerView extends CompiledPartner {
  readonly state: PartnerState;
  readonly plans: ReadonlyMap<PlanId, PlanState>;
  readonly index: TupleIndex;
}

interface Held extends PartnerView {
  readonly plans: Map<PlanId, PlanState>;
  /** Tuples of the partner and its plans as they are in the index, by their key. */
  projected: Map<string, Tuple>;
}

const CHANGES_A_READ = 1000;

/**
 * A position in the store's order of changes, and the state at that position as tuples in memory (design §2). It reads
 * documents and projects them itself; `fresh` brings it to the newest visible change before an answer is given, so
 * answers are exact without a decision cache.
 */
export class Replica {
  readonly #documents: DocumentStore;
  readonly #relationships: RelationshipStore;
  readonly #compile: (partner: PartnerState) => CompiledPartner;
  readonly #partners = new Map<ProviderId, Held>();
  readonly #keys = new Map<string, KeyState>();
  #position: Sequence = 0;
  #catchingUp: Promise<void> | undefined;

  constructor(
    documents: DocumentStore,
    relationships: RelationshipStore,
    compile: (partner: PartnerState) => CompiledPartner,
  ) {
    this.#documents = documents;
    this.#relationships = relationships;
    this.#compile = compile;
  }

  /** Reads everything there is. Changes made meanwhile are read again by the first `fresh`. */
  async load(): Promise<void> {
    const position = await this.#documents.head();
    for await (const key of this.#documents.all('key')) this.#keys.set(key.keyId, key);
    const plans = new Map<ProviderId, PlanState[]>();
    for await (const plan of this.#documents.all('plan')) {
      plans.set(plan.providerId, [...(plans.get(plan.providerId) ?? []), plan]);
    }
    for await (const partner of this.#documents.all('partner')) {
      await this.#takePartner(partner, plans.get(partner.providerId) ?? []);
    }
    await this.#takeUsers();
    this.#position = position;
  }

  /** The newest change that this replica has taken in. */
  get position(): Sequence {
    return this.#position;
  }

  partner(providerId: ProviderId): PartnerView | undefined {
    return this.#partners.get(providerId);
  }

  partners(): IterableIterator<PartnerView> {
    return this.#partners.values();
  }

  key(keyId: string): KeyState | undefined {
    return this.#keys.get(keyId);
  }

  keys(): IterableIterator<KeyState> {
    return this.#keys.values();
  }

  /** Catches up with the store. Undefined when that needed no waiting; rejects or throws UNAVAILABLE when the store is gone (C-3). */
  fresh(): undefined | Promise<void> {
    const head = this.#documents.head();
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
      const changes = yield* when(this.#documents.changesSince(this.#position, CHANGES_A_READ));
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
        const key = yield* when(this.#documents.get('key', change.id));
        if (key) this.#keys.set(key.keyId, key);
        return;
      }
      case 'user': {
        const user = yield* when(this.#documents.get('user', change.id));
        const index = user && this.#partners.get(user.providerId)?.index;
        if (user && index) {
          const stored = index.tuplesOfUser(object.user(user.userId)).filter(isOfUserDocument);
          exchange(index, keyed(stored), keyed(projectUser(user)));
        }
        return;
      }
      case 'plan': {
        const plan = yield* when(this.#documents.get('plan', change.id));
        const held = plan && this.#partners.get(plan.providerId);
        if (plan && held) {
          held.plans.set(plan.planId, plan);
          this.#project(held);
        }
        return;
      }
      case 'partner': {
        const partner = yield* when(this.#documents.get('partner', change.id));
        const held = partner && this.#partners.get(partner.providerId);
        if (!partner) return;
        if (held && held.state.modelText === partner.modelText) {
          const same = held.state.policy.version === partner.policy.version;
          Object.assign(held, same ? {} : { policy: this.#compile(partner).policy }, { state: partner });
          this.#project(held);
          return;
        }
        yield* this.#reload(partner, held);
        return;
      }
      case 'relationship': {
        const batch = yield* when(this.#relationships.batchAt(change.sequence));
        const held = this.#partners.get(change.id as ProviderId);
        if (held && batch) {
          for (const key of batch.deletes) held.index.delete(key);
          for (const tuple of batch.writes) held.index.write(tuple);
        } else if (held) {
          yield* this.#reload(held.state, held);
        }
        return;
      }
      default:
        return change.kind satisfies never;
    }
  }

  /** Builds the index of a partner anew; one that was not held before has no users yet. */
  *#reload(partner: PartnerState, held: Held | undefined): Steps<void> {
    yield* when(this.#takePartner(partner, held?.plans.values() ?? []));
    if (held) yield* when(this.#takeUsers(partner.providerId));
  }

  async #takePartner(partner: PartnerState, plans: Iterable<PlanState>): Promise<void> {
    const compiled = this.#compile(partner);
    const held: Held = {
      ...compiled,
      state: partner,
      plans: new Map([...plans].map((plan) => [plan.planId, plan])),
      index: new TupleIndex(compiled.model),
      projected: new Map(),
    };
    this.#project(held);
    for await (const tuple of this.#relationships.all(partner.providerId)) held.index.write(tuple);
    this.#partners.set(partner.providerId, held);
  }

  /** Projects the users of one partner, or of all. */
  async #takeUsers(providerId?: ProviderId): Promise<void> {
    for await (const user of this.#documents.all('user')) {
      if (providerId !== undefined && user.providerId !== providerId) continue;
      const index = this.#partners.get(user.providerId)?.index;
      if (index) for (const tuple of projectUser(user)) index.write(tuple);
    }
  }

  #project(held: Held): void {
    const next = keyed(projectPartner(held.state, held.policy, held.plans.values()));
    exchange(held.index, held.projected, next);
    held.projected = next;
  }
}

function keyed(tuples: readonly Tuple[]): Map<string, Tuple> {
  return new Map(tuples.map((tuple) => [formatKey(tuple), tuple]));
}

/** Brings the index from one set of tuples to another; what is in both with the same condition stays untouched. */
function exchange(index: TupleIndex, from: ReadonlyMap<string, Tuple>, to: ReadonlyMap<string, Tuple>): void {
  for (const [key, tuple] of from) if (!to.has(key)) index.delete(tuple);
  for (const tuple of to.values()) index.write(tuple);
}
