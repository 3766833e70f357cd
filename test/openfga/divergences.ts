import { readFileSync } from 'node:fs';
import { transformer } from '@openfga/syntax-transformer';
import { parse, stringify } from 'yaml';
import type { AuthorizationModel } from '../../src/domain/relation/model.ts';
import type { Tuple } from '../../src/domain/relation/tuple.ts';
import { parseDsl } from './dsl.ts';
import type { Difference, Outcome } from './fuzz/difference.ts';
import type { SingleCase } from './fuzz/shrink.ts';
import type { Question } from './question.ts';

/** A smallest question of a class, and how the two answer it. */
export interface ListedCase {
  /** In the DSL, or in JSON where the DSL has no words for it. */
  readonly model: string | AuthorizationModel;
  readonly tuples?: readonly Tuple[];
  readonly contextual_tuples?: readonly Tuple[];
  readonly context?: Readonly<Record<string, unknown>>;
  readonly question: Question;
  readonly gatehouse: Outcome;
  readonly openfga: Outcome;
}

export interface Divergences {
  /** Assertions of OpenFGA's own suites that Gatehouse does not hold to. */
  readonly suites: readonly { readonly assertion: string; readonly reason: string }[];
  readonly classes: readonly {
    readonly class: string;
    readonly reason: string;
    /** Who is right by the semantics, evaluated by brute force. */
    readonly right: 'gatehouse' | 'openfga' | 'both';
    readonly cases: readonly ListedCase[];
  }[];
}

export function readDivergences(): Divergences {
  return parse(readFileSync(new URL('../cases/divergences.yaml', import.meta.url), 'utf8')) as Divergences;
}

export function singleCaseOf({ model, tuples = [], contextual_tuples, context, question }: ListedCase): SingleCase {
  return {
    model: typeof model === 'string' ? parseDsl(model) : model,
    tuples,
    question,
    circumstances: { ...(contextual_tuples && { contextual: contextual_tuples }), ...(context && { context }) },
  };
}

/** A difference as an entry of the list, ready to paste. */
export function formatDifference({
  model,
  writtenBy,
  tuples,
  question,
  circumstances,
  gatehouse,
  openfga,
  truth,
}: Difference): string {
  const { contextual = [], context } = circumstances;
  const entry = {
    model: dslOf(model),
    ...(writtenBy && { written_by_another_model: true }),
    tuples,
    ...(contextual.length > 0 && { contextual_tuples: contextual }),
    ...(context && { context }),
    question,
    gatehouse,
    openfga,
    by_the_semantics: truth ?? null,
  };
  return stringify([entry], { lineWidth: 0, aliasDuplicateObjects: false });
}

function dslOf(model: AuthorizationModel): string | AuthorizationModel {
  try {
    return transformer.transformJSONToDSL(model as never);
  } catch {
    return model;
  }
}
