import { leadingToCircles } from './circles.ts';
import type { AuthorizationModel, Rewrite, TypeDefinition } from './model.ts';
import { childrenOf, restrictionsOf } from './model-definitions.ts';
import type { Relations } from './model-definitions.ts';
import type { ModelError } from './model-problems.ts';

/** Relations of a sound model that lead to themselves on one object, or that no user can ever be in. */
export function reachabilityProblems(model: AuthorizationModel, relations: Relations): ModelError[] {
  const reached = entered(model, relations);
  return model.type_definitions.flatMap(({ type }: TypeDefinition) => {
    const own = [...relations.get(type)!];
    const circling = leadingToCircles(new Map(own.map(([name, rewrite]) => [name, computedOf(rewrite)])));
    return own.flatMap(([relation]): ModelError[] => {
      const at = { type, relation };
      if (circling.has(relation)) {
        return [{ code: 'cycle', ...at, message: `${type}#${relation}: leads to itself` }];
      }
      const isReached = reached.has(`${type}#${relation}`);
      return isReached
        ? []
        : [{ code: 'no_entrypoint', ...at, message: `${type}#${relation}: no user can ever be in it` }];
    });
  });
}

/** Relations that some user can be in: the least fixed point over all rewrites. */
function entered(model: AuthorizationModel, relations: Relations): Set<string> {
  const reached = new Set<string>();
  const canEnter = (type: string, relation: string, rewrite: Rewrite): boolean => {
    if ('this' in rewrite) {
      return restrictionsOf(model, type, relation).some(
        (reference) => reference.relation === undefined || reached.has(`${reference.type}#${reference.relation}`),
      );
    }
    if ('computedUserset' in rewrite) return reached.has(`${type}#${rewrite.computedUserset.relation}`);
    if ('tupleToUserset' in rewrite) {
      const { tupleset, computedUserset } = rewrite.tupleToUserset;
      const parents = restrictionsOf(model, type, tupleset.relation);
      return parents.some((parent) => reached.has(`${parent.type}#${computedUserset.relation}`));
    }
    const children = childrenOf(rewrite);
    const enters = (child: Rewrite) => canEnter(type, relation, child);
    return 'union' in rewrite ? children.some(enters) : children.every(enters);
  };
  for (let before = -1; before < reached.size;) {
    before = reached.size;
    for (const [type, own] of relations) {
      for (const [relation, rewrite] of own) if (canEnter(type, relation, rewrite)) reached.add(`${type}#${relation}`);
    }
  }
  return reached;
}

/** The computed relations that a rewrite asks for, of the same object. */
function computedOf(rewrite: Rewrite): string[] {
  return 'computedUserset' in rewrite ? [rewrite.computedUserset.relation] : childrenOf(rewrite).flatMap(computedOf);
}
