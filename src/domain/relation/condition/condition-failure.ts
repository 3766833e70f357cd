import type { CompiledCondition } from './compile-condition.ts';
import { storedContext } from './condition-input.ts';
import type { ConditionInput } from './condition-input.ts';

/** A condition that could not be evaluated. */
export interface ConditionFailure {
  readonly condition: string;
  /** Parameters that are in no context, sorted; empty: it failed for another reason. */
  readonly missing: readonly string[];
}

/** Why a condition could not be evaluated for what is in the input. */
export function conditionFailure({ name, parameters }: CompiledCondition, input: ConditionInput): ConditionFailure {
  const context = { ...input.request, ...storedContext(input) };
  const missing = parameters
    .map((parameter) => parameter.name)
    .filter((parameter) => !Object.hasOwn(context, parameter));
  return { condition: name, missing: missing.sort() };
}
