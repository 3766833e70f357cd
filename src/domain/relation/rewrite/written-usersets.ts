import type { CompiledRelation } from '../compiled-model.ts';
import type { Evaluation } from '../evaluation.ts';
import type { OverlayTuple } from '../overlay.ts';

/** The usersets of one set, stored and contextual, each contextual one in the place of the stored one with its key. */
export interface WrittenUsersets {
  /** Address of the object of the set. */
  readonly object: number;
  /** The stored set and the collection of its usersets; 0 where there are none. */
  readonly set: number;
  readonly usersets: number;
  readonly contextual: readonly OverlayTuple[];
}

/** The relation of a stored userset; undefined where the model does not admit it or a contextual tuple stands in its place. */
export function storedTarget(
  { binding, index, model, overlay }: Evaluation,
  relation: CompiledRelation,
  object: number,
  userset: number,
): CompiledRelation | undefined {
  const { entities } = index;
  const own = entities.objectOf(userset);
  const type = binding.typeToModel[entities.typeOf(own)]!;
  const named = binding.relationToModel[entities.relationOf(userset)]!;
  if (type < 0 || named < 0 || relation.restrictions.userset[type]?.[named] === undefined) return undefined;
  const isReplaced = overlay !== undefined && overlay.find(object, relation.relation, own, named) !== undefined;
  return isReplaced ? undefined : model.relations[type]![named];
}

/** The relation of a contextual userset. */
export function contextualTarget({ model, names }: Evaluation, tuple: OverlayTuple): CompiledRelation {
  return model.relations[names.typeOf(tuple.user)]![tuple.userRelation]!;
}
