import type { AuthorizationModel, RelationReference, Rewrite } from './model.ts';
import { hasThis, relationsOf, restrictionsOf, REWRITE_NESTING_MAX, tuplesetsOf } from './model-definitions.ts';
import type { Relations } from './model-definitions.ts';
import { reachabilityProblems } from './model-reachability.ts';

/** One reason why a model is refused. */
export interface ModelError {
  readonly code:
    | 'invalid_schema_version'
    | 'invalid_name'
    | 'duplicate_type'
    | 'too_many_types'
    | 'type_not_found'
    | 'relation_not_found'
    | 'condition_not_found'
    | 'invalid_rewrite'
    | 'invalid_type_restriction'
    | 'invalid_tupleset'
    | 'no_entrypoint'
    | 'cycle'
    | 'invalid_condition';
  readonly type?: string;
  readonly relation?: string;
  readonly condition?: string;
  readonly message: string;
}

/** Most type definitions of a model, as OpenFGA's default. */
export const TYPES_MAX = 100;
interface Place {
  readonly model: AuthorizationModel;
  readonly relations: Relations;
  readonly type: string;
  readonly relation: string;
  readonly report: (code: ModelError['code'], message: string) => void;
}

/** Everything that OpenFGA refuses in types and relations; conditions are compiled elsewhere. Empty: nothing. */
export function problemsOf(model: AuthorizationModel): ModelError[] {
  const problems: ModelError[] = [];
  if (!['1.1', '1.2'].includes(model.schema_version)) {
    problems.push({
      code: 'invalid_schema_version',
      message: `schema version '${model.schema_version}' is not 1.1 or 1.2`,
    });
  }
  const types = model.type_definitions;
  if (types.length > TYPES_MAX) {
    problems.push({ code: 'too_many_types', message: `more than ${TYPES_MAX} types` });
    return problems;
  }
  const relations = relationsOf(model);
  if (relations.size < types.length) problems.push({ code: 'duplicate_type', message: 'a type is defined twice' });
  for (const { type, relations: own = {} } of types) {
    if (!isName(type, 254))
      problems.push({ code: 'invalid_name', type, message: `'${type}' cannot be the name of a type` });
    for (const relation of Object.keys(own)) {
      const report = (code: ModelError['code'], message: string) => {
        problems.push({ code, type, relation, message: `${type}#${relation}: ${message}` });
      };
      if (!isName(relation, 50)) report('invalid_name', 'not a name of a relation');
      checkRelation({ model, relations, type, relation, report });
    }
  }
  // Entry points and cycles are looked for in sound models only: they follow names.
  return problems.length > 0 ? problems : reachabilityProblems(model, relations);
}

function isName(name: string, charsMax: number): boolean {
  return name.length <= charsMax && /^[^:#@*\s]+$/u.test(name) && name !== 'self' && name !== 'this';
}

function checkRelation(place: Place): void {
  const rewrite = place.relations.get(place.type)!.get(place.relation)!;
  checkRewrite(place, rewrite, 0);
  const restrictions = restrictionsOf(place.model, place.type, place.relation);
  const direct = hasThis(rewrite);
  if (direct && restrictions.length === 0)
    place.report('invalid_type_restriction', 'written directly, but admits no type');
  if (!direct && restrictions.length > 0)
    place.report('invalid_type_restriction', 'admits types, but is not written directly');
  const isTupleset = tuplesetsOf(place.model, place.type).has(place.relation);
  for (const reference of restrictions) checkReference(place, reference, isTupleset);
}

function checkReference(place: Place, reference: RelationReference, isTupleset: boolean): void {
  const target = place.relations.get(reference.type);
  if (target === undefined) place.report('type_not_found', `type '${reference.type}' is not defined`);
  else if (reference.relation !== undefined && !target.has(reference.relation)) {
    place.report('relation_not_found', `relation '${reference.type}#${reference.relation}' is not defined`);
  }
  if (isTupleset && (reference.relation !== undefined || reference.wildcard !== undefined)) {
    place.report('invalid_tupleset', 'is read by a `from`, so it admits objects only');
  }
  if (reference.condition !== undefined && !Object.hasOwn(place.model.conditions ?? {}, reference.condition)) {
    place.report('condition_not_found', `condition '${reference.condition}' is not defined`);
  }
}

function checkRewrite(place: Place, rewrite: Rewrite, depth: number): void {
  if (depth > REWRITE_NESTING_MAX) {
    place.report('invalid_rewrite', `nested more than ${REWRITE_NESTING_MAX} deep`);
  } else if ('this' in rewrite) {
    return;
  } else if ('computedUserset' in rewrite) {
    const { relation } = rewrite.computedUserset;
    if (relation === place.relation) place.report('invalid_rewrite', 'is defined as itself');
    else if (!place.relations.get(place.type)!.has(relation)) {
      place.report('relation_not_found', `relation '${place.type}#${relation}' is not defined`);
    }
  } else if ('tupleToUserset' in rewrite) {
    checkTupleToUserset(
      place,
      rewrite.tupleToUserset.tupleset.relation,
      rewrite.tupleToUserset.computedUserset.relation,
    );
  } else if ('union' in rewrite || 'intersection' in rewrite) {
    const children = 'union' in rewrite ? rewrite.union.child : rewrite.intersection.child;
    if (children.length < 2) place.report('invalid_rewrite', 'union and intersection need two children');
    for (const child of children) checkRewrite(place, child, depth + 1);
  } else if ('difference' in rewrite) {
    checkRewrite(place, rewrite.difference.base, depth + 1);
    checkRewrite(place, rewrite.difference.subtract, depth + 1);
  } else {
    place.report('invalid_rewrite', 'not a rewrite');
  }
}

function checkTupleToUserset(place: Place, tupleset: string, computed: string): void {
  const definition = place.relations.get(place.type)!.get(tupleset);
  if (definition === undefined) {
    place.report('relation_not_found', `relation '${place.type}#${tupleset}' is not defined`);
  } else if (!('this' in definition)) {
    place.report('invalid_tupleset', `'${tupleset}' is read by a \`from\`, so it must be written directly`);
  } else if (
    !restrictionsOf(place.model, place.type, tupleset).some(({ type }) => place.relations.get(type)?.has(computed))
  ) {
    place.report('relation_not_found', `no type that '${tupleset}' admits has a relation '${computed}'`);
  }
}
