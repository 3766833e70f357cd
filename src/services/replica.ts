import type { Policy } from '../domain/partner/policy.ts';
import { planInForce } from '../domain/partner/plan-in-force.ts';
import type { PartnerState } from '../domain/partner/state.ts';
import type { PlanState } from '../domain/plan/state.ts';
import { isOfUserDocument, object, projectPartner, projectUser } from '../domain/projection.ts';
import type { CompiledModel } from '../domain/relation/compile-model.ts';
import { TupleIndex } from '../domain/relation/tuple-index.ts';
import { formatKey, type Tuple } from '../domain/relation/tuple.ts';
import { Fault } from '../domain/errors.ts';
import type { UserState } from '../domain/user/state.ts';
import type { PlanId, ProviderId } from '../domain/values.ts';
import type { Change, DocumentStore, KeyState, Sequence, UserPosition } from '../ports/document-store.ts';
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
  /** All plan documents, those of a policy that is not applied included. */
  readonly planDocuments: Map<PlanId, PlanState>;
  plans: ReadonlyMap<PlanId, PlanState>;
  /** Tuples of the partner and its plans as they are in the index, by their key. */
  projected: Map<string, Tuple>;
}

const CHANGES_A_READ = 1000;
const USERS_A_READ = 1000;

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
  /** Partners whose policy does not compile in this process, and why: another release may have written it. */
  readonly #outOfService = new Map<ProviderId, unknown>();
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

  /**
   * Reads everything there is. Changes made meanwhile are read again by the first `fresh`. Rejects for a partner that does
   * not compile.
   */
  async load(): Promise<void> {
    const position = await this.#documents.head();
    for await (const key of this.#documents.all('key')) this.#keys.set(key.keyId, key);
    const plans = new Map<ProviderId, PlanState[]>();
    for await (const plan of this.#documents.all('plan')) {
      plans.set(plan.providerId, [...(plans.get(plan.providerId) ?? []), plan]);
    }
    for await (const partner of this.#documents.all('partner')) {
      const held = await this.#build(partner, this.#compile(partner), plans.get(partner.providerId) ?? []);
      this.#partners.set(partner.providerId, held);
    }
    for await (const user of this.#documents.all('user')) {
      const held = this.#partners.get(user.providerId);
      if (held) write(held.index, user);
    }
    this.#position = position;
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
          held.planDocuments.set(plan.planId, plan);
          this.#project(held);
        }
        return;
      }
      case 'partner': {
        const partner = yield* when(this.#documents.get('partner', change.id));
        if (partner) yield* this.#takePartner(partner);
        return;
      }
      case 'relationship': {
        const batch = yield* when(this.#relationships.batchAt(change.sequence));
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
      this.#project(Object.assign(held, { state: partner }));
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
      this.#project(Object.assign(held, { policy: compiled.policy, state: partner }));
    } else {
      yield* when(this.#reload(partner, compiled));
    }
    this.#outOfService.delete(providerId);
  }

  /**
   * Reads a partner anew, its plans, relationships and users; it takes the place of the old one when it is whole. The feed
   * may name them before the partner, which then was not there to take them.
   */
  async #reload(partner: PartnerState, compiled: CompiledPartner): Promise<void> {
    const { providerId } = partner;
    const plans: PlanState[] = [];
    for await (const plan of this.#documents.all('plan')) if (plan.providerId === providerId) plans.push(plan);
    const held = await this.#build(partner, compiled, plans);
    for (let after: UserPosition | undefined; ;) {
      const users = await this.#documents.usersOf(providerId, { ...(after && { after }), limit: USERS_A_READ });
      for (const user of users) write(held.index, user);
      after = users.at(-1);
      if (users.length < USERS_A_READ || !after) break;
    }
    this.#partners.set(providerId, held);
  }

  /** A partner without its users. */
  async #build(state: PartnerState, { policy, model }: CompiledPartner, plans: readonly PlanState[]): Promise<Held> {
    const held: Held = {
      policy,
      model,
      state,
      planDocuments: new Map(plans.map((plan) => [plan.planId, plan])),
      plans: new Map(),
      index: new TupleIndex(model),
      projected: new Map(),
    };
    this.#project(held);
    for await (const tuple of this.#relationships.all(state.providerId)) held.index.write(tuple);
    return held;
  }

  #project(held: Held): void {
    const inForce = [...held.planDocuments.values()].flatMap((plan) => planInForce(plan, held.state) ?? []);
    held.plans = new Map(inForce.map((plan) => [plan.planId, plan]));
    const next = keyed(projectPartner(held.state, held.policy, held.plans.values()));
    exchange(held.index, held.projected, next);
    held.projected = next;
  }
}

function write(index: TupleIndex, user: UserState): void {
  for (const tuple of projectUser(user)) index.write(tuple);
}

function keyed(tuples: readonly Tuple[]): Map<string, Tuple> {
  return new Map(tuples.map((tuple) => [formatKey(tuple), tuple]));
}

/** Brings the index from one set of tuples to another; what is in both with the same condition stays untouched. */
function exchange(index: TupleIndex, from: ReadonlyMap<string, Tuple>, to: ReadonlyMap<string, Tuple>): void {
  for (const [key, tuple] of from) if (!to.has(key)) index.delete(tuple);
  for (const tuple of to.values()) index.write(tuple);
}
