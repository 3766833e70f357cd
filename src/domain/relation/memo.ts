import type { Outcome } from './outcome.ts';

const SLOTS = 2048;
const PROBES_MAX = 8;

/** Outcomes within one evaluation, by object and a number for the relation; forgets what does not find a place. Nothing outlives the evaluation. */
export class Memo {
  readonly #objects = new Uint32Array(SLOTS);
  readonly #relations = new Uint32Array(SLOTS);
  readonly #rounds = new Uint32Array(SLOTS);
  readonly #outcomes = new Uint8Array(SLOTS);
  readonly #heights = new Uint8Array(SLOTS);
  #round = 0;

  /** Forgets everything. */
  clear(): void {
    this.#round = (this.#round + 1) >>> 0;
    if (this.#round !== 0) return;
    this.#rounds.fill(0);
    this.#round = 1;
  }

  /** The slot of this object and relation, -1 if it is not known. */
  find(object: number, relation: number): number {
    let slot = home(object, relation);
    for (let probe = 0; probe < PROBES_MAX; probe++, slot = (slot + 1) % SLOTS) {
      if (this.#rounds[slot] !== this.#round) return -1;
      if (this.#objects[slot] === object && this.#relations[slot] === relation) return slot;
    }
    return -1;
  }

  outcomeAt(slot: number): Outcome {
    return this.#outcomes[slot]! as Outcome;
  }

  /** Levels below its own that the outcome took. */
  heightAt(slot: number): number {
    return this.#heights[slot]!;
  }

  store(object: number, relation: number, outcome: Outcome, height: number): void {
    let slot = home(object, relation);
    for (let probe = 0; probe < PROBES_MAX; probe++, slot = (slot + 1) % SLOTS) {
      if (this.#rounds[slot] === this.#round) continue;
      this.#objects[slot] = object;
      this.#relations[slot] = relation;
      this.#rounds[slot] = this.#round;
      this.#outcomes[slot] = outcome;
      this.#heights[slot] = height;
      return;
    }
  }
}

function home(object: number, relation: number): number {
  return Math.imul(object ^ Math.imul(relation, 0x85ebca6b), 0x9e3779b1) >>> 21;
}
