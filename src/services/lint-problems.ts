import type { PolicyProblem } from '../domain/partner/policy.ts';
import { lintModel } from '../domain/relation/lint-model.ts';
import type { AuthorizationModel } from '../domain/relation/model.ts';

/** Where texts of a model lie; without a name, in the file that is asked about. */
export interface ModelFile {
  readonly file?: string;
  readonly text: string;
}

/** The warnings of a sound model, each at the definition that it is of. */
export function lintProblems(model: AuthorizationModel, files: readonly ModelFile[]): PolicyProblem[] {
  const places = new Map(files.flatMap(placesOf));
  return lintModel(model).map(({ rule, type, relation, message }) => ({
    severity: 'warning',
    line: 0,
    path: `/${type}/${relation}`,
    rule,
    message,
    ...places.get(`${type}#${relation}`),
  }));
}

/** Where each relation is defined, by `type#relation`. */
function placesOf({ file, text }: ModelFile): [name: string, place: { file?: string; line: number }][] {
  let type = '';
  return text.split('\n').flatMap((line, at) => {
    type = /^\s*(?:extend\s+)?type\s+([^\s#]+)/.exec(line)?.[1] ?? type;
    const relation = /^\s*define\s+([^\s:]+)\s*:/.exec(line)?.[1];
    return relation === undefined ? [] : [[`${type}#${relation}`, { ...(file && { file }), line: at + 1 }]];
  });
}
