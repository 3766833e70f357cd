import { readFileSync, existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { policyProblems } from '../../domain/partner/compile-policy.ts';
import { error, inOrder, type Finding } from '../../domain/partner/finding.ts';
import type { PolicyProblem } from '../../domain/partner/policy.ts';
import type { Draft, PlatformSource, PolicySource } from '../../domain/partner/policy-source.ts';
import type { ModelModules, ParsedPolicy, PolicyFormat } from '../../ports/policy-format.ts';
import { formatProblem } from './format-problem.ts';
import { parseModel } from './parse-model.ts';
import { MODULES_FILE, readModules } from './read-modules.ts';
import { PROBLEMS_MAX, readYaml, type YamlReading } from './read-yaml.ts';
import { createSchemaCheck } from './schema-check.ts';

export interface PolicyFolders {
  /** Holds schema.json, platform.yaml with its schema, and one `<provider_id>.yaml` a partner. */
  readonly policiesDir: string;
  /** Holds `<name>.fga`, or `<name>/fga.mod` with its modules. */
  readonly modelsDir: string;
}

/** The files of policy authors. Throws once, here, when the platform's own files are broken or missing. */
export function createPolicyFormat({ policiesDir, modelsDir }: PolicyFolders): PolicyFormat {
  const checkSchema = createSchemaCheck(policiesDir);
  const platform = readPlatform(policiesDir, checkSchema);

  /** A model of one file, or of modules; undefined where there is neither. */
  const readModel = (name: string): Pick<ModelModules, 'text' | 'problems'> | undefined => {
    if (!/^[a-z0-9][a-z0-9_-]{0,63}$/.test(name)) return undefined;
    const file = join(modelsDir, `${name}.fga`);
    if (existsSync(file)) return { text: readFileSync(file, 'utf8'), problems: [] };
    const list = join(modelsDir, name, MODULES_FILE);
    return existsSync(list) ? readModules(list) : undefined;
  };

  const modelFindings = ({ model: name }: Draft<PolicySource>): Finding[] => {
    if (name === undefined) return [];
    const { problems } = readModel(name) ?? { problems: undefined };
    if (problems === undefined) return [error('P-3', '/model', `there is no model \`${name}\``)];
    return problems.map(({ file, line, rule, message }) =>
      error(rule, '/model', `${name}/${file}:${line}: ${message}`),
    );
  };

  const parsePolicy = (text: string): ParsedPolicy => {
    const yaml = readYaml(text);
    if (yaml.value === undefined) return { problems: bounded(yaml.problems), lineOf: (path) => yaml.lineOf(path) };
    const { findings, draft } = checkSchema('schema.json', yaml.value);
    const sourceDraft = draft as Draft<PolicySource> | undefined;
    const problems = [...yaml.problems, ...placed([...findings, ...modelFindings(sourceDraft ?? {})], yaml)];
    const lineOf = (path: string) => yaml.lineOf(path);
    if (problems.length === 0) return { source: yaml.value as PolicySource, problems, lineOf };
    const further = sourceDraft === undefined ? [] : policyProblems(sourceDraft, platform, lineOf);
    return { problems: bounded([...problems, ...further]), lineOf };
  };

  return {
    parsePolicy,
    platform: () => platform,
    parseModel,
    modelText: (name) => readModel(name)?.text,
    readModules: (file) => (basename(file) === MODULES_FILE ? readModules(file) : undefined),
  };
}

const placed = (findings: readonly Finding[], yaml: YamlReading): PolicyProblem[] =>
  findings.map((finding) => ({ ...finding, line: yaml.lineOf(finding.path) }));

/** The first PROBLEMS_MAX problems in order, and how many more there are. */
function bounded(problems: readonly PolicyProblem[]): PolicyProblem[] {
  const sorted = inOrder(problems);
  if (sorted.length <= PROBLEMS_MAX) return sorted;
  const more = `and ${sorted.length - PROBLEMS_MAX} problems more`;
  return [...sorted.slice(0, PROBLEMS_MAX), { severity: 'error', line: 0, path: '', rule: 'schema', message: more }];
}

function readPlatform(folder: string, checkSchema: ReturnType<typeof createSchemaCheck>): PlatformSource {
  const file = join(folder, 'platform.yaml');
  const yaml = readYaml(readFileSync(file, 'utf8'));
  const { findings } = checkSchema('platform.schema.json', yaml.value);
  const problems = inOrder([...yaml.problems, ...placed(findings, yaml)]);
  if (problems.length > 0) throw new Error(problems.map((problem) => formatProblem(file, problem)).join('\n'));
  return yaml.value as PlatformSource;
}
