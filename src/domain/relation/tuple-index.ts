import { Fault } from '../errors.ts';
import type { CompiledModel } from './compiled-model.ts';
import { EntityTable, KEY_WORD, SET_BIT } from './entity-table.ts';
import { ADDRESS_MASK, EntryCollections, LARGE_BITS, LINK_BIT } from './entry-collections.ts';
import { encodeContext, LINK_HEADER_WORDS, LinkReader } from './link-record.ts';
import { ModelBinding } from './model-binding.ts';
import { decodeText, encodedWords, encodeText } from './text-codec.ts';
import type { Tuple, TupleCondition, TupleKey } from './tuple.ts';
import { NAMES_MAX } from './vocabulary.ts';
import type { Vocabulary } from './vocabulary.ts';
import { WordArena } from './word-arena.ts';

/** A set with more plain users than this keeps their number only: they are found from the user's side, or by a scan. */
export const COUNTED_ABOVE = 4096;
/** A counted set lists its users again when no more than these are left. */
export const LISTED_BELOW = 1024;

/** Words of a set record: head, header, object, usersets (collection), plain users (collection, or LARGE_BITS | count). */
const SET_WORDS = 5;
const OBJECT = 2;
const USERSETS = 3;
const PLAIN = 4;
/** Words of a name record before the bytes. */
const NAME_WORDS = 2;
const ASTERISK = 0x2a;
const COLON = 0x3a;
const DEFAULT_SEED = 0x5bd1e995;

/**
 * The tuples of one store in memory, without a JS object or string for any of them. Exact after any sequence of writes and deletes;
 * deleted tuples leave no trace, and what they held is used again.
 *
 * Names and sets (`object#relation`) are records in one arena. Each carries one word with the sets that it is a user of, so a
 * membership is found with the user's word alone; sets list their usersets, and their plain users up to {@link COUNTED_ABOVE}.
 * One probe finds a name or a set; a membership is a compare of at most 15 words, or one probe more.
 */
