import { TupleRecords } from './tuple-records.ts';

const HASHES = 2 ** 32;
/** Looking at a name or set that is a user of nothing, in tuples. */
const COST_OF_A_RECORD = 0.2;

/**
 * Copies tuples into new records a few at a time, while the old ones change. Users are met in the order of their hashes, and the sets
 * of a user of many in the order of theirs, which no change disturbs; what is written or removed meanwhile is so in the copy, too.
 */
export class RecordsCopy {
  readonly #from: TupleRecords;
  readonly to: TupleRecords;
  /** Tuples of users of a lower hash are in the copy. */
  #userHash = 0;
  /** And of users of this hash, those of sets of a lower one, where they are many. */
  #setHash = 0;

  constructor(from: TupleRecords) {
    this.#from = from;
    this.to = new TupleRecords(from.entities.vocabulary, from.seed);
  }

  get bytes(): number {
    return this.to.bytes;
  }

  /** Copies some `tuplesMax` tuples more, at most those of a segment over. Returns whether all are there. */
  step(tuplesMax: number): boolean {
    let left = tuplesMax;
    while (this.#userHash < HASHES) {
      const { records, end } = this.#from.entities.recordsFrom(this.#userHash);
      for (let at = 0; at < records.length;) {
        if (left <= 0) return false;
        const { hash } = records[at]!;
        let next = at + 1;
        while (records[next]?.hash === hash) next++;
        this.#userHash = hash;
        left -= this.#copySome(records.slice(at, next));
        if (this.#setHash > 0) continue;
        this.#userHash = hash + 1;
        at = next;
      }
      this.#userHash = end;
    }
    return true;
  }

  /** A tuple that was written to the old records. */
  put(set: number, user: number): void {
    const { entities, memberships } = this.#from;
    const entry = memberships.find(entities.headOf(user), set);
    this.#put(this.to.entities.internCopy(entities, user), entry);
  }

  /** A tuple that is about to be removed from the old records. */
  remove(set: number, user: number): void {
    const { entities, memberships } = this.to;
    const copy = entities.findCopy(this.#from.entities, user);
    const own = entities.findCopy(this.#from.entities, set);
    if (copy !== 0 && own !== 0 && memberships.find(entities.headOf(copy), own) !== 0) this.to.remove(own, copy);
  }

  /** Tuples of users of one hash: all, or a segment more of large collections. Returns what it cost, in tuples. */
  #copySome(users: readonly { readonly address: number }[]): number {
    const { entities, memberships } = this.#from;
    let copied = COST_OF_A_RECORD;
    let setHash = HASHES;
    for (const { address } of users) {
      const head = entities.headOf(address);
      if (head === 0) continue;
      const part = memberships.segmentsOf(head)?.segmentAt(this.#setHash);
      setHash = Math.min(setHash, part?.end ?? HASHES);
      copied += this.#copyEntries(address, part?.words ?? memberships.entries(head));
    }
    this.#setHash = setHash === HASHES ? 0 : setHash;
    return copied;
  }

  #copyEntries(user: number, entries: Iterable<number>): number {
    let copied = 0;
    let copy = 0;
    for (const entry of entries) {
      if (entry === 0) continue;
      if (copy === 0) copy = this.to.entities.internCopy(this.#from.entities, user);
      this.#put(copy, entry);
      copied++;
    }
    return copied;
  }

  /** A tuple of a user in the copy, by its entry in the old records. */
  #put(user: number, entry: number): void {
    const from = this.#from;
    const set = this.to.entities.internCopy(from.entities, from.memberships.keyOf(entry));
    const link = from.linkOf(entry);
    this.to.put(set, user, link?.condition ?? -1, link?.payload);
  }
}
