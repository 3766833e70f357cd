import { Fault } from '../errors.ts';
import { relationOf } from './compiled-model.ts';
import type { CompiledModel, CompiledRelation, Conditions } from './compiled-model.ts';
import type { ConditionInput, Context } from './condition/condition-input.ts';
import { ADDRESS_MASK, LINK_BIT } from './entry-collections.ts';
import type { Limits } from './limits.ts';
import { LIMITS_MAX, limitsOf } from './limits.ts';
import { Memo } from './memo.ts';
import type { ModelBinding } from './model-binding.ts';
import { ALLOWED, BREADTH, CYCLE, DEADLINE, DENIED, DEPTH, either } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { Names, Overlay, VIRTUAL } from './overlay.ts';
import type { OverlayTuple } from './overlay.ts';
import type { Operator } from './rewrite/operator.ts';
import type { Trace } from './trace.ts';
import type { Tuple, TupleKey } from './tuple.ts';
import type { TupleIndex } from './tuple-index.ts';
import { UserSets } from './user-sets.ts';
import { isType, malformedObject, malformedUser } from './validate-tuple.ts';

export interface CheckOptions {
  /** Facts of the request. A timestamp is an RFC 3339 string or epoch milliseconds. */
  readonly context?: Context;
  readonly contextualTuples?: readonly Tuple[];
  readonly limits?: Partial<Limits>;
  /** Asked now and then; true ends the evaluation as unknown. */
  readonly expired?: () => boolean;
}

const ASTERISK = 0x2a;
/** An evaluation of no more steps remembers nothing: most are over by then. */
const STEPS_WITHOUT_MEMO = 32;
/** Steps between two looks at the deadline. */
const STEPS_A_LOOK = 256;

/** Everything that one question needs while it is evaluated. One object serves all questions, one after the other. */
export class Evaluation {
  index!: TupleIndex;
  model!: CompiledModel;
  binding!: ModelBinding;
  readonly names = new Names();
  overlay: Overlay | undefined;
  trace: Trace | undefined;
  limits!: Limits;
  readonly input = {} as ConditionInput;
  #expired: (() => boolean) | undefined;
  // The user of the question: its sets and those of the wildcard of its type, its name, type and relation by the model's numbers.
  readonly #own = new UserSets();
  readonly #open = new UserSets();
  #userName = 0;
  #userType = -1;
  #userRelation = -1;
  #isWildcard = false;
  #wildcardName = 0;
  #object = 0;
  #steps = 0;
  /** Why no further step is made; DENIED while they are. */
  #stopped: Outcome = DENIED;
  #path = 0;
  readonly #pathObjects = new Uint32Array(LIMITS_MAX.depthMax);
  readonly #pathRelations = new Uint16Array(LIMITS_MAX.depthMax);
  readonly #memo = new Memo();
  /** Deepest level reached so far below the relation that is evaluated. */
  #deepest = 0;
  /** Whether an outcome below rests on the way that led to it: cut by a cycle or a limit. */
  #cut = false;

  /** Whether every branch is evaluated, the ones that change nothing too. */
  get exhaustive(): boolean {
    return this.trace !== undefined;
  }

  /** Evaluates a question. Faults: UNKNOWN_TYPE, UNKNOWN_RELATION, INVALID_ARGUMENT (form of a field), INVALID_TUPLE (contextual). */
  evaluate(index: TupleIndex, question: TupleKey, options: CheckOptions, trace?: Trace): Outcome {
    this.#begin(index, options, trace);
    const target = this.#resolve(question);
    try {
      return this.relation(target, this.#object, 0);
    } finally {
      this.trace = undefined;
      this.overlay = undefined;
      this.input.request = undefined;
      this.input.context = undefined;
    }
  }

  #begin(index: TupleIndex, options: CheckOptions, trace: Trace | undefined): void {
    this.index = index;
    this.binding = index.binding;
    this.model = index.binding.model;
    this.limits = limitsOf(options.limits);
    this.names.reset(index);
    this.trace = trace;
    this.#expired = options.expired;
    this.#steps = 0;
    this.#stopped = DENIED;
    this.#path = 0;
    this.#deepest = 0;
    this.#cut = false;
    this.#memo.clear();
    this.input.request = options.context;
    this.input.links = index.links;
    this.input.keys = index.binding.vocabulary.keys;
    this.input.keyFromModel = index.binding.keyFromModel;
    const contextual = options.contextualTuples;
    this.overlay =
      contextual === undefined || contextual.length === 0 ? undefined : new Overlay(index, this.names, contextual);
  }