export class TupleIndex {
  readonly #arena = new WordArena();
  readonly #table: EntityTable;
  #binding: ModelBinding;
  #size = 0;
  readonly #typeCache = new Uint16Array(16);
  /** Sets of a user. */
  readonly memberships = new EntryCollections(this.#arena, 0);
  /** Users of a set. */
  readonly members = new EntryCollections(this.#arena, 1);
  readonly links = new LinkReader(this.#arena);

  /** `seed`: any 32-bit number; one that callers cannot guess keeps them from choosing ids that collide. */
  constructor(model: CompiledModel, options: { readonly seed?: number } = {}) {
    this.#binding = new ModelBinding(model, model.vocabulary);
    this.#table = new EntityTable(this.#arena, options.seed ?? DEFAULT_SEED);
  }

  get model(): CompiledModel {
    return this.#binding.model;
  }

  get binding(): ModelBinding {
    return this.#binding;
  }

  /** Tuples. */
  get size(): number {
    return this.#size;
  }

  /** Memory of the typed arrays, in bytes. */
  get bytes(): number {
    return this.#arena.bytes + this.#table.bytes + this.memberships.bytes + this.members.bytes;
  }

  /** Evaluates by another model from now on; the tuples stay, those that it does not allow are skipped. */
  useModel(model: CompiledModel): void {
    if (model === this.#binding.model) return;
    this.#binding = this.#binding.rebound(model);
    this.#typeCache.fill(0);
  }

  /**
   * Adds a tuple, or replaces the condition of the one with its key. Returns whether anything changed. The model is not asked
   * (see `validateTuple`); Fault INVALID_TUPLE when user or object is malformed or over 512 bytes.
   */
  write(tuple: Tuple): boolean {
    const hash = tuple.user.indexOf('#');
    const userRelation = hash < 0 ? '' : tuple.user.slice(hash + 1);
    const userEnd = hash < 0 ? tuple.user.length : hash;
    refuseMalformed(tuple, userEnd, userRelation);
    // All words first: a store that is out of numbers for them refuses before it keeps anything.
    this.#internType(tuple.object);
    this.#internType(tuple.user);
    const relationId = this.#intern('relations', tuple.relation);
    const userRelationId = hash < 0 ? -1 : this.#intern('relations', userRelation);
    const { condition } = tuple;
    const payload = condition === undefined ? undefined : this.#payloadOf(condition);
    const conditionId = condition === undefined ? -1 : this.#intern('conditions', condition.name);
    const set = this.#internSet(tuple.object, tuple.object.length, relationId);
    const user = hash < 0 ? this.#internName(tuple.user, userEnd) : this.#internSet(tuple.user, hash, userRelationId);
    const head = this.#arena.read(user);
    const present = this.memberships.find(head, set);
    if (present !== 0 && this.#says(present, conditionId, payload)) return false;
    const entryOf = (side: number) => (payload === undefined ? side : this.#linkTo(link));
    const link = payload === undefined ? 0 : this.#newLink(set, user, conditionId, payload);
    if (present === 0) {
      this.#arena.write(user, this.memberships.add(head, entryOf(set)));
      this.#addMember(set, user, entryOf(user));
      this.#size++;
      return true;
    }
    this.#arena.write(user, this.memberships.replace(head, set, entryOf(set)));
    this.#replaceMember(set, user, entryOf(user));
    this.#freeLink(present);
    return true;
  }

  /** Removes the tuple of this key, whatever its condition. Returns whether there was one. */
  delete(key: TupleKey): boolean {
    const set = this.findSetOf(key.object, key.relation);
    const user = set === 0 ? 0 : this.findUser(key.user);
    if (user === 0) return false;
    const head = this.headOf(user);
    const entry = this.memberships.find(head, set);
    if (entry === 0) return false;
    const object = this.objectOf(set);
    this.#arena.write(user, this.memberships.remove(head, set));
    this.#removeMember(set, user);
    this.#freeLink(entry);
    this.#size--;
    this.#collect(set);
    if (user !== set && user !== object) this.#collect(user);
    return true;
  }

  has(key: TupleKey): boolean {
    const set = this.findSetOf(key.object, key.relation);
    const user = set === 0 ? 0 : this.findUser(key.user);
    return user !== 0 && this.memberships.find(this.headOf(user), set) !== 0;
  }

  /** The condition of the tuple of this key; undefined when it has none or is not there. */
  conditionOf(key: TupleKey): TupleCondition | undefined {
    const set = this.findSetOf(key.object, key.relation);
    const user = set === 0 ? 0 : this.findUser(key.user);
    const entry = user === 0 ? 0 : this.memberships.find(this.headOf(user), set);
    return entry >= LINK_BIT ? this.links.decode(entry & ADDRESS_MASK, this.#binding.vocabulary) : undefined;
  }

  /** All tuples whose user field is exactly this, in no particular order. */
  tuplesOfUser(user: string): Tuple[] {
    const entity = this.findUser(user);
    return entity === 0 ? [] : this.#tuplesFrom(entity);
  }

  /** All tuples of an object, or of one of its relations, in no particular order. Scans all names for sets over COUNTED_ABOVE. */
  tuplesOfObject(object: string, relation?: string): Tuple[] {
    const address = this.findObject(object, object.length);
    if (address === 0) return [];
    const { relations } = this.#binding.vocabulary;
    const wanted = relation === undefined ? relations.names.map((_, id) => id) : [relations.idOf(relation)];
    return wanted.flatMap((id) => {
      const set = id < 0 ? 0 : this.#table.findSet(address, id);
      return set === 0 ? [] : this.#tuplesIn(set);
    });
  }

  /** Every tuple, in no particular order. The index must not change meanwhile. */
  *tuples(): Iterable<Tuple> {
    for (const entity of this.#table.records()) yield* this.#tuplesFrom(entity);
  }

  // ---- what evaluation reads: addresses, all 0 where there is no such thing ----

  /** The name `text.slice(0, end)`. */
  findObject(text: string, end: number): number {
    let colon = 0;
    while (colon < end && text.charCodeAt(colon) !== COLON) colon++;
    if (colon === end) return 0;
    const type = this.typeIdOf(text, colon);
    if (type < 0) return 0;
    const length = encodeText(text, colon + 1, end);
    return length < 0 ? 0 : this.#table.findName(type, length);
  }

  /** The name or set that a user field stands for. */
  findUser(user: string): number {
    const hash = user.indexOf('#');
    return hash < 0 ? this.findObject(user, user.length) : this.#findSetIn(user, hash, user.slice(hash + 1));
  }

  /** The typed wildcard of a type of the vocabulary. */
  findWildcard(type: number): number {
    encodeText('*', 0, 1);
    return this.#table.findName(type, 1);
  }

  findSet(object: number, relation: number): number {
    return this.#table.findSet(object, relation);
  }

  findSetOf(object: string, relation: string): number {
    return this.#findSetIn(object, object.length, relation);
  }

  /** The type of `text`, whose first colon is at `colon`; -1 if no tuple and no model has named it. */
  typeIdOf(text: string, colon: number): number {
    const { types } = this.#binding.vocabulary;
    const slot = (colon * 31 + text.charCodeAt(0)) & 15;
    const cached = this.#typeCache[slot]! - 1;
    if (cached >= 0 && startsWith(text, types.names[cached]!, colon)) return cached;
    const id = types.idOf(text.slice(0, colon));
    if (id >= 0) this.#typeCache[slot] = id + 1;
    return id;
  }

  headOf(entity: number): number {
    return this.#arena.read(entity);
  }

  isSet(entity: number): boolean {
    return this.#arena.read(entity + KEY_WORD) >= SET_BIT;
  }

  typeOf(name: number): number {
    return this.#arena.read(name + KEY_WORD) >>> 16;
  }

  isWildcard(name: number): boolean {
    return (this.#arena.read(name + KEY_WORD) & 0xffff) === 1 && this.#arena.read(name + NAME_WORDS) === ASTERISK;
  }

  objectOf(set: number): number {
    return this.#arena.read(set + OBJECT);
  }

  relationOf(set: number): number {
    return this.#arena.read(set + KEY_WORD) & 0xffff;
  }

  usersetsOf(set: number): number {
    return this.#arena.read(set + USERSETS);
  }

  /** The collection of plain users and wildcards; not to be read as one when {@link isCounted}. */
  plainOf(set: number): number {
    return this.#arena.read(set + PLAIN);
  }

  isCounted(plain: number): boolean {
    return plain >= LARGE_BITS;
  }

  countOf(plain: number): number {
    return this.isCounted(plain) ? plain & ADDRESS_MASK : this.members.count(plain);
  }

  /** `type:id`, or `type:id#relation` of a set. */
  textOf(entity: number): string {
    const { types, relations } = this.#binding.vocabulary;
    if (this.isSet(entity)) return `${this.textOf(this.objectOf(entity))}#${relations.names[this.relationOf(entity)]!}`;
    const header = this.#arena.read(entity + KEY_WORD);
    const offset = this.#arena.offsetOf(entity) + NAME_WORDS;
    return `${types.names[header >>> 16]!}:${decodeText(this.#arena.chunkOf(entity), offset, header & 0xffff)}`;
  }

  // ---- writing ----

  #payloadOf(condition: TupleCondition): Uint32Array {
    const known = this.#binding.vocabulary.keys.names.length;
    const missing = Object.keys(condition.context ?? {}).some((key) => this.#binding.vocabulary.keys.idOf(key) < 0);
    if (missing && known < NAMES_MAX && this.#binding.vocabulary === this.model.vocabulary) {
      this.#binding = this.#binding.extended(() => undefined);
    }
    const payload = encodeContext(condition, this.#binding.vocabulary.keys);
    if (payload.length > 0xffff) throw new Fault('INVALID_TUPLE', 'the context of the condition is too large');
    return payload;
  }

  #says(entry: number, condition: number, payload: Uint32Array | undefined): boolean {
    if (payload === undefined) return entry < LINK_BIT;
    return entry >= LINK_BIT && this.links.equals(entry & ADDRESS_MASK, condition, payload);
  }

  #intern(list: keyof Vocabulary, name: string): number {
    const known = this.#binding.vocabulary[list].idOf(name);
    if (known >= 0) return known;
    if (this.#binding.vocabulary[list].names.length >= NAMES_MAX) {
      throw new Fault('INVALID_TUPLE', `more than ${NAMES_MAX} ${list} in one store`);
    }
    this.#binding = this.#binding.extended((vocabulary) => vocabulary[list].intern(name));
    return this.#binding.vocabulary[list].idOf(name);
  }

  #internType(text: string): void {
    const colon = text.indexOf(':');
    if (this.typeIdOf(text, colon) < 0) this.#intern('types', text.slice(0, colon));
  }

  #internName(text: string, end: number): number {
    const colon = text.indexOf(':');
    const type = this.typeIdOf(text, colon);
    const length = encodeText(text, colon + 1, end);
    const found = this.#table.findName(type, length);
    if (found !== 0) return found;
    const words = (length + 3) >>> 2;
    const address = this.#arena.allocate(NAME_WORDS + words);
    const chunk = this.#arena.chunkOf(address);
    const offset = this.#arena.offsetOf(address);
    chunk[offset] = 0;
    chunk[offset + KEY_WORD] = (type << 16) | length;
    for (let at = 0; at < words; at++) chunk[offset + NAME_WORDS + at] = encodedWords[at]!;
    this.#table.add(address);
    return address;
  }

  #internSet(text: string, end: number, id: number): number {
    const object = this.#internName(text, end);
    const found = this.#table.findSet(object, id);
    if (found !== 0) return found;
    const address = this.#arena.allocate(SET_WORDS);
    const chunk = this.#arena.chunkOf(address);
    const offset = this.#arena.offsetOf(address);
    chunk.fill(0, offset, offset + SET_WORDS);
    chunk[offset + KEY_WORD] = (SET_BIT | id) >>> 0;
    chunk[offset + OBJECT] = object;
    this.#table.add(address);
    return address;
  }

  #findSetIn(text: string, end: number, relation: string): number {
    const id = this.#binding.vocabulary.relations.idOf(relation);
    const object = id < 0 ? 0 : this.findObject(text, end);
    return object === 0 ? 0 : this.#table.findSet(object, id);
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

  #linkTo(link: number): number {
    return (LINK_BIT | link) >>> 0;
  }

  #freeLink(entry: number): void {
    if (entry < LINK_BIT) return;
    const link = entry & ADDRESS_MASK;
    this.#arena.free(link, this.links.wordsOf(link));
  }

  #addMember(set: number, user: number, entry: number): void {
    if (this.isSet(user)) {
      const usersets = this.members.add(this.usersetsOf(set), entry);
      this.#arena.write(set + USERSETS, usersets);
      return;
    }
    const plain = this.plainOf(set);
    if (this.isCounted(plain)) {
      this.#arena.write(set + PLAIN, plain + 1);
    } else if (this.members.count(plain) === COUNTED_ABOVE) {
      this.members.clear(plain);
      this.#arena.write(set + PLAIN, (LARGE_BITS | (COUNTED_ABOVE + 1)) >>> 0);
    } else {
      const grown = this.members.add(plain, entry);
      this.#arena.write(set + PLAIN, grown);
    }
  }

  #replaceMember(set: number, user: number, entry: number): void {
    const field = set + (this.isSet(user) ? USERSETS : PLAIN);
    const word = this.#arena.read(field);
    if (field === set + PLAIN && this.isCounted(word)) return;
    this.#arena.write(field, this.members.replace(word, user, entry));
  }

  #removeMember(set: number, user: number): void {
    const field = set + (this.isSet(user) ? USERSETS : PLAIN);
    const word = this.#arena.read(field);
    if (field === set + USERSETS || !this.isCounted(word)) {
      this.#arena.write(field, this.members.remove(word, user));
    } else if (this.countOf(word) - 1 > LISTED_BELOW) {
      this.#arena.write(field, word - 1);
    } else {
      let listed = 0;
      for (const [member, entry] of this.#scan(set)) listed = this.members.add(listed, entry === set ? member : entry);
      this.#arena.write(field, listed);
    }
  }

  /** Plain users of a set with their entries, found from the users' side: reads every name. */
  *#scan(set: number): Iterable<[user: number, entry: number]> {
    for (const entity of this.#table.records()) {
      if (this.isSet(entity)) continue;
      const entry = this.memberships.find(this.headOf(entity), set);
      if (entry !== 0) yield [entity, entry];
    }
  }

