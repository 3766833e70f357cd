import { LIMITS_MAX } from './limits.ts';

/** The relations of objects that are being evaluated, each asked for by the one before. */
export class Path {
  #length = 0;
  readonly #objects = new Uint32Array(LIMITS_MAX.depthMax);
  readonly #relations = new Uint16Array(LIMITS_MAX.depthMax);

  clear(): void {
    this.#length = 0;
  }

  push(object: number, relation: number): void {
    this.#objects[this.#length] = object;
    this.#relations[this.#length++] = relation;
  }

  pop(): void {
    this.#length--;
  }

  has(object: number, relation: number): boolean {
    for (let level = 0; level < this.#length; level++) {
      if (this.#objects[level] === object && this.#relations[level] === relation) return true;
    }
    return false;
  }
}
