import { createHash } from 'node:crypto';
import { compilePolicy, type PolicyCompilation } from '../domain/partner/compile-policy.ts';
import { missingRelations } from '../domain/missing-relations.ts';
import { error, inOrder } from '../domain/partner/finding.ts';
import type { PolicyProblem } from '../domain/partner/policy.ts';
import type { PartnerState } from '../domain/partner/state.ts';
import { compileModel } from '../domain/relation/compile-model.ts';
import type { CompiledModel } from '../domain/relation/compiled-model.ts';
import type { AuthorizationModel } from '../domain/relation/model.ts';
import type { PolicyFormat } from '../ports/policy-format.ts';
import type { CompiledPartner } from './held-partner.ts';
import { lintProblems } from './lint-problems.ts';

/** A policy file read whole: what it compiles to, and the model that it names. */
export interface ReadPolicy {
  readonly text: string;
  /** As written; undefined where the file breaks its schema. */
  readonly providerId: string | undefined;
  readonly compilation: PolicyCompilation;
  /** DSL text; empty where the policy or its model has errors. */
  readonly modelText: string;
  /** SHA-256 of both texts, hex. */
  readonly digest: string;
  lineOf(path: string): number;
}

/**
 * Reads a policy text and the model below `models/` that it names, or `modelText` in its place. Never throws for bad
 * text: every problem is in the compilation, by line, and with an error there is no policy.
 */
export function readPolicy(format: PolicyFormat, text: string, modelText?: string): ReadPolicy {
  const parsed = format.parsePolicy(text);
  const lineOf = (path: string) => parsed.lineOf(path);
  const read = (compilation: PolicyCompilation, model: string): ReadPolicy => ({
    text,
    providerId: parsed.source?.provider_id,
    compilation,
    modelText: model,
    digest: createHash('sha256').update(text).update('\0').update(model).digest('hex'),
    lineOf,
  });
  if (!parsed.source) return read({ problems: parsed.problems }, '');
  const { policy, problems } = compilePolicy(parsed.source, format.platform(), lineOf);
  const found = [...parsed.problems, ...problems];
  if (!policy) return read({ problems: inOrder(unique(found)) }, '');
  const model = modelText ?? format.modelText(policy.model);
  found.push(...modelProblems(format, policy.model, model, lineOf('/model')));
  const broken = model === undefined || found.some((problem) => problem.severity === 'error');
  const all = inOrder(unique(found));
  return broken ? read({ problems: all }, '') : read({ policy, problems: all }, model);
}

/**
 * What a stored partner compiles to; partners that pin one model text share what it compiles to. Throws for a partner
 * that no longer compiles: its policy was written for another platform file.
 */
export function createCompilePartner(format: PolicyFormat): (state: PartnerState) => CompiledPartner {
  return (state) => {
    const { compilation } = readPolicy(format, state.policy.text, state.modelText);
    const { model } = compiled(format, state.modelText);
    if (compilation.policy && model) return { policy: compilation.policy, model };
    const { path, message } = compilation.problems.find(({ severity }) => severity === 'error') ?? {
      path: '/model',
      message: 'the model does not compile',
    };
    throw new Error(
      `partner ${state.providerId}: the policy in force (version ${state.policy.version}) does not compile: ${path}: ${message}`,
    );
  };
}

/**
 * Every problem of a model text, of its syntax and of what it lacks to decide by, by line; of a sound one, warnings of what OpenFGA has
 * announced to change. `file`: where the text is from; the modules that a file `fga.mod` lists are read beside it.
 */
export function checkModelText(format: PolicyFormat, text: string, file?: string): readonly PolicyProblem[] {
  const modular = file === undefined ? undefined : format.readModules(file);
  if (modular !== undefined && modular.text === undefined) return modular.problems;
  const whole = modular?.text ?? text;
  const { source, problems } = compiled(format, whole);
  return inOrder([...problems, ...(source ? lintProblems(source, modular?.modules ?? [{ text }]) : [])]);
}

interface CompiledText {
  readonly model?: CompiledModel;
  /** Of a sound model. */
  readonly source?: AuthorizationModel;
  readonly problems: readonly PolicyProblem[];
}

/** Model texts kept compiled: more than a platform has in force at a time. */
const MODELS_KEPT_MAX = 64;
const compiledTexts = new WeakMap<PolicyFormat, Map<string, CompiledText>>();

/** A model text compiled, each once as long as it is kept. */
function compiled(format: PolicyFormat, text: string): CompiledText {
  const kept = compiledTexts.get(format) ?? new Map<string, CompiledText>();
  compiledTexts.set(format, kept);
  const known = kept.get(text) ?? compileText(format, text);
  if (kept.size >= MODELS_KEPT_MAX) kept.clear();
  kept.set(text, known);
  return known;
}

function compileText(format: PolicyFormat, text: string): CompiledText {
  const parsed = format.parseModel(text);
  if (!parsed.model) return { problems: parsed.problems };
  const { model, problems = [] } = compileModel(parsed.model);
  const found = [
    ...problems.map(({ code, message }) => error(code, '', message)),
    ...(model ? missingRelations(model) : []).map((relation) =>
      error('R-3', '', `the relation \`${relation}\`, which every decision rests on, is missing`),
    ),
  ];
  const placed = found.map((finding) => ({ ...finding, line: 0 }));
  return { ...(model && { model, source: parsed.model }), problems: [...parsed.problems, ...placed] };
}

/** Problems of a model, as problems of the policy's field that names it. */
function modelProblems(format: PolicyFormat, name: string, text: string | undefined, line: number): PolicyProblem[] {
  const at = { line, path: '/model', severity: 'error' } as const;
  if (text === undefined) return [{ ...at, rule: 'P-3', message: `there is no model ${name}` }];
  return compiled(format, text).problems.map(({ line: of, rule, message, severity }) => ({
    ...at,
    severity,
    rule,
    message: `${name}.fga:${of}: ${message}`,
  }));
}

function unique(problems: readonly PolicyProblem[]): PolicyProblem[] {
  const seen = new Map(problems.map((problem) => [`${problem.path} ${problem.rule} ${problem.message}`, problem]));
  return [...seen.values()];
}
