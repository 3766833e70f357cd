import { AskedQuestion } from './asked-question.ts';
import type { CompiledModel, CompiledRelation } from './compiled-model.ts';
import type { ConditionInput, Context } from './condition/condition-input.ts';
import { evaluateFormula } from './formula.ts';
import type { Formula } from './formula.ts';
import type { Limits } from './limits.ts';
import { limitsOf } from './limits.ts';
import { membership } from './membership.ts';
import { Memo } from './memo.ts';
import type { ModelBinding } from './model-binding.ts';
import { ALLOWED, CYCLE, DENIED, DEPTH } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { Names, Overlay, VIRTUAL } from './overlay.ts';
import { Path } from './path.ts';
import { evaluateComputed } from './rewrite/computed.ts';
import { evaluateDirect } from './rewrite/direct.ts';
import { evaluateExclusion } from './rewrite/exclusion.ts';
import { evaluateIntersection } from './rewrite/intersection.ts';
import type { Operator } from './rewrite/operator.ts';
import { evaluateTupleToUserset } from './rewrite/tuple-to-userset.ts';
import { evaluateUnion } from './rewrite/union.ts';
import { Steps } from './steps.ts';
import type { Trace } from './trace.ts';
import type { Tuple, TupleKey } from './tuple.ts';
import type { TupleIndex } from './tuple-index.ts';

export interface CheckOptions {
  /** Facts of the request. A timestamp is an RFC 3339 string or epoch milliseconds. */
  readonly context?: Context;
  readonly contextualTuples?: readonly Tuple[];
  readonly limits?: Partial<Limits>;
  /** Asked now and then; true ends the evaluation as unknown. */
  readonly expired?: () => boolean;
}

/** An evaluation of no more steps remembers nothing: most are over by then. */
const STEPS_WITHOUT_MEMO = 32;

/** Everything that one question needs while it is evaluated. One object serves all questions, one after the other. */
export class Evaluation {
  index!: TupleIndex;
  model!: CompiledModel;
  limits!: Limits;
  readonly names = new Names();
  readonly question = new AskedQuestion();
  overlay: Overlay | undefined;
  /** Address of the wildcard of the user's type; where there are contextual tuples. */
  wildcardName = 0;
  trace: Trace | undefined;
  readonly input = {} as ConditionInput;
  #binding: ModelBinding | undefined;
  /** A name is asked for, without contextual tuples and without a tree: its own few sets say all about flat relations. */
  #isPlain = false;
  readonly #steps = new Steps();
  readonly #path = new Path();
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
  evaluate(index: TupleIndex, key: TupleKey, options: CheckOptions, trace?: Trace): Outcome {
    const { question } = this;
    try {
      this.#begin(index, options, trace);
      question.resolve(index, this.names, key);
      if (this.overlay !== undefined) this.#nameWildcard(key.user);
      this.#isPlain = this.overlay === undefined && trace === undefined && question.user.isName;
      return this.relation(question.relation, question.object, 0);
    } finally {
      this.trace = undefined;
      this.overlay = undefined;
      this.input.request = undefined;
      this.input.context = undefined;
    }
  }

  #begin(index: TupleIndex, options: CheckOptions, trace: Trace | undefined): void {
    if (this.index !== index || this.#binding !== index.binding) this.#use(index);
    this.names.reset();
    this.limits = limitsOf(options.limits);
    this.trace = trace;
    this.#steps.start(this.limits.stepsMax, options.expired);
    this.#path.clear();
    this.#deepest = 0;
    this.#cut = false;
    this.#memo.clear();
    this.input.request = options.context;
    const contextual = options.contextualTuples;
    if (contextual !== undefined && contextual.length > 0) this.overlay = new Overlay(index, this.names, contextual);
  }

