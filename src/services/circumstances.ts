import type { Ask } from '../domain/decision/decide-check.ts';
import type { Question } from '../domain/decision/question.ts';
import { Fault } from '../domain/errors.ts';
import { bucketOf } from '../domain/partner/rollout.ts';
import { DERIVED_TYPES, object } from '../domain/projection.ts';
import { check, type CheckOptions } from '../domain/relation/check.ts';
import type { Tuple } from '../domain/relation/tuple.ts';
import { validateTuple } from '../domain/relation/validate-tuple.ts';
import type { Millis, UserId } from '../domain/values.ts';
import type { PartnerView } from './replica.ts';

/** Facts of a request that conditions may read, and relationships that hold for it alone. */
export interface RequestFacts {
  readonly context?: Readonly<Record<string, unknown>> | undefined;
  readonly contextualTuples?: readonly Tuple[] | undefined;
}

/** Parameters of conditions that Gatehouse fills in itself; a caller that sends one would move the clock. */
const RESERVED = ['now', 'bucket'] as const;

/** Throws INVALID_ARGUMENT or INVALID_TUPLE for facts that a caller may not bring. */
export function checkFacts({ context, contextualTuples = [] }: RequestFacts, view: PartnerView): void {
  for (const name of RESERVED) {
    if (context && Object.hasOwn(context, name)) {
      throw new Fault('INVALID_ARGUMENT', `context.${name}: Gatehouse sets this parameter`, {
        field: `context.${name}`,
        rule: 'S-15',
      });
    }
  }
  contextualTuples.forEach((tuple, position) => {
    const field = `contextual_tuples[${position}]`;
    if (DERIVED_TYPES.has(tuple.object.slice(0, tuple.object.indexOf(':')))) {
      throw new Fault('INVALID_TUPLE', `${field}: relationships of this type are derived`, { field, rule: 'C-1' });
    }
    const problem = validateTuple(view.model, tuple);
    if (problem) throw new Fault('INVALID_TUPLE', `${field}: ${problem}`, { field, rule: 'the model allows it' });
  });
}

/** The engine's options for one question of one user at one moment. */
export function optionsOf(
  userId: UserId,
  question: Question | undefined,
  now: Millis,
  { context, contextualTuples }: RequestFacts = {},
): CheckOptions {
  const facts: Record<string, unknown> = context ? { ...context, now } : { now };
  if (question?.kind === 'feature') facts['bucket'] = bucketOf(question.name, userId);
  return contextualTuples && contextualTuples.length > 0 ? { context: facts, contextualTuples } : { context: facts };
}

/** Asks the partner's relationships about one user. */
export function askOf(view: PartnerView, userId: UserId, options: CheckOptions): Ask {
  const user = object.user(userId);
  return (target, relation) => check(view.index, { object: target, relation, user }, options);
}
