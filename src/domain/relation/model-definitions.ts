import type { AuthorizationModel, RelationReference, Rewrite } from './model.ts';

/** How deep rewrites may lie in each other. */
export const REWRITE_NESTING_MAX = 20;

/** Rewrites by type and relation. */
export type Relations = ReadonlyMap<string, ReadonlyMap<string, Rewrite>>;

export function relationsOf(model: AuthorizationModel): Relations {
  return new Map(model.type_definitions.map(({ type, relations }) => [type, new Map(Object.entries(relations ?? {}))]));
}

/** Who may be written as user of a relation; nobody where it is not written directly. */
export function restrictionsOf(
  model: AuthorizationModel,
  type: string,
  relation: string,
): readonly RelationReference[] {
  const definition = model.type_definitions.find((candidate) => candidate.type === type);
  const own = definition?.metadata?.relations;
  return own !== undefined && Object.hasOwn(own, relation) ? (own[relation]!.directly_related_user_types ?? []) : [];
}

/** Whether some part of a rewrite is written directly. */
export function hasThis(rewrite: Rewrite, depth = 0): boolean {
  return (
    'this' in rewrite ||
    (depth <= REWRITE_NESTING_MAX && childrenOf(rewrite).some((child) => hasThis(child, depth + 1)))
  );
}

/** Relations of a type that one of its `from`s reads. */
export function tuplesetsOf(model: AuthorizationModel, type: string): Set<string> {
  const found = new Set<string>();
  const walk = (rewrite: Rewrite, depth: number): void => {
    if ('tupleToUserset' in rewrite) found.add(rewrite.tupleToUserset.tupleset.relation);
    if (depth <= REWRITE_NESTING_MAX) for (const child of childrenOf(rewrite)) walk(child, depth + 1);
  };
  const definition = model.type_definitions.find((candidate) => candidate.type === type);
  for (const rewrite of Object.values(definition?.relations ?? {})) walk(rewrite, 0);
  return found;
}

/** The rewrites that one is made of. */
export function childrenOf(rewrite: Rewrite): readonly Rewrite[] {
  if ('union' in rewrite) return rewrite.union.child;
  if ('intersection' in rewrite) return rewrite.intersection.child;
  return 'difference' in rewrite ? [rewrite.difference.base, rewrite.difference.subtract] : [];
}
