import { Fault } from '../errors.ts';
import type { CompiledModel } from './compiled-model.ts';
import { colonOf, EntityRecords } from './entity-records.ts';
import { ADDRESS_MASK, LINK_BIT } from './entry-block.ts';
import { EntryCollections } from './entry-collections.ts';
import { IndexWords } from './index-words.ts';
import { LINK_HEADER_WORDS, LinkReader } from './link-record.ts';
import type { ModelBinding } from './model-binding.ts';
import { SetUsers } from './set-users.ts';
import { encodeText } from './text-codec.ts';
import type { Tuple, TupleCondition, TupleKey } from './tuple.ts';
import { WordArena } from './word-arena.ts';

const DEFAULT_SEED = 0x5bd1e995;

/**
 * The tuples of one store in memory, without a JS object or string for any of them. Exact after any sequence of writes and deletes;
 * deleted tuples leave no trace, and what they held is used again.
 *
 * Names and sets (`object#relation`) are records in one arena. Each carries one word with the sets that it is a user of, so a
 * membership is found with the user's word alone; sets list their usersets, and their plain users up to a number of them.
 * One probe finds a name or a set; a membership is a compare of at most 15 words, or one probe more.
 */
export class TupleIndex {
  readonly #arena = new WordArena();
  readonly #words: IndexWords;
  #size = 0;
  readonly entities: EntityRecords;
  /** Sets of a user. */
  readonly memberships = new EntryCollections(this.#arena, 0);
  /** Users of a set. */
  readonly users: SetUsers;
  readonly links = new LinkReader(this.#arena);

  /** `seed`: any 32-bit number; one that callers cannot guess keeps them from choosing ids that collide. */
  constructor(model: CompiledModel, options: { readonly seed?: number } = {}) {
    this.entities = new EntityRecords(this.#arena, model.vocabulary, options.seed ?? DEFAULT_SEED);
    this.#words = new IndexWords(model, this.entities);
    this.users = new SetUsers(this.#arena, this.entities, this.memberships);
  }

  get model(): CompiledModel {
    return this.binding.model;
  }

  get binding(): ModelBinding {
    return this.#words.binding;
  }

  /** Tuples. */
  get size(): number {
    return this.#size;
  }

  /** Memory of the typed arrays, in bytes. */
  get bytes(): number {
    return this.#arena.bytes + this.entities.bytes + this.memberships.bytes + this.users.members.bytes;
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
    const head = entities.headOf(user);
    const present = this.memberships.find(head, set);
    if (present !== 0 && this.#says(present, conditionId, payload)) return false;
    const link = payload === undefined ? 0 : this.#newLink(set, user, conditionId, payload);
    const entryOf = (side: number) => (payload === undefined ? side : (LINK_BIT | link) >>> 0);
    if (present === 0) {
      entities.setHead(user, this.memberships.add(head, entryOf(set)));
      this.users.add(set, user, entryOf(user));
      this.#size++;
      return true;
    }
    entities.setHead(user, this.memberships.replace(head, set, entryOf(set)));
    this.users.replace(set, user, entryOf(user));
    this.#freeLink(present);
    return true;
  }

  /** Removes the tuple of this key, whatever its condition. Returns whether there was one. */
  delete(key: TupleKey): boolean {
    const { entities } = this;
    const set = this.findSetOf(key.object, key.relation);
    const user = set === 0 ? 0 : entities.findUser(key.user);
    if (user === 0) return false;
    const head = entities.headOf(user);
    const entry = this.memberships.find(head, set);
    if (entry === 0) return false;
    const object = entities.objectOf(set);
    entities.setHead(user, this.memberships.remove(head, set));
    this.users.remove(set, user);
    this.#freeLink(entry);
    this.#size--;
    entities.release(set);
    if (user !== set && user !== object) entities.release(user);
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

  #says(entry: number, condition: number, payload: Uint32Array | undefined): boolean {
    if (payload === undefined) return entry < LINK_BIT;
    return entry >= LINK_BIT && this.links.equals(entry & ADDRESS_MASK, condition, payload);
  }

  #newLink(set: number, user: number, condition: number, payload: Uint32Array): number {
    const link = this.#arena.allocate(LINK_HEADER_WORDS + payload.length);
    const chunk = this.#arena.chunkOf(link);
    const offset = this.#arena.offsetOf(link);
    chunk[offset] = set;
    chunk[offset + 1] = user;
    chunk[offset + 2] = ((condition << 16) | payload.length) >>> 0;
    chunk.set(payload, offset + LINK_HEADER_WORDS);
    return link;
  }

  #freeLink(entry: number): void {
    if (entry < LINK_BIT) return;
    const link = entry & ADDRESS_MASK;
    this.#arena.free(link, this.links.wordsOf(link));
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
  return colon > 0 && colon < end - 1 && encodeText(text, colon + 1, end) > 0;
}
