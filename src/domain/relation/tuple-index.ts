import { Fault } from '../errors.ts';
import type { CompiledModel } from './compiled-model.ts';
import { colonOf } from './entity-records.ts';
import type { EntityRecords } from './entity-records.ts';
import type { EntryCollections } from './entry-collections.ts';
import { ADDRESS_MASK, LINK_BIT } from './entry-block.ts';
import type { IndexSnapshot } from './index-snapshot.ts';
import { IndexWords } from './index-words.ts';
import type { LinkReader } from './link-record.ts';
import type { ModelBinding } from './model-binding.ts';
import { RecordsCopy } from './records-copy.ts';
import type { SetUsers } from './set-users.ts';
import { encodeText, ID_BYTES_MAX } from './text-codec.ts';
import type { Tuple, TupleCondition, TupleKey } from './tuple.ts';
import { TupleRecords } from './tuple-records.ts';

const DEFAULT_SEED = 0x5bd1e995;
/** A few milliseconds. */
const COMPACTED_A_STEP = 1_000;
/** Less is not worth a copy: 256 KiB. */
const WORDS_IDLE_MIN = 65_536;
const WORD_BYTES = 4;
/** Sets are listed again after one delete for so many tuples: the copies that a delete costs at most. */
const COPIES_A_DELETE = 16;

/**
 * The tuples of one store in memory, without a JS object or string for any of them. Exact after any sequence of writes and deletes;
 * deleted tuples leave no trace, and what they held is used again.
 *
 * Names and sets (`object#relation`) are records in one arena. Each carries one word with the sets that it is a user of, so a
 * membership is found with the user's word alone; sets list their usersets, and their plain users up to a number of them.
 * One probe finds a name or a set; a membership is a compare of at most 15 words, or one probe more.
 */
export class TupleIndex {
  readonly #records: TupleRecords;
  readonly #words: IndexWords;
  #copy: RecordsCopy | undefined;
  #revision = 0;
  #epoch = 0;
  /** What the last compaction could not help. */
  #idleAtLeast = 0;
  /** Since the last compaction. */
  #deletes = 0;
  readonly entities: EntityRecords;
  /** Sets of a user. */
  readonly memberships: EntryCollections;
  /** Users of a set. */
  readonly users: SetUsers;
  readonly links: LinkReader;

