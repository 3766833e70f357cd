const CAPACITY_FIRST = 64;

/** What a walk has come to, each once, in the order of coming: an object with a small number, and the depth at which it was met first. */
export class WalkNodes {
  length = 0;
  #objects = new Uint32Array(CAPACITY_FIRST);
  #codes = new Uint32Array(CAPACITY_FIRST);
  #depths = new Uint8Array(CAPACITY_FIRST);
  /** Place in the lists and 1; 0 is empty. At most half full. */
  #slots = new Uint32Array(2 * CAPACITY_FIRST);

  objectAt(place: number): number {
    return this.#objects[place]!;
  }

  codeAt(place: number): number {
    return this.#codes[place]!;
  }

  depthAt(place: number): number {
    return this.#depths[place]!;
  }

  has(object: number, code: number): boolean {
    return this.#slots[this.#slotOf(object, code)] !== 0;
  }

  /** Adds what is not yet there. Returns whether it was added. */
  add(object: number, code: number, depth: number): boolean {
    let slot = this.#slotOf(object, code);
    if (this.#slots[slot] !== 0) return false;
    if (this.length === this.#objects.length) {
      this.#grow();
      slot = this.#slotOf(object, code);
    }
    this.#objects[this.length] = object;
    this.#codes[this.length] = code;
    this.#depths[this.length] = depth;
    this.#slots[slot] = ++this.length;
    return true;
  }

  #slotOf(object: number, code: number): number {
    const mask = this.#slots.length - 1;
    const mixed = Math.imul(object ^ Math.imul(code, 0x85ebca6b), 0x9e3779b1);
    for (let slot = (mixed ^ (mixed >>> 15)) & mask; ; slot = (slot + 1) & mask) {
      const place = this.#slots[slot]! - 1;
      if (place < 0 || (this.#objects[place] === object && this.#codes[place] === code)) return slot;
    }
  }

  #grow(): void {
    const capacity = 2 * this.#objects.length;
    this.#objects = extended(this.#objects, new Uint32Array(capacity));
    this.#codes = extended(this.#codes, new Uint32Array(capacity));
    this.#depths = extended(this.#depths, new Uint8Array(capacity));
    this.#slots = new Uint32Array(2 * capacity);
    for (let place = 0; place < this.length; place++) {
      this.#slots[this.#slotOf(this.#objects[place]!, this.#codes[place]!)] = place + 1;
    }
  }
}

function extended<Words extends Uint32Array | Uint8Array>(from: Words, to: Words): Words {
  to.set(from);
  return to;
}
