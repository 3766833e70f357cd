import type { Rewrite } from './model.ts';
import { childrenOf } from './model-definitions.ts';
import { operator } from './rewrite/operator.ts';
import type { Operator } from './rewrite/operator.ts';
import type { Vocabulary } from './vocabulary.ts';

/** The operator of a rewrite of a sound model, all of whose relations are in the vocabulary. */
export function operatorOf(rewrite: Rewrite, vocabulary: Vocabulary): Operator {
  const { relations } = vocabulary;
  if ('this' in rewrite) return operator('direct', 'direct');
  if ('computedUserset' in rewrite) {
    const { relation } = rewrite.computedUserset;
    return operator('computed', relation, { relation: relations.idOf(relation) });
  }
  if ('tupleToUserset' in rewrite) {
    const tupleset = rewrite.tupleToUserset.tupleset.relation;
    const computed = rewrite.tupleToUserset.computedUserset.relation;
    return operator('tuple_to_userset', `${computed} from ${tupleset}`, {
      relation: relations.idOf(computed),
      tupleset: relations.idOf(tupleset),
    });
  }
  const children = childrenOf(rewrite).map((child) => operatorOf(child, vocabulary));
  if ('union' in rewrite) return operator('union', 'union', { children });
  if ('intersection' in rewrite) return operator('intersection', 'intersection', { children });
  return operator('exclusion', 'but not', { children });
}
