import type { AuthorizationModel, RelationReference, Rewrite } from '../../../src/domain/relation/model.ts';

/**
 * Whether every relation can have a user, and none leads to itself on one object. Undefined for a model with a name in it that is not
 * defined, or with a tupleset that is not written directly: those are refused for other reasons.
 */
export function isSoundModel(model: AuthorizationModel): boolean | undefined {
  const relations = new Map<string, Rewrite>();
  for (const { type, relations: own = {} } of model.type_definitions) {
    for (const [name, rewrite] of Object.entries(own)) relations.set(`${type}#${name}`, rewrite);
  }
  const references = (place: string): readonly RelationReference[] => {
    const [type, relation] = place.split('#') as [string, string];
    const metadata = model.type_definitions.find((one) => one.type === type)?.metadata;
    return metadata?.relations?.[relation]?.directly_related_user_types ?? [];
  };
  const beside = (place: string, relation: string) => `${place.split('#')[0]}#${relation}`;
  const parts = (rewrite: Rewrite): readonly Rewrite[] => {
    if ('union' in rewrite) return rewrite.union.child;
    if ('intersection' in rewrite) return rewrite.intersection.child;
    return 'difference' in rewrite ? [rewrite.difference.base, rewrite.difference.subtract] : [];
  };
  const isDefined = (place: string, rewrite: Rewrite): boolean => {
    if ('this' in rewrite) {
      return references(place).every(
        ({ type, relation }) => relation === undefined || relations.has(`${type}#${relation}`),
      );
    }
    if ('computedUserset' in rewrite) return relations.has(beside(place, rewrite.computedUserset.relation));
    if (!('tupleToUserset' in rewrite)) return parts(rewrite).every((part) => isDefined(place, part));
    const { tupleset, computedUserset } = rewrite.tupleToUserset;
    const parents = beside(place, tupleset.relation);
    if (!('this' in (relations.get(parents) ?? {}))) return false;
    return references(parents).some(({ type }) => relations.has(`${type}#${computedUserset.relation}`));
  };
  if (![...relations].every(([place, rewrite]) => isDefined(place, rewrite))) return undefined;

  const circles = (place: string, rewrite: Rewrite, path: readonly string[]): boolean => {
    if (!('computedUserset' in rewrite)) return parts(rewrite).some((part) => circles(place, part, path));
    const next = beside(place, rewrite.computedUserset.relation);
    return path.includes(next) || circles(next, relations.get(next)!, [...path, next]);
  };
  if ([...relations].some(([place, rewrite]) => circles(place, rewrite, [place]))) return false;

  const entered = new Set<string>();
  const canEnter = (place: string, rewrite: Rewrite): boolean => {
    if ('this' in rewrite) {
      return references(place).some(
        ({ type, relation }) => relation === undefined || entered.has(`${type}#${relation}`),
      );
    }
    if ('computedUserset' in rewrite) return entered.has(beside(place, rewrite.computedUserset.relation));
    if ('tupleToUserset' in rewrite) {
      const { tupleset, computedUserset } = rewrite.tupleToUserset;
      return references(beside(place, tupleset.relation)).some(({ type }) =>
        entered.has(`${type}#${computedUserset.relation}`),
      );
    }
    const enters = (part: Rewrite) => canEnter(place, part);
    return 'union' in rewrite ? parts(rewrite).some(enters) : parts(rewrite).every(enters);
  };
  for (let before = -1; before < entered.size;) {
    before = entered.size;
    for (const [place, rewrite] of relations) if (canEnter(place, rewrite)) entered.add(place);
  }
  return entered.size === relations.size;
}