  /** Takes out an entity that no tuple needs any more, and the object of a set with it. */
  #collect(entity: number): void {
    const address = entity;
    if (this.headOf(address) !== 0) return;
    if (this.isSet(address)) {
      if (this.usersetsOf(address) !== 0 || this.plainOf(address) !== 0) return;
      const object = this.objectOf(address);
      this.#table.remove(address);
      this.#arena.free(address, SET_WORDS);
      this.#collect(object);
      return;
    }
    const relations = this.#binding.vocabulary.relations.names.length;
    for (let relation = 0; relation < relations; relation++) {
      if (this.#table.findSet(address, relation) !== 0) return;
    }
    this.#table.remove(address);
    const length = this.#arena.read(address + KEY_WORD) & 0xffff;
    this.#arena.free(address, NAME_WORDS + ((length + 3) >>> 2));
  }

  // ---- reading tuples back ----

  #tuplesFrom(user: number): Tuple[] {
    const head = this.headOf(user);
    const tuples: Tuple[] = [];
    for (let place = 0, places = this.memberships.places(head); place < places; place++) {
      const entry = this.memberships.at(head, place);
      if (entry !== 0) tuples.push(this.#tupleOf(this.memberships.keyOf(entry), user, entry));
    }
    return tuples;
  }

  #tuplesIn(set: number): Tuple[] {
    const tuples: Tuple[] = [];
    const plain = this.plainOf(set);
    const counted = this.isCounted(plain);
    if (counted) for (const [user, entry] of this.#scan(set)) tuples.push(this.#tupleOf(set, user, entry));
    for (const word of counted ? [this.usersetsOf(set)] : [this.usersetsOf(set), plain]) {
      for (let place = 0, places = this.members.places(word); place < places; place++) {
        const entry = this.members.at(word, place);
        if (entry !== 0) tuples.push(this.#tupleOf(set, this.members.keyOf(entry), entry));
      }
    }
    return tuples;
  }

  #tupleOf(set: number, user: number, entry: number): Tuple {
    const { vocabulary } = this.#binding;
    const key: TupleKey = {
      user: this.textOf(user),
      relation: vocabulary.relations.names[this.relationOf(set)]!,
      object: this.textOf(this.objectOf(set)),
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
  const colon = text.indexOf(':');
  return colon > 0 && colon < end - 1 && encodeText(text, colon + 1, end) > 0;
}

function startsWith(text: string, name: string, length: number): boolean {
  if (name.length !== length) return false;
  for (let at = 0; at < length; at++) if (text.charCodeAt(at) !== name.charCodeAt(at)) return false;
  return true;
}