  /** `seed`: any 32-bit number; one that callers cannot guess keeps them from choosing ids that collide. */
  constructor(model: CompiledModel, options: { readonly seed?: number } = {}) {
    this.#records = new TupleRecords(model.vocabulary, options.seed ?? DEFAULT_SEED);
    ({ entities: this.entities, memberships: this.memberships, users: this.users, links: this.links } = this.#records);
    this.#words = new IndexWords(model, this.entities);
  }

  /** The index of a snapshot, which becomes its own. The words of the snapshot are those of any model that its tuples were written under. */
  static restored(model: CompiledModel, snapshot: IndexSnapshot): TupleIndex {
    const index = new TupleIndex(model, { seed: snapshot.records.seed });
    index.#words.restore(model, snapshot.words);
    index.#records.restore(snapshot.records, snapshot.arrays);
    return index;
  }

  /** The index as it is now. Its arrays are the index's own: to be written before it changes. */
  snapshot(): IndexSnapshot {
    const { image, arrays } = this.#records.image();
    const { types, relations, conditions, keys } = this.binding.vocabulary;
    const words = { types: types.names, relations: relations.names, conditions: conditions.names, keys: keys.names };
    return { records: image, words, arrays };
  }

  get model(): CompiledModel {
    return this.binding.model;
  }

  get binding(): ModelBinding {
    return this.#words.binding;
  }

  /** How the words of the tuples stand to those of any model, kept for those asked with last. See {@link IndexWords.bindingOf}. */
  bindingOf(model: CompiledModel): ModelBinding {
    return this.#words.bindingOf(model);
  }

  /** Tuples. */
  get size(): number {
    return this.#records.size;
  }

  /**
   * Grows with every change, the end of a compaction included. Addresses, entries and collections that were read at another revision
   * may stand for something else now, or for nothing.
   */
  get revision(): number {
    return this.#revision;
  }

  /** Grows when a tuple is removed and at the end of a compaction: until then the addresses of names and sets stand for what they did. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Memory of the typed arrays, in bytes; a compaction's copy included. */
  get bytes(): number {
    return this.#records.bytes + (this.#copy?.bytes ?? 0);
  }

  /**
   * One step of compaction: copies up to `tuplesMax` tuples, some microseconds each, into new arrays that take the place of the old ones when
   * all are there; writes and deletes between the steps are in both. Begins when deletes have left a quarter of the memory idle, and
   * `wordsIdleMin` words, or a set of many users with few; 0: whatever is idle. Returns whether there is more to do.
   */
  compact(tuplesMax: number = COMPACTED_A_STEP, wordsIdleMin: number = WORDS_IDLE_MIN): boolean {
    if (this.#copy === undefined) {
      if (wordsIdleMin > 0 && !this.#isWorthwhile(wordsIdleMin)) return false;
      this.#copy = new RecordsCopy(this.#records);
    }
    if (!this.#copy.step(tuplesMax)) return true;
    this.#records.adopt(this.#copy.to);
    this.#copy = undefined;
    this.#idleAtLeast = this.#records.wordsIdle;
    this.#deletes = 0;
    this.#revision++;
    this.#epoch++;
    return false;
  }

  #isWorthwhile(wordsIdleMin: number): boolean {
    const { wordsIdle, bytes } = this.#records;
    if (this.users.hasShrunken && this.#deletes * COPIES_A_DELETE >= this.size) return true;
    return wordsIdle - this.#idleAtLeast >= wordsIdleMin && wordsIdle * WORD_BYTES >= bytes / 4;
  }

  /** Evaluates by another model from now on; the tuples stay, those that it does not allow are skipped. */
  useModel(model: CompiledModel): void {
    this.#words.useModel(model);
  }

  /**
   * Adds a tuple, or replaces the condition of the one with its key. Returns whether anything changed. The model is not asked
   * (see `validateTuple`); Fault INVALID_TUPLE when user or object is malformed or over 512 bytes.
   */
  write(tuple: Tuple): boolean {
    const { entities } = this;
    const hash = tuple.user.indexOf('#');
    const userRelation = hash < 0 ? '' : tuple.user.slice(hash + 1);
    const userEnd = hash < 0 ? tuple.user.length : hash;
    refuseMalformed(tuple, userEnd, userRelation);
    // All words first: a store that is out of numbers for them refuses before it keeps anything.
    this.#words.internType(tuple.object);
    this.#words.internType(tuple.user);
    const relationId = this.#words.intern('relations', tuple.relation);
    const userRelationId = hash < 0 ? -1 : this.#words.intern('relations', userRelation);
    const { condition } = tuple;
    const payload = condition === undefined ? undefined : this.#words.payloadOf(condition);
    const conditionId = condition === undefined ? -1 : this.#words.intern('conditions', condition.name);
    const set = entities.internSet(tuple.object, tuple.object.length, relationId);
    const user =
      hash < 0 ? entities.internName(tuple.user, userEnd) : entities.internSet(tuple.user, hash, userRelationId);
    if (!this.#records.put(set, user, conditionId, payload)) return false;
    this.#copy?.put(set, user);
    this.#revision++;
    return true;
  }

  /** Removes the tuple of this key, whatever its condition. Returns whether there was one. */
  delete(key: TupleKey): boolean {
    const { entities } = this;
    const set = this.findSetOf(key.object, key.relation);
    const user = set === 0 ? 0 : entities.findUser(key.user);
    if (user === 0 || this.memberships.find(entities.headOf(user), set) === 0) return false;
    this.#copy?.remove(set, user);
    this.#records.remove(set, user);
    this.#deletes++;
    this.#revision++;
    this.#epoch++;
    return true;
  }

  has(key: TupleKey): boolean {
    return this.#entryOf(key) !== 0;
  }

  /** The condition of the tuple of this key; undefined when it has none or is not there. */
  conditionOf(key: TupleKey): TupleCondition | undefined {
    const entry = this.#entryOf(key);
    return entry >= LINK_BIT ? this.links.decode(entry & ADDRESS_MASK, this.binding.vocabulary) : undefined;
  }

  /** All tuples whose user field is exactly this, in no particular order. */
  tuplesOfUser(user: string): Tuple[] {
    const entity = this.entities.findUser(user);
    return entity === 0 ? [] : this.#tuplesFrom(entity);
  }

  /** All tuples of an object, or of one of its relations, in no particular order. Scans all names for sets over COUNTED_ABOVE. */
  tuplesOfObject(object: string, relation?: string): Tuple[] {
    const address = this.entities.findName(object, object.length);
    if (address === 0) return [];
    const { relations } = this.binding.vocabulary;
    const wanted = relation === undefined ? relations.names.map((_, id) => id) : [relations.idOf(relation)];
    return wanted.flatMap((id) => {
      const set = id < 0 ? 0 : this.entities.findSet(address, id);
      return set === 0 ? [] : Array.from(this.users.of(set), ([user, entry]) => this.#tupleOf(set, user, entry));
    });
  }

  /** Every tuple, in no particular order. The index must not change meanwhile. */
  *tuples(): Iterable<Tuple> {
    for (const entity of this.entities.all()) yield* this.#tuplesFrom(entity);
  }

  /** The set `object#relation`, 0 if no tuple needs it. */
  findSetOf(object: string, relation: string): number {
    return this.entities.findSetOf(object, object.length, relation);
  }

  /** See {@link SetUsers.plainOf}. */
  plainOf(set: number): number {
    return this.users.plainOf(set);
  }

  /** See {@link SetUsers.countOf}. */
  countOf(plain: number): number {
    return this.users.countOf(plain);
  }

  #entryOf(key: TupleKey): number {
    const set = this.findSetOf(key.object, key.relation);
    const user = set === 0 ? 0 : this.entities.findUser(key.user);
    return user === 0 ? 0 : this.memberships.find(this.entities.headOf(user), set);
  }

  #tuplesFrom(user: number): Tuple[] {
    const head = this.entities.headOf(user);
    const tuples: Tuple[] = [];
    for (let place = 0, places = this.memberships.places(head); place < places; place++) {
      const entry = this.memberships.at(head, place);
      if (entry !== 0) tuples.push(this.#tupleOf(this.memberships.keyOf(entry), user, entry));
    }
    return tuples;
  }

  #tupleOf(set: number, user: number, entry: number): Tuple {
    const { vocabulary } = this.binding;
    const key: TupleKey = {
      user: this.entities.textOf(user),
      relation: vocabulary.relations.names[this.entities.relationOf(set)]!,
      object: this.entities.textOf(this.entities.objectOf(set)),
    };
    return entry < LINK_BIT ? key : { ...key, condition: this.links.decode(entry & ADDRESS_MASK, vocabulary) };
  }
}

function refuseMalformed(tuple: Tuple, userEnd: number, userRelation: string): void {
  const sound =
    isName(tuple.object, tuple.object.length) &&
    !tuple.object.includes('#') &&
    tuple.relation !== '' &&
    isName(tuple.user, userEnd) &&
    (userEnd === tuple.user.length || (userRelation !== '' && !userRelation.includes('#')));
  if (!sound) throw new Fault('INVALID_TUPLE', `malformed tuple ${tuple.object}#${tuple.relation}@${tuple.user}`);
}

/** `type:id` with an id of at most 512 bytes. */
function isName(text: string, end: number): boolean {
  const colon = colonOf(text, end);
  const length = end - colon - 1;
  return colon > 0 && length > 0 && (length * 3 <= ID_BYTES_MAX || encodeText(text, colon + 1, end) > 0);
}