  #resolve({ object, relation, user }: TupleKey): CompiledRelation {
    const target = this.#targetOf(object, relation);
    this.#object = this.names.addressOf(object, object.length);
    if (target === undefined || this.#object >= VIRTUAL) this.#refuseObject(object, relation, target);
    const hash = user.indexOf('#');
    const end = hash < 0 ? user.length : hash;
    this.#userName = this.names.addressOf(user, end);
    this.#userType = this.names.typeOf(this.#userName);
    if (this.#userName >= VIRTUAL || this.#userType < 0) this.#refuseUser(user);
    this.#isWildcard = false;
    this.#open.load(this.index, 0);
    if (hash < 0) {
      this.#userRelation = -1;
      this.#own.load(this.index, this.#userName < VIRTUAL ? this.#userName : 0);
      this.#isWildcard = user.charCodeAt(end - 1) === ASTERISK;
      if (!this.#isWildcard) this.#findWildcard(user);
    } else {
      this.#userRelation = this.#relationOfUser(user, hash);
      this.#own.load(this.index, this.setOf(this.#userName, this.#userRelation));
    }
    return target!;
  }

  #targetOf(object: string, relation: string): CompiledRelation | undefined {
    const colon = object.indexOf(':');
    const type = colon < 0 ? -1 : this.index.typeIdOf(object, colon);
    const own = type < 0 ? -1 : this.binding.typeToModel[type]!;
    const named = this.model.vocabulary.relations.idOf(relation);
    return own < 0 || named < 0 ? undefined : this.model.relations[own]![named];
  }

  #findWildcard(user: string): void {
    this.#open.load(this.index, this.index.findWildcard(this.binding.typeFromModel[this.#userType]!));
    if (this.overlay === undefined) return;
    const wildcard = `${user.slice(0, user.indexOf(':'))}:*`;
    this.#wildcardName = this.names.addressOf(wildcard, wildcard.length);
  }

