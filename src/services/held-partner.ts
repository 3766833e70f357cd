import type { Policy } from '../domain/partner/policy.ts';
import { planInForce } from '../domain/partner/plan-in-force.ts';
import type { PartnerState } from '../domain/partner/state.ts';
import type { PlanState } from '../domain/plan/state.ts';
import { isOfUserDocument, object, projectPartner, projectUser } from '../domain/projection.ts';
import type { CompiledModel } from '../domain/relation/compile-model.ts';
import { TupleIndex } from '../domain/relation/tuple-index.ts';
import { formatKey, type Tuple } from '../domain/relation/tuple.ts';
import type { UserState } from '../domain/user/state.ts';
import type { PlanId } from '../domain/values.ts';

/** What a partner document compiles to. */
export interface CompiledPartner {
  readonly policy: Policy;
  readonly model: CompiledModel;
}

/** One partner as a replica holds it: everything that its checks read, in memory. */
export interface PartnerView extends CompiledPartner {
  readonly state: PartnerState;
  readonly plans: ReadonlyMap<PlanId, PlanState>;
  readonly index: TupleIndex;
}

/** A partner whose tuples follow its documents. */
export class HeldPartner implements PartnerView {
  readonly model: CompiledModel;
  readonly index: TupleIndex;
  #policy: Policy;
  #state: PartnerState;
  /** All plan documents, those of a policy that is not applied included. */
  readonly #planDocuments: Map<PlanId, PlanState>;
  #plans: ReadonlyMap<PlanId, PlanState> = new Map();
  /** Tuples of the partner and its plans as they are in the index, by their key. */
  #projected: ReadonlyMap<string, Tuple>;

  /** `kept`: an index of its tuples at some position, with those of the partner and its plans in it; else the index has no others. */
  constructor(
    state: PartnerState,
    { policy, model }: CompiledPartner,
    plans: readonly PlanState[],
    kept?: { readonly index: TupleIndex; readonly projected: readonly Tuple[] },
  ) {
    this.model = model;
    this.#policy = policy;
    this.#state = state;
    this.#planDocuments = new Map(plans.map((plan) => [plan.planId, plan]));
    this.index = kept?.index ?? new TupleIndex(model);
    this.#projected = keyed(kept?.projected ?? []);
    this.#project();
  }

  get policy(): Policy {
    return this.#policy;
  }

  get state(): PartnerState {
    return this.#state;
  }

  get plans(): ReadonlyMap<PlanId, PlanState> {
    return this.#plans;
  }

  get projected(): readonly Tuple[] {
    return [...this.#projected.values()];
  }

  /** A newer state, with the policy that it has in force; of the same model. */
  takeState(state: PartnerState, policy: Policy): void {
    this.#state = state;
    this.#policy = policy;
    this.#project();
  }

  takePlan(plan: PlanState): void {
    this.#planDocuments.set(plan.planId, plan);
    this.#project();
  }

  /** A user who is not in the index yet. */
  addUser(user: UserState): void {
    for (const tuple of projectUser(user)) this.index.write(tuple);
  }

  takeUser(user: UserState): void {
    const stored = this.index.tuplesOfUser(object.user(user.userId)).filter(isOfUserDocument);
    exchange(this.index, keyed(stored), keyed(projectUser(user)));
  }

  #project(): void {
    const inForce = [...this.#planDocuments.values()].flatMap((plan) => planInForce(plan, this.#state) ?? []);
    this.#plans = new Map(inForce.map((plan) => [plan.planId, plan]));
    const next = keyed(projectPartner(this.#state, this.#policy, this.#plans.values()));
    exchange(this.index, this.#projected, next);
    this.#projected = next;
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
