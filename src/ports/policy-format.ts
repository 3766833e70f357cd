import type { AuthorizationModel } from '../domain/relation/model.ts';
import type { PlatformSource, PolicySource } from '../domain/partner/policy-source.ts';
import type { PolicyProblem } from '../domain/partner/policy.ts';

/** A policy file read and checked against policies/schema.json, with the line of every path for later findings. */
export interface ParsedPolicy {
  /** Absent when `problems` has errors; then these include what the cross checks of compile-policy.ts find. */
  readonly source?: PolicySource;
  readonly problems: readonly PolicyProblem[];
  /** 1-based line of a JSON Pointer, or of its nearest ancestor; 0 when there is none. */
  lineOf(path: string): number;
}

/** Reads the two kinds of file that policy authors own. Never throws for bad text: every problem is in the answer. */
export interface PolicyFormat {
  parsePolicy(text: string): ParsedPolicy;
  /** The platform's defaults (policies/platform.yaml), validated. */
  platform(): PlatformSource;
  /** DSL text to a model; problems name line and rule. */
  parseModel(text: string): { model?: AuthorizationModel; problems: readonly PolicyProblem[] };
  /** The DSL text of a model below `models/` by its name: `<name>.fga`, or the modules of `<name>/fga.mod` as one; undefined when there is none. */
  modelText(name: string): string | undefined;
  /** The modules that a file `fga.mod` lists; undefined for a file of another name. */
  readModules(file: string): ModelModules | undefined;
}

/** A modular model as it was read. */
export interface ModelModules {
  /** One model of schema 1.2; absent when there are problems. */
  readonly text?: string;
  readonly modules: readonly { readonly file: string; readonly text: string }[];
  /** Each with the file that it is in: a module, or the list itself. */
  readonly problems: readonly PolicyProblem[];
}