  #relationOfUser(user: string, hash: number): number {
    const relation = relationOf(this.model, user.slice(0, user.indexOf(':')), user.slice(hash + 1));
    if (relation === undefined) {
      throw new Fault('UNKNOWN_RELATION', `relation '${user.slice(hash + 1)}' of the user is not in the model`, {
        field: 'user',
      });
    }
    return relation.relation;
  }

  #refuseObject(object: string, relation: string, target: CompiledRelation | undefined): void {
    const problem = malformedObject(object);
    if (problem !== undefined) throw new Fault('INVALID_ARGUMENT', problem, { field: 'object' });
    const type = object.slice(0, object.indexOf(':'));
    if (!isType(this.model, type))
      throw new Fault('UNKNOWN_TYPE', `type '${type}' is not in the model`, { field: 'object' });
    if (target === undefined) {
      throw new Fault('UNKNOWN_RELATION', `relation '${type}#${relation}' is not in the model`, { field: 'relation' });
    }
  }

  #refuseUser(user: string): void {
    const problem = malformedUser(user);
    if (problem !== undefined) throw new Fault('INVALID_ARGUMENT', problem, { field: 'user' });
    const type = user.slice(0, user.indexOf(':'));
    if (!isType(this.model, type))
      throw new Fault('UNKNOWN_TYPE', `type '${type}' is not in the model`, { field: 'user' });
  }

  /** A relation of an object, `depth` levels below the question. */
  relation(target: CompiledRelation, object: number, depth: number): Outcome {
    const { trace } = this;
    if (trace === undefined) return this.#relation(target, object, depth);
    trace.open('relation', `${this.names.textOf(object)}#${target.name}`);
    return trace.close(this.#relation(target, object, depth));
  }

  /** A rewrite of a relation. In the tree it has a node of its own, unless that would only repeat the relation above or below. */
  run(operator: Operator, relation: CompiledRelation, object: number, depth: number): Outcome {
    const { trace } = this;
    if (trace === undefined) return operator.evaluate(this, relation, object, depth);
    const repeats = operator.kind === 'computed' || (operator.kind === 'direct' && operator === relation.operator);
    if (repeats) return operator.evaluate(this, relation, object, depth);
    trace.open(operator.kind, operator.label);
    return trace.close(operator.evaluate(this, relation, object, depth));
  }

  #relation(target: CompiledRelation, object: number, depth: number): Outcome {
    if (depth >= this.limits.depthMax) return this.#cutBy(DEPTH);
    const over = this.step();
    if (over !== DENIED) return this.#cutBy(over);
    if (depth > this.#deepest) this.#deepest = depth;
    if (target.isFlat) {
      return this.#isUser(object, target.relation) ? ALLOWED : this.membership(target, object);
    }
    for (let level = 0; level < this.#path; level++) {
      if (this.#pathObjects[level] === object && this.#pathRelations[level] === target.relation)
        return this.#cutBy(CYCLE);
    }
    if (this.#isUser(object, target.relation)) return ALLOWED;
    const small = this.#steps < STEPS_WITHOUT_MEMO;
    return small || this.exhaustive ? this.#descend(target, object, depth) : this.#remembered(target, object, depth);
  }

  /** From the memo where the outcome there took no more levels than are left, else evaluated and remembered. */
  #remembered(target: CompiledRelation, object: number, depth: number): Outcome {
    const known = this.#memo.find(object, target.relation);
    if (known >= 0) {
      const reached = depth + this.#memo.heightAt(known);
      if (reached < this.limits.depthMax) {
        if (reached > this.#deepest) this.#deepest = reached;
        return this.#memo.outcomeAt(known);
      }
    }
    const deepestBefore = this.#deepest;
    const cutBefore = this.#cut;
    this.#deepest = depth;
    this.#cut = false;
    const outcome = this.#descend(target, object, depth);
    if (!this.#cut && known < 0) this.#memo.store(object, target.relation, outcome, this.#deepest - depth);
    this.#cut ||= cutBefore;
    if (deepestBefore > this.#deepest) this.#deepest = deepestBefore;
    return outcome;
  }

  #descend(target: CompiledRelation, object: number, depth: number): Outcome {
    this.#pathObjects[this.#path] = object;
    this.#pathRelations[this.#path++] = target.relation;
    const outcome = this.run(target.operator, target, object, depth);
    this.#path--;
    return outcome;
  }

  #cutBy(outcome: Outcome): Outcome {
    this.#cut = true;
    return outcome;
  }

  /** Counts one step: DENIED to go on, else the reason to stop. */
  step(): Outcome {
    if (this.#stopped !== DENIED) return this.#stopped;
    if (++this.#steps > this.limits.stepsMax) this.#stopped = BREADTH;
    else if (this.#steps % STEPS_A_LOOK === 0 && this.#expired?.() === true) this.#stopped = DEADLINE;
    return this.#stopped;
  }

  /** A flat relation one level below `depth`, which must be within the depth limit. */
  flat(target: CompiledRelation, object: number, depth: number): Outcome {
    const over = this.step();
    if (over !== DENIED) return this.#cutBy(over);
    if (depth + 1 > this.#deepest) this.#deepest = depth + 1;
    return this.#isUser(object, target.relation) ? ALLOWED : this.membership(target, object);
  }

  /** Whether tuples make the user of the question, or the wildcard of its type, a user of this very relation of an object. */
  membership(target: CompiledRelation, object: number): Outcome {
    const { restrictions } = target;
    const type = this.#userType;
    if (this.#userRelation >= 0) {
      const admitted = restrictions.userset[type]?.[this.#userRelation];
      return this.#probe(admitted, target, object, this.#own, this.#userName, this.#userRelation);
    }
    if (this.#isWildcard) {
      return this.#probe(restrictions.wildcard[type], target, object, this.#own, this.#userName, -1);
    }
    const own = this.#probe(restrictions.plain[type], target, object, this.#own, this.#userName, -1);
    const open = restrictions.wildcard[type];
    if (open === undefined || (own === ALLOWED && !this.exhaustive)) return own;
    return either(own, this.#probe(open, target, object, this.#open, this.#wildcardName, -1));
  }

  #probe(
    admitted: Conditions | undefined,
    target: CompiledRelation,
    object: number,
    sets: UserSets,
    userName: number,
    userRelation: number,
  ): Outcome {
    if (admitted === undefined) return DENIED;
    if (this.overlay !== undefined) {
      const contextual = this.overlay.find(object, target.relation, userName, userRelation);
      if (contextual !== undefined) return this.#met(contextual.text, this.contextualHolds(contextual));
    }
    const entry = sets.find(object, this.binding.relationFromModel[target.relation]!);
    if (entry === 0) return DENIED;
    const outcome = this.entryHolds(admitted, entry);
    if (this.trace === undefined) return outcome;
    return this.#met(this.tupleText(this.index.memberships.keyOf(entry), sets.user, entry), outcome);
  }

  #met(text: string, outcome: Outcome): Outcome {
    if (this.trace === undefined) return outcome;
    this.trace.open('tuple', text);
    return this.trace.close(outcome);
  }

  /** Whether the tuple of an entry counts: admitted by the model, its condition met. */
  entryHolds(admitted: Conditions, entry: number): Outcome {
    if (entry < LINK_BIT) return admitted.includes(0) ? ALLOWED : DENIED;
    const link = entry & ADDRESS_MASK;
    const condition = this.binding.conditionToModel[this.index.links.conditionOf(link)]!;
    if (condition < 0 || !admitted.includes(condition + 1)) return DENIED;
    this.input.link = link;
    this.input.context = undefined;
    return this.model.conditions[condition]!.evaluate(this.input);
  }

  /** Whether the condition of a contextual tuple is met. */
  contextualHolds(tuple: OverlayTuple): Outcome {
    if (tuple.condition === 0) return ALLOWED;
    this.input.link = 0;
    this.input.context = tuple.context;
    return this.model.conditions[tuple.condition - 1]!.evaluate(this.input);
  }

  /** Whether a contextual tuple of a set, whose user is a name, takes the place of a stored one. */
  isStored(set: number, { user }: OverlayTuple): boolean {
    return set !== 0 && user < VIRTUAL && this.index.memberships.find(this.index.headOf(user), set) !== 0;
  }

  /** The stored set of an object's relation (model's number), 0 if it has no tuples. */
  setOf(object: number, relation: number): number {
    if (object >= VIRTUAL) return 0;
    return this.index.findSet(object, this.binding.relationFromModel[relation]!);
  }

  /** The collections of sets that the user of the question, and the wildcard of its type, are users of. */
  membershipsOfUser(): readonly [number, number] {
    return [this.#own.head, this.#open.head];
  }

  tupleText(set: number, user: number, entry: number): string {
    const key = `${this.index.textOf(set)}@${this.index.textOf(user)}`;
    if (entry < LINK_BIT) return key;
    const { conditions } = this.binding.vocabulary;
    return `${key} with ${conditions.names[this.index.links.conditionOf(entry & ADDRESS_MASK)]!}`;
  }

  #isUser(object: number, relation: number): boolean {
    return relation === this.#userRelation && object === this.#userName;
  }
}
