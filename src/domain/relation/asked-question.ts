import { Fault } from '../errors.ts';
import { AskedUser } from './asked-user.ts';
import { relationOf } from './compiled-model.ts';
import type { CompiledModel, CompiledRelation } from './compiled-model.ts';
import type { ModelBinding } from './model-binding.ts';
import type { Names } from './overlay.ts';
import type { TupleKey } from './tuple.ts';
import type { TupleIndex } from './tuple-index.ts';
import { isType, malformedObject, malformedUser } from './validate-tuple.ts';

const ASTERISK = 0x2a;

/** What is asked, by the numbers of the model and the addresses of the index. */
export class AskedQuestion {
  relation!: CompiledRelation;
  object = 0;
  readonly user = new AskedUser();

  /** Takes the next question. Faults: UNKNOWN_TYPE, UNKNOWN_RELATION, INVALID_ARGUMENT (form of a field). */
  resolve(index: TupleIndex, binding: ModelBinding, names: Names, key: TupleKey): void {
    this.resolveObject(index, binding, names, key.object, key.relation);
    this.resolveUser(index, binding, names, key.user);
  }

  /** Takes object and relation alone. */
  resolveObject({ entities }: TupleIndex, binding: ModelBinding, names: Names, object: string, relation: string): void {
    const { model } = binding;
    const type = entities.typeIdOf(object, object.length);
    const own = type < 0 ? -1 : binding.typeToModel[type]!;
    const named = own < 0 ? -1 : model.vocabulary.relations.idOf(relation);
    const found = named < 0 ? undefined : model.relations[own]![named];
    const address = type < 0 ? 0 : entities.findNameOf(type, object, object.length);
    if (found === undefined || address === 0) refuseObject(model, object, relation, found);
    this.relation = found!;
    this.object = address === 0 ? names.absent(object) : address;
  }

  /** Takes the user alone. */
  resolveUser(index: TupleIndex, binding: ModelBinding, names: Names, text: string): void {
    const { entities } = index;
    const { user } = this;
    const hash = text.indexOf('#');
    const end = hash < 0 ? text.length : hash;
    const type = entities.typeIdOf(text, end);
    const name = type < 0 ? 0 : entities.findNameOf(type, text, end);
    user.type = type < 0 ? -1 : binding.typeToModel[type]!;
    if (name === 0 || user.type < 0) refuseUser(binding.model, text);
    user.name = name === 0 ? names.absent(text.slice(0, end)) : name;
    if (hash < 0) {
      user.relation = -1;
      user.isWildcard = text.charCodeAt(end - 1) === ASTERISK;
      user.load(index, binding, name);
    } else {
      user.relation = relationOfUser(binding.model, text, hash);
      user.isWildcard = false;
      user.load(index, binding, name === 0 ? 0 : entities.findSet(name, binding.relationFromModel[user.relation]!));
    }
  }
}

function relationOfUser(model: CompiledModel, user: string, hash: number): number {
  const relation = relationOf(model, user.slice(0, user.indexOf(':')), user.slice(hash + 1));
  if (relation !== undefined) return relation.relation;
  throw new Fault('UNKNOWN_RELATION', `relation '${user.slice(hash + 1)}' of the user is not in the model`, {
    field: 'user',
  });
}

function refuseObject(
  model: CompiledModel,
  object: string,
  relation: string,
  target: CompiledRelation | undefined,
): void {
  const problem = malformedObject(object);
  if (problem !== undefined) throw new Fault('INVALID_ARGUMENT', problem, { field: 'object' });
  const type = object.slice(0, object.indexOf(':'));
  if (!isType(model, type)) throw new Fault('UNKNOWN_TYPE', `type '${type}' is not in the model`, { field: 'object' });
  if (target === undefined) {
    throw new Fault('UNKNOWN_RELATION', `relation '${type}#${relation}' is not in the model`, { field: 'relation' });
  }
}

function refuseUser(model: CompiledModel, user: string): void {
  const problem = malformedUser(user);
  if (problem !== undefined) throw new Fault('INVALID_ARGUMENT', problem, { field: 'user' });
  const type = user.slice(0, user.indexOf(':'));
  if (!isType(model, type)) throw new Fault('UNKNOWN_TYPE', `type '${type}' is not in the model`, { field: 'user' });
}
