import { Evaluation } from './evaluation.ts';
import type { Listing, ListCallOptions, ListEnd } from './listing.ts';
import { LIMITS_MAX } from './limits.ts';
import { ALLOWED, BREADTH, DENIED, either, verdictOf } from './outcome.ts';
import type { Outcome, UnknownReason } from './outcome.ts';
import type { TextHeap } from './text-heap.ts';
import type { TupleIndex } from './tuple-index.ts';

/** Steps of a list unless its caller sets a limit: a second or two, of which a driver gives others their turn. */
export const LIST_STEPS_MAX = LIMITS_MAX.stepsMax;
/** Steps between two turns: a millisecond at most. */
export const STEPS_A_TURN = 4_096;
/** A list that was begun so often again, since tuples were removed meanwhile, then goes through without giving way. */
export const RESTARTS_MAX = 3;
/** Evaluations that wait for the next list. */
const IDLE_MAX = 4;

/** What a walk hands over: entries that are certain, and such as a check must decide. */
export interface Candidates {
  readonly heap: TextHeap;
  /** Decides the open candidate of this text and number. */
  readonly decide: (text: string, number: number) => Outcome;
}

/** The number of a candidate that nothing needs to decide. */
export const CERTAIN = -1;

const idle: Evaluation[] = [];

/** One list while it is made: the evaluation that it has for itself, its turns, and what it has come to. */
export class ListRun {
  readonly evaluation = idle.pop() ?? new Evaluation();
  readonly #index: TupleIndex;
  readonly #limit: number;
  readonly #entries: string[] = [];
  #after: string | undefined;
  #yielded = 0;
  #turnAt = STEPS_A_TURN;
  #epoch: number;
  #restarts = 0;
  #doubt: Outcome = DENIED;
  /** Of the entries that were decided; what a walk doubted is found again when it is begun again. */
  #doubtDecided: Outcome = DENIED;
  #isCut = false;
  /** There may be entries before those that were found: what is certain is listed, but no page goes on from it. */
  #isWalkCut = false;

  /** Faults: INVALID_TUPLE (contextual). */
  constructor(index: TupleIndex, options: ListCallOptions) {
    this.#index = index;
    this.#epoch = index.epoch;
    this.#limit = options.limit ?? Infinity;
    this.#after = options.after;
    this.evaluation.begin(index, { ...options, limits: { stepsMax: LIST_STEPS_MAX, ...options.limits } });
  }

  /**
   * Makes something of the index in turns. `attempt` yields to give way, and returns undefined where what it read holds no more: then it is begun again.
   * `resume` reads what is read once, before each attempt and after each turn.
   */
  *make<Made>(attempt: () => Generator<void, Made | undefined>, resume: () => void): Listing<Made> {
    try {
      for (;;) {
        resume();
        const going = attempt();
        let made = going.next();
        for (; made.done !== true; made = going.next()) {
          yield this.#batch();
          resume();
        }
        if (made.value !== undefined) return made.value;
        this.#restart();
      }
    } finally {
      this.evaluation.end();
      if (idle.length < IDLE_MAX) idle.push(this.evaluation);
    }
  }

  /** Makes a list of what a walk finds: its candidates, decided in order. */
  list(
    walk: () => Generator<void, Candidates | undefined>,
    resume: () => void,
  ): Listing<ListEnd & { entries: string[] }> {
    return this.make(() => this.#attempt(walk()), resume);
  }

  *#attempt(
    walk: Generator<void, Candidates | undefined>,
  ): Generator<void, (ListEnd & { entries: string[] }) | undefined> {
    const candidates = yield* walk;
    if (candidates === undefined || !(yield* this.#pick(candidates))) return undefined;
    return this.#end();
  }

  /** What cut the walk, its steps or time; undefined: nothing. */
  get cutBy(): UnknownReason | undefined {
    return this.#isCut ? verdictOf(this.#doubt).unknown : undefined;
  }

  /** All texts of a heap in order; undefined when what was read holds no more. */
  *sorted(heap: TextHeap): Generator<void, string[] | undefined> {
    if (!(yield* this.#arrange(heap))) return undefined;
    const texts: string[] = [];
    for (; heap.size > 0; heap.drop()) {
      texts.push(heap.text);
      if (texts.length % STEPS_A_TURN !== 0 || !this.#mayGiveWay) continue;
      yield;
      if (!this.holds) return undefined;
    }
    return texts;
  }

  *#arrange(heap: TextHeap): Generator<void, boolean> {
    for (const _ of heap.arrange()) {
      if (!this.#mayGiveWay) continue;
      yield;
      if (!this.holds) return false;
    }
    return true;
  }

  /** Whether it is time to give way. */
  get isDue(): boolean {
    if (this.evaluation.stepsTaken < this.#turnAt) return false;
    this.#turnAt = this.evaluation.stepsTaken + STEPS_A_TURN;
    return this.#mayGiveWay;
  }

  get #mayGiveWay(): boolean {
    return this.#restarts < RESTARTS_MAX;
  }

  /** Whether addresses that were read before the last turn still hold. */
  get holds(): boolean {
    return this.#index.epoch === this.#epoch;
  }

  /** Counts one step. Returns whether the list is cut by it. */
  step(): boolean {
    const over = this.evaluation.step();
    if (over === DENIED) return false;
    this.doubt(over);
    this.#isCut = true;
    return true;
  }

  /** Notes that a walk could not decide something. */
  doubt(outcome: Outcome): void {
    if (outcome > this.#doubt) this.#doubt = outcome;
  }

  /** Whether an entry of this text is still wanted. */
  wants(text: string): boolean {
    return this.#after === undefined || text > this.#after;
  }

  /** Takes entries in order until the list is full. Returns whether it got to the end without losing hold of the index. */
  *#pick({ heap, decide }: Candidates): Generator<void, boolean> {
    this.#isWalkCut = this.#isCut;
    if (!(yield* this.#arrange(heap))) return false;
    if (this.#isWalkCut) {
      for (; heap.size > 0 && this.#entries.length < this.#limit; heap.drop()) {
        if (heap.number === CERTAIN) this.#entries.push(heap.text);
      }
      return true;
    }
    for (; heap.size > 0; heap.drop()) {
      if (this.#entries.length >= this.#limit) {
        this.#isCut = true;
        return true;
      }
      if (this.isDue) {
        yield;
        if (!this.holds) return false;
      }
      if (this.step()) return true;
      const { text } = heap;
      const outcome = heap.number === CERTAIN ? ALLOWED : decide(text, heap.number);
      if (outcome === ALLOWED) this.#entries.push(text);
      else if (outcome > this.#doubtDecided) this.#doubtDecided = outcome;
      if (outcome >= BREADTH && this.step()) return true;
      this.#after = text;
    }
    return true;
  }

  #batch(): readonly string[] {
    const batch = this.#entries.slice(this.#yielded);
    this.#yielded = this.#entries.length;
    return batch;
  }

  #restart(): void {
    this.#restarts++;
    this.#doubt = DENIED;
    this.#isCut = false;
    this.#epoch = this.#index.epoch;
  }

  #end(): ListEnd & { entries: string[] } {
    const { unknown } = verdictOf(either(this.#doubt, this.#doubtDecided));
    const next = this.#isCut && !this.#isWalkCut ? this.#entries.at(-1) : undefined;
    return {
      entries: this.#entries,
      complete: !this.#isCut,
      ...(unknown === undefined ? {} : { unknown }),
      ...(next === undefined ? {} : { next }),
    };
  }
}
