import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { errors, transformer } from '@openfga/syntax-transformer';
import { inOrder } from '../../domain/partner/finding.ts';
import type { PolicyProblem } from '../../domain/partner/policy.ts';
import type { ModelModules } from '../../ports/policy-format.ts';
import { MODEL_BYTES_MAX } from './parse-model.ts';
import { PROBLEMS_MAX } from './read-yaml.ts';

/** The name of the file that lists the modules of a model. */
export const MODULES_FILE = 'fga.mod';
/** Modules of one model. */
const MODULES_MAX = 100;

/** A modular model (schema 1.2) as one text; problems name the file, as it is listed, and the line. Never throws for bad files. */
export function readModules(modulesFile: string): ModelModules {
  const own = basename(modulesFile);
  try {
    const { schema, contents } = transformer.transformModFileToJSON(readFileSync(modulesFile, 'utf8'));
    if (contents.value.length > MODULES_MAX)
      return failed(own, contents.line.start, `more than ${MODULES_MAX} modules`);
    const modules: { file: string; text: string }[] = [];
    for (const { value: file, line } of contents.value) {
      try {
        modules.push({ file, text: readFileSync(join(dirname(modulesFile), file), 'utf8') });
      } catch {
        return failed(own, line.start, `the module ${file} cannot be read`);
      }
    }
    if (modules.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0) > MODEL_BYTES_MAX) {
      return failed(own, contents.line.start, `the modules are longer than ${MODEL_BYTES_MAX} bytes`);
    }
    const files = modules.map(({ file, text }) => ({ name: file, contents: text }));
    const model = transformer.transformModuleFilesToModel(files, schema.value);
    return { text: transformer.transformJSONToDSL(model), modules, problems: [] };
  } catch (error) {
    return { modules: [], problems: inOrder(problemsOf(error, own)).slice(0, PROBLEMS_MAX) };
  }
}

function problemsOf(error: unknown, own: string): PolicyProblem[] {
  if (error instanceof errors.FGAModFileValidationError || error instanceof errors.ModuleTransformationError) {
    return error.errors.map((single) => {
      const metadata = single instanceof errors.ModelValidationSingleError ? single.metadata : undefined;
      const place = [metadata?.type, metadata?.relation].filter((step) => step !== undefined);
      return {
        severity: 'error',
        file: ('file' in single ? single.file : undefined) ?? own,
        line: (single.line?.start ?? -1) + 1,
        path: place.map((step) => `/${step}`).join(''),
        rule: metadata?.errorType ?? 'invalid-syntax',
        message: single.msg.split('\n', 1)[0]!,
      };
    });
  }
  return [...failed(own, -1, 'the modules cannot be read').problems];
}

function failed(file: string, line: number, message: string): ModelModules {
  return {
    modules: [],
    problems: [{ severity: 'error', file, line: line + 1, path: '', rule: 'invalid-syntax', message }],
  };
}
