import { AskedQuestion } from './asked-question.ts';
import type { CheckOptions } from './check-options.ts';
import type { CompiledModel, CompiledRelation } from './compiled-model.ts';
import { conditionFailure } from './condition/condition-failure.ts';
import type { ConditionInput } from './condition/condition-input.ts';
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
import { reachOf } from './reach.ts';
import type { Reach } from './reach.ts';
import { evaluateRewrite } from './rewrite/evaluate-rewrite.ts';
import type { Operator } from './rewrite/operator.ts';
import { Steps } from './steps.ts';
import type { Trace } from './trace.ts';
import type { TupleKey } from './tuple.ts';
import type { TupleIndex } from './tuple-index.ts';

/** An evaluation of no more steps remembers nothing: most are over by then. */
const STEPS_WITHOUT_MEMO = 32;

/** Everything that one question needs while it is evaluated. One object serves all questions, one after the other. */
export class Evaluation {
  index!: TupleIndex;
  /** How the words of the index stand to those of the model. */
  binding!: ModelBinding;
  model!: CompiledModel;
  limits!: Limits;
  readonly names = new Names();
  readonly question = new AskedQuestion();
  overlay: Overlay | undefined;
  /** Address of the wildcard of the user's type; where there are contextual tuples. */
  wildcardName = 0;
  trace: Trace | undefined;
  /** How many `but not` take away what is evaluated. */
  taken = 0;
  readonly input = {} as ConditionInput;
  #conditionFailed: CheckOptions['conditionFailed'];
  /** A name is asked for, without contextual tuples and without a tree: its own few sets say all about flat relations. */
  #isPlain = false;
  readonly #steps = new Steps();
  readonly #path = new Path();
  readonly #memo = new Memo();
  /** Deepest level reached so far below the relation that is evaluated. */
  #deepest = 0;
  /** Whether an outcome below rests on the way that led to it: cut by a cycle or a limit. */
  #cut = false;
  /** Of the user's kind; found when it is needed. */
  #reach: Reach | undefined;
  /** Whether something was denied by the reach since the memo was cleared. */
  #isPruned = false;

  /** Whether every branch is evaluated, the ones that change nothing too. */
  get exhaustive(): boolean {
    return this.trace !== undefined;
  }

  /** Evaluates a question. Faults: UNKNOWN_TYPE, UNKNOWN_RELATION, INVALID_ARGUMENT (form of a field), INVALID_TUPLE (contextual). */
  evaluate(index: TupleIndex, key: TupleKey, options: CheckOptions, trace?: Trace): Outcome {
    const { question } = this;
    try {
      this.begin(index, options, trace);
      question.resolve(index, this.binding, this.names, key);
      if (this.overlay !== undefined) this.#nameWildcard(key.user);
      this.#isPlain = this.overlay === undefined && trace === undefined && question.user.isName;
      return this.relation(question.relation, question.object, 0);
    } finally {
      this.end();
    }
  }

  /** Takes what goes for a question, or for many that share their steps. The faults are those of {@link evaluate}. */
  begin(index: TupleIndex, options: CheckOptions, trace?: Trace): void {
    const binding = options.model === undefined ? index.binding : index.bindingOf(options.model);
    if (this.index !== index || this.binding !== binding) this.#use(index, binding);
    this.names.reset();
    this.#conditionFailed = options.conditionFailed;
    this.limits = limitsOf(options.limits);
    this.trace = trace;
    this.#steps.start(this.limits.stepsMax, options.expired);
    this.#path.clear();
    this.taken = 0;
    this.#deepest = 0;
    this.#cut = false;
    this.#forget();
    this.input.request = options.context;
    const contextual = options.contextualTuples;
    if (contextual !== undefined && contextual.length > 0)
      this.overlay = new Overlay(this.model, this.names, contextual);
  }

