import { Fault } from '../domain/errors.ts';
import { DERIVED_TYPES } from '../domain/projection.ts';
import { formatKey, formatTuple, type Tuple, type TupleKey } from '../domain/relation/tuple.ts';
import { isType, malformedObject, malformedUser, validateTuple } from '../domain/relation/validate-tuple.ts';
import { relationOf } from '../domain/relation/compiled-model.ts';
import type { ProviderId } from '../domain/values.ts';
import type { RelationshipStore } from '../ports/relationship-store.ts';
import type { AuditEntry } from '../ports/document-store.ts';
import { actorOf, partnerOf, type Caller } from './caller.ts';
import type { Changes } from './change.ts';
import { formatPageToken, parsePageSize, parsePageToken } from './page-token.ts';
import type { PartnerView, Replica } from './replica.ts';
import { formatToken } from './token.ts';

/** Relationships of one write: one commit, held in memory and validated before it. OpenFGA's limit, too. */
export const BATCH_MAX = 100;

export interface WriteRequest {
  readonly providerId?: string | undefined;
  readonly writes: readonly Tuple[];
  readonly deletes: readonly TupleKey[];
}

export interface ReadRequest {
  readonly providerId?: string | undefined;
  /** `type:id`, or `type:` for every object of the type. */
  readonly object: string;
  readonly pageSize?: number | undefined;
  readonly pageToken?: string | undefined;
}

/** Relationships that applications keep, of every type but the derived ones (C-1). */
export class RelationshipService {
  readonly #changes: Changes;
  readonly #replica: Replica;
  readonly #relationships: RelationshipStore;

  constructor(changes: Changes, replica: Replica, relationships: RelationshipStore) {
    this.#changes = changes;
    this.#replica = replica;
    this.#relationships = relationships;
  }

  /**
   * Writes and deletes, all or none. A write of what exists replaces its condition, a delete of what does not is no
   * error; a delete need not fit the model, so that what an earlier model left can go. Throws INVALID_ARGUMENT for an
   * empty or too large batch, INVALID_TUPLE, UNKNOWN_TYPE, UNKNOWN_RELATION, and OBJECT_NOT_FOUND for another partner (P-6).
   */
  async write(caller: Caller, request: WriteRequest): Promise<{ token: string }> {
    const view = this.#changes.partner(partnerOf(caller, request.providerId));
    const { writes, deletes } = request;
    const size = writes.length + deletes.length;
    if (size < 1 || size > BATCH_MAX) {
      const rule = `1 to ${BATCH_MAX} relationships in all`;
      throw new Fault('INVALID_ARGUMENT', `writes: ${rule}`, { field: 'writes', rule });
    }
    const seen = new Set<string>();
    deletes.forEach((key, index) => checkKey(key, `deletes[${index}]`, view, seen));
    writes.forEach((tuple, index) => {
      const field = `writes[${index}]`;
      checkKey(tuple, field, view, seen);
      checkAgainstModel(tuple, field, view);
    });
    const entry: AuditEntry = {
      at: this.#changes.now(),
      providerId: view.policy.providerId,
      event: 'RelationshipsWritten',
      actor: actorOf(caller),
      cause: 'write relationships',
      detail: { writes: writes.map(formatTuple), deletes: deletes.map(formatKey) },
    };
    const { sequence } = await this.#relationships.write(view.policy.providerId, { writes, deletes }, [entry]);
    await this.#replica.fresh();
    return { token: formatToken(sequence) };
  }

  /** A page of the relationships of an object or a type, in the order of (object, relation, user). */
  async read(caller: Caller, request: ReadRequest): Promise<{ tuples: readonly Tuple[]; next?: string }> {
    const view = this.#changes.partner(partnerOf(caller, request.providerId));
    const { object } = request;
    const [, type = '', id = ''] = OBJECT_OR_TYPE.exec(object) ?? [];
    if (type === '') throw invalid('object', 'type:id, or type: for every object of the type');
    if (id !== '') checkOwn(object, 'object', view.policy.providerId);
    if (DERIVED_TYPES.has(type)) throw invalid('object', 'C-1: relationships of this type are derived; ask Check');
    if (!isType(view.model, type)) throw unknownType(type, 'object');
    const list = `relationships/${view.policy.providerId}/${object}`;
    const after = parsePageToken(list, request.pageToken);
    const limit = parsePageSize(request.pageSize);
    const page = { object, ...(after !== undefined && { after }), limit };
    const { tuples, next } = await this.#relationships.read(view.policy.providerId, page);
    return { tuples, ...(next !== undefined && { next: formatPageToken(list, next) }) };
  }
}

const OBJECT_OR_TYPE = /^([^:#@*\s]{1,254}):([^:#*\s]{0,256})$/;
const RELATION = /^[^:#@\s]{1,50}$/;

/** Shape, ownership and type of a key, and that it comes once. */
function checkKey(key: TupleKey, field: string, view: PartnerView, seen: Set<string>): void {
  if (malformedObject(key.object) !== undefined) throw badTuple(`${field}.object`, 'type:id');
  if (!RELATION.test(key.relation)) throw badTuple(`${field}.relation`, 'the name of a relation');
  if (malformedUser(key.user) !== undefined) throw badTuple(`${field}.user`, 'type:id, type:id#relation or type:*');
  checkOwn(key.object, `${field}.object`, view.policy.providerId);
  checkOwn(key.user, `${field}.user`, view.policy.providerId);
  if (DERIVED_TYPES.has(typeOf(key.object)))
    throw badTuple(`${field}.object`, 'C-1: relationships of this type are derived');
  const text = formatKey(key);
  if (seen.has(text)) throw badTuple(field, 'no relationship twice in one call');
  seen.add(text);
}

function checkAgainstModel(tuple: Tuple, field: string, { model }: PartnerView): void {
  const type = typeOf(tuple.object);
  if (!isType(model, type)) throw unknownType(type, `${field}.object`);
  if (!relationOf(model, type, tuple.relation)) {
    throw new Fault('UNKNOWN_RELATION', `${field}.relation: type ${type} has no such relation`, {
      field: `${field}.relation`,
      rule: 'a relation of the model',
    });
  }
  const problem = validateTuple(model, tuple);
  if (problem !== undefined)
    throw new Fault('INVALID_TUPLE', `${field}: ${problem}`, { field, rule: 'the model allows it' });
}

const typeOf = (object: string) => object.slice(0, object.indexOf(':'));

/** Another partner is not there to be named (P-6). */
function checkOwn(name: string, field: string, providerId: ProviderId): void {
  const [, named] = /^partner:([^#]*)/.exec(name) ?? [];
  if (named !== undefined && named !== providerId)
    throw new Fault('OBJECT_NOT_FOUND', 'no such object', { field, rule: 'P-6' });
}

function badTuple(field: string, rule: string): Fault {
  return new Fault('INVALID_TUPLE', `${field}: ${rule}`, { field, rule });
}

function unknownType(type: string, field: string): Fault {
  return new Fault('UNKNOWN_TYPE', `${field}: the model has no type ${JSON.stringify(type.slice(0, 80))}`, {
    field,
    rule: 'a type of the model',
  });
}

function invalid(field: string, rule: string): Fault {
  return new Fault('INVALID_ARGUMENT', `${field}: ${rule}`, { field, rule });
}
