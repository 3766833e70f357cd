import { errors, transformer, validator } from '@openfga/syntax-transformer';
import { inOrder } from '../../domain/partner/finding.ts';
import type { PolicyProblem } from '../../domain/partner/policy.ts';
import type { AuthorizationModel } from '../../domain/relation/model.ts';
import { PROBLEMS_MAX } from './read-yaml.ts';

/** OpenFGA's own limit of a model. */
export const MODEL_BYTES_MAX = 256 * 1024;

export interface ModelParsing {
  readonly model?: AuthorizationModel;
  /** With the code that OpenFGA's validator gives as rule, `invalid-syntax` for what it cannot parse; by line. */
  readonly problems: readonly PolicyProblem[];
}

/** OpenFGA DSL to its JSON form. Never throws for bad text. */
export function parseModel(text: string): ModelParsing {
  if (Buffer.byteLength(text) > MODEL_BYTES_MAX) {
    return { problems: [problem(0, '', 'invalid-syntax', `the model is longer than ${MODEL_BYTES_MAX} bytes`)] };
  }
  try {
    validator.validateDSL(text);
    return { model: transformer.transformDSLToJSONObject(text) as AuthorizationModel, problems: [] };
  } catch (error) {
    return { problems: inOrder(problemsOf(error)).slice(0, PROBLEMS_MAX) };
  }
}

function problemsOf(error: unknown): PolicyProblem[] {
  if (error instanceof errors.DSLSyntaxError || error instanceof errors.ModelValidationError) {
    return error.errors.map((single) => {
      const metadata = single instanceof errors.ModelValidationSingleError ? single.metadata : undefined;
      const place = [metadata?.type, metadata?.relation].filter((step) => step !== undefined);
      return problem(
        (single.line?.start ?? -1) + 1,
        place.map((step) => `/${step}`).join(''),
        metadata?.errorType ?? 'invalid-syntax',
        single.msg,
      );
    });
  }
  return [problem(0, '', 'invalid-syntax', 'the model cannot be read')];
}

const problem = (line: number, path: string, rule: string, message: string): PolicyProblem => ({
  severity: 'error',
  line,
  path,
  rule,
  message,
});