  /** Lets go of everything that a caller gave. */
  end(): void {
    this.trace = undefined;
    this.overlay = undefined;
    this.input.request = undefined;
    this.input.context = undefined;
    this.#conditionFailed = undefined;
  }

  /** Goes on after tuples may have come: nothing that was read of them holds any more. */
  resume(model: CompiledModel): void {
    this.#use(this.index, this.index.bindingOf(model));
    this.#forget();
  }

  /** Takes the user of the questions that follow. Faults: UNKNOWN_TYPE, UNKNOWN_RELATION, INVALID_ARGUMENT (form). */
  askFor(user: string): void {
    this.question.resolveUser(this.index, this.binding, this.names, user);
    if (this.overlay !== undefined) this.#nameWildcard(user);
    this.#isPlain = this.overlay === undefined && this.question.user.isName;
    this.#forget();
  }

  /** Whether the user has a relation to an object; after {@link begin} and {@link askFor}. */
  ask(target: CompiledRelation, object: number): Outcome {
    this.#path.clear();
    this.taken = 0;
    this.#deepest = 0;
    this.#cut = false;
    return this.relation(target, object, 0);
  }

  /** Tells of a condition, by its number in the model, that could not be evaluated for the tuple that is in the input. */
  failed(condition: number): void {
    if (this.#conditionFailed === undefined) return;
    this.#conditionFailed(conditionFailure(this.model.conditions[condition]!, this.input));
  }

  #forget(): void {
    this.#memo.clear();
    this.#reach = undefined;
    this.#isPruned = false;
  }

  #use(index: TupleIndex, binding: ModelBinding): void {
    this.index = index;
    this.binding = binding;
    this.model = binding.model;
    this.names.use(index, binding);
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
    if (trace === undefined) return evaluateRewrite(this, operator, relation, object, depth);
    const repeats = operator.kind === 'computed' || (operator.kind === 'direct' && operator === relation.operator);
    if (repeats) return evaluateRewrite(this, operator, relation, object, depth);
    trace.open(operator.kind, operator.label);
    return trace.close(evaluateRewrite(this, operator, relation, object, depth));
  }

  #relation(target: CompiledRelation, object: number, depth: number): Outcome {
    if (depth >= this.limits.depthMax) return this.cutBy(DEPTH);
    const over = this.step();
    if (over !== DENIED) return this.cutBy(over);
    this.reach(depth);
    const { formula } = target;
    if (formula?.isLocal === true && this.#isWithin(formula, depth)) return this.#descend(target, object, depth);
    if (target.isRecursive) {
      if (this.#path.has(object, target.relation)) return this.cutBy(CYCLE);
      if (this.taken === 0 && !this.#canEnter(target)) return DENIED;
    }
    if (this.question.user.is(object, target.relation)) return ALLOWED;
    const small = this.#steps.taken < STEPS_WITHOUT_MEMO;
    return small || this.exhaustive ? this.#descend(target, object, depth) : this.#remembered(target, object, depth);
  }

  /**
   * Whether the user can be in a relation by the model, whatever tuples there are. What is taken away is not told by it: there it matters
   * whether a denial rests on a cycle.
   */
  #canEnter(target: CompiledRelation): boolean {
    this.#reach ??= reachOf(this.model, this.question.user);
    if (this.#reach.has(target)) return true;
    this.#isPruned = true;
    return false;
  }

  /** From the memo where the outcome there took no more levels than are left, else evaluated and remembered. */
  #remembered(target: CompiledRelation, object: number, depth: number): Outcome {
    const ofRelation = 2 * target.relation + (this.taken > 0 && this.#isPruned ? 1 : 0);
    const known = this.#memo.find(object, ofRelation);
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
    if (!this.#cut && known < 0) this.#memo.store(object, ofRelation, outcome, this.#deepest - depth);
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

  /** Steps taken since the beginning. */
  get stepsTaken(): number {
    return this.#steps.taken;
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
    return this.index.entities.findSet(object, this.binding.relationFromModel[relation]!);
  }
}