  #use(index: TupleIndex): void {
    const { binding } = index;
    this.index = index;
    this.#binding = binding;
    this.model = binding.model;
    this.names.use(index);
    this.input.links = index.links;
    this.input.keys = binding.vocabulary.keys;
    this.input.keyFromModel = binding.keyFromModel;
  }

  #nameWildcard(user: string): void {
    const wildcard = `${user.slice(0, user.indexOf(':'))}:*`;
    this.wildcardName = this.names.addressOf(wildcard, wildcard.length);
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
    if (trace === undefined) return this.#rewrite(operator, relation, object, depth);
    const repeats = operator.kind === 'computed' || (operator.kind === 'direct' && operator === relation.operator);
    if (repeats) return this.#rewrite(operator, relation, object, depth);
    trace.open(operator.kind, operator.label);
    return trace.close(this.#rewrite(operator, relation, object, depth));
  }

  #rewrite(operator: Operator, relation: CompiledRelation, object: number, depth: number): Outcome {
    switch (operator.kind) {
      case 'direct':
        return evaluateDirect(this, relation, object, depth);
      case 'computed':
        return evaluateComputed(this, operator, relation, object, depth);
      case 'tuple_to_userset':
        return evaluateTupleToUserset(this, operator, relation, object, depth);
      case 'union':
        return evaluateUnion(this, operator, relation, object, depth);
      case 'intersection':
        return evaluateIntersection(this, operator, relation, object, depth);
      case 'exclusion':
        return evaluateExclusion(this, operator, relation, object, depth);
      default:
        return operator.kind satisfies never;
    }
  }

  #relation(target: CompiledRelation, object: number, depth: number): Outcome {
    if (depth >= this.limits.depthMax) return this.cutBy(DEPTH);
    const over = this.step();
    if (over !== DENIED) return this.cutBy(over);
    this.reach(depth);
    const { formula } = target;
    if (formula?.isLocal === true && this.#isWithin(formula, depth)) return this.#descend(target, object, depth);
    if (target.isRecursive && this.#path.has(object, target.relation)) return this.cutBy(CYCLE);
    if (this.question.user.is(object, target.relation)) return ALLOWED;
    const small = this.#steps.taken < STEPS_WITHOUT_MEMO;
    return small || this.exhaustive ? this.#descend(target, object, depth) : this.#remembered(target, object, depth);
  }

  /** From the memo where the outcome there took no more levels than are left, else evaluated and remembered. */
  #remembered(target: CompiledRelation, object: number, depth: number): Outcome {
    const known = this.#memo.find(object, target.relation);
    if (known >= 0) {
      const reached = depth + this.#memo.heightAt(known);
      if (reached < this.limits.depthMax) {
        this.reach(reached);
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
    this.reach(deepestBefore);
    return outcome;
  }

  #descend(target: CompiledRelation, object: number, depth: number): Outcome {
    const { formula } = target;
    if (formula !== undefined && this.#isWithin(formula, depth)) {
      this.reach(depth + formula.height);
      return evaluateFormula(this, formula.root, target.type, object, depth);
    }
    this.#path.push(object, target.relation);
    const outcome = this.run(target.operator, target, object, depth);
    this.#path.pop();
    return outcome;
  }

  #isWithin(formula: Formula, depth: number): boolean {
    return this.#isPlain && depth + formula.height < this.limits.depthMax;
  }

  /** Says that an outcome rests on a limit or on the way that led to it, so that it is not remembered. */
  cutBy(outcome: Outcome): Outcome {
    this.#cut = true;
    return outcome;
  }

  /** Counts one step: DENIED to go on, else the reason to stop. */
  step(): Outcome {
    return this.#steps.take();
  }

  /** Notes that a level was needed. */
  reach(depth: number): void {
    if (depth > this.#deepest) this.#deepest = depth;
  }

  /** A flat relation one level below `depth`, which must be within the depth limit. */
  flat(target: CompiledRelation, object: number, depth: number): Outcome {
    const over = this.step();
    if (over !== DENIED) return this.cutBy(over);
    this.reach(depth + 1);
    return this.question.user.is(object, target.relation) ? ALLOWED : membership(this, target, object);
  }

  /** The stored set of an object's relation (model's number), 0 if it has no tuples. */
  setOf(object: number, relation: number): number {
    if (object >= VIRTUAL) return 0;
    return this.index.entities.findSet(object, this.index.binding.relationFromModel[relation]!);
  }
}
