import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { pointer, error as errorFinding, type Finding } from '../../domain/partner/finding.ts';

export type SchemaName = 'schema.json' | 'platform.schema.json' | 'samples.schema.json';

export interface SchemaFindings {
  readonly findings: readonly Finding[];
  /** The value without the parts that broke the schema, what is missing left missing; undefined when nothing can be kept. */
  readonly draft: unknown;
}

/** Rounds of taking broken parts out; a part that is taken out can uncover no deeper one, so two are enough. */
const PRUNE_ROUNDS_MAX = 4;

/** Errors about what is not there, or too much of it: nothing of a wrong type remains when they are left. */
const SPARED = new Set(['required', 'minItems', 'maxItems', 'minProperties', 'maxProperties', 'uniqueItems']);

/** Checks values against the schemas of a folder; all errors, each with the rule that the schema names in `x-rule`. */
export function createSchemaCheck(folder: string): (name: SchemaName, value: unknown) => SchemaFindings {
  const ajv = new Ajv2020({ allErrors: true, strict: true, verbose: true });
  ajv.addVocabulary(['x-rule', 'errorMessage']);
  for (const name of ['schema.json', 'platform.schema.json', 'samples.schema.json']) {
    ajv.addSchema(JSON.parse(readFileSync(join(folder, name), 'utf8')) as object);
  }
  return (name, value) => {
    const validate = ajv.getSchema(name);
    if (!validate) throw new RangeError(`no schema ${name}`);
    if (validate(value) === true) return { findings: [], draft: value };
    return { findings: distinct((validate.errors ?? []).map(findingOf)), draft: pruned(validate, value) };
  };
}

function distinct(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((finding) => [`${finding.path}\n${finding.message}`, finding])).values()];
}

function findingOf(error: ErrorObject): Finding {
  const schema = error.parentSchema ?? {};
  const rule = typeof schema['x-rule'] === 'string' ? schema['x-rule'] : 'schema';
  return errorFinding(rule, placeOf(error), messageOf(error, schema));
}

function placeOf(error: ErrorObject): string {
  return error.keyword === 'additionalProperties'
    ? error.instancePath + pointer(String(error.params['additionalProperty']))
    : error.instancePath;
}

function messageOf(error: ErrorObject, schema: Readonly<Record<string, unknown>>): string {
  const params = error.params as Readonly<Record<string, unknown>>;
  switch (error.keyword) {
    case 'required':
      return `\`${String(params['missingProperty'])}\` is missing`;
    case 'additionalProperties':
      return schema['patternProperties']
        ? 'a name is 1 to 64 characters a-z 0-9 _ and begins with a letter'
        : `there is no field \`${String(params['additionalProperty'])}\``;
    case 'minItems':
      return 'an empty list is an error; leave the field out';
    case 'uniqueItems':
      return `items ${String(params['j'])} and ${String(params['i'])} are the same`;
  }
  if (typeof schema['errorMessage'] === 'string') return schema['errorMessage'];
  if (error.keyword === 'enum') return `must be one of ${(params['allowedValues'] as unknown[]).join(', ')}`;
  return error.message ?? 'breaks the schema';
}

function pruned(validate: ValidateFunction, value: unknown): unknown {
  const draft: unknown = structuredClone(value);
  for (let round = 0; round < PRUNE_ROUNDS_MAX; round += 1) {
    if (validate(draft)) return draft;
    const broken = (validate.errors ?? []).filter(
      (error) => !SPARED.has(error.keyword) && !(error.data === undefined && error.instancePath !== ''),
    );
    if (broken.length === 0) return draft;
    if (broken.some((error) => placeOf(error) === '')) return undefined;
    for (const error of broken) remove(draft, placeOf(error));
  }
  return undefined;
}

/** Takes the value at a pointer out: a field is deleted, an item becomes undefined, so that the others keep their index. */
function remove(root: unknown, path: string): void {
  const steps = path
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = steps.pop();
  let at = root;
  for (const step of steps) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return;
    at = (at as Record<string, unknown>)[step];
  }
  if (last === undefined || typeof at !== 'object' || at === null) return;
  if (Array.isArray(at)) at[Number(last)] = undefined;
  else delete (at as Record<string, unknown>)[last];
}
