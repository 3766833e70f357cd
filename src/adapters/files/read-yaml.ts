import { isAlias, isMap, isScalar, isSeq, Lexer, LineCounter, parseDocument, type Document } from 'yaml';
import { pointer } from '../../domain/partner/finding.ts';
import type { PolicyProblem } from '../../domain/partner/policy.ts';

/** A file of that size holds thousands of plans; a larger one is a mistake or an attack. */
export const YAML_BYTES_MAX = 1024 * 1024;
/** Marks, names, values, blanks and line ends: some 400 KB of a usual policy. Bounds the time that reading may take. */
export const YAML_TOKENS_MAX = 100_000;
/** No field of a file lies deeper; keeps every recursion over it shallow. */
export const YAML_DEPTH_MAX = 64;
/** Aliases may multiply what is written; more than that is a bomb. */
export const YAML_ALIASES_MAX = 20;
/** Problems that are reported of one file; the rest is counted. */
export const PROBLEMS_MAX = 200;

export interface YamlReading {
  /** The value as plain JSON; absent when the text cannot be read as one document. */
  readonly value?: unknown;
  /** Syntax errors and duplicate keys; with a duplicate key the value is there, and the last one counts in it. */
  readonly problems: readonly PolicyProblem[];
  /** 1-based line of a JSON Pointer, or of its nearest ancestor; 0 when there is none. */
  lineOf(path: string): number;
}

/** Reads one YAML 1.2 document. Never throws: what is wrong with the text is in `problems`. */
export function readYaml(text: string): YamlReading {
  const refuse = (message: string, line = 0): YamlReading => ({
    problems: [problem(line, '', message)],
    lineOf: () => 0,
  });
  if (Buffer.byteLength(text) > YAML_BYTES_MAX) return refuse(`the text is longer than ${YAML_BYTES_MAX} bytes`);
  const lines = new LineCounter();
  try {
    if (hasTooManyTokens(text)) return refuse(`the text has more than ${YAML_TOKENS_MAX} tokens`);
    // Duplicate keys are found below: the library compares every key with every other.
    const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, prettyErrors: false });
    const exhausted = document.errors.find(({ code }) => code === 'RESOURCE_EXHAUSTION');
    if (exhausted) return refuse(`nested more than ${YAML_DEPTH_MAX} deep`, lines.linePos(exhausted.pos[0]).line);
    const syntax = [...document.errors, ...document.warnings].map(({ pos, message }) =>
      problem(lines.linePos(pos[0]).line, '', message),
    );
    if (syntax.length > 0) return { problems: syntax, lineOf: () => 0 };
    const outline = new Outline(document, lines);
    if (outline.tooDeepAt !== undefined) return refuse(`nested more than ${YAML_DEPTH_MAX} deep`, outline.tooDeepAt);
    const value: unknown = document.toJS({ maxAliasCount: YAML_ALIASES_MAX });
    return {
      // A round trip through JSON: what aliases name twice, or in a circle, becomes copies, or an error.
      value: JSON.parse(JSON.stringify(value ?? null)) as unknown,
      problems: outline.problems,
      lineOf: (path) => outline.lineOf(path),
    };
  } catch (error) {
    if (error instanceof RangeError) return refuse(`nested more than ${YAML_DEPTH_MAX} deep`);
    return refuse('the aliases are too many, or lead in a circle');
  }
}

function hasTooManyTokens(text: string): boolean {
  const tokens = new Lexer().lex(text);
  for (let count = 0; count <= YAML_TOKENS_MAX; count += 1) {
    if (tokens.next().done === true) return false;
  }
  return true;
}

const problem = (line: number, path: string, message: string): PolicyProblem => ({
  severity: 'error',
  line,
  path,
  rule: 'schema',
  message: message.split('\n', 1)[0] ?? '',
});

/** The line of every path of a document, and the keys that are given twice. */
class Outline {
  readonly problems: PolicyProblem[] = [];
  tooDeepAt: number | undefined;
  readonly #lineByPath = new Map<string, number>();
  readonly #lines: LineCounter;

  constructor(document: Document.Parsed, lines: LineCounter) {
    this.#lines = lines;
    this.#lineByPath.set('', 1);
    this.#walk(document.contents, '', 1);
  }

  lineOf(path: string): number {
    for (let at = path; ; at = at.slice(0, at.lastIndexOf('/'))) {
      const line = this.#lineByPath.get(at);
      if (line !== undefined) return line;
      if (!at.includes('/')) return 0;
    }
  }

  #walk(node: unknown, path: string, depth: number): void {
    if (isAlias(node) || isScalar(node)) return;
    if (depth > YAML_DEPTH_MAX) {
      this.tooDeepAt ??= this.#lineByPath.get(path) ?? 0;
      return;
    }
    if (isSeq(node)) {
      for (const [index, item] of node.items.entries()) this.#enter(item, item, `${path}/${index}`, depth);
    }
    if (isMap(node)) {
      const seen = new Set<string>();
      for (const { key, value } of node.items) {
        const name = isScalar(key) ? String(key.value) : String(key);
        const at = path + pointer(name);
        if (seen.has(name)) {
          this.problems.push(problem(this.#lineAt(key), at, `\`${name}\` is given twice`));
          continue;
        }
        seen.add(name);
        this.#enter(key, value, at, depth);
      }
    }
  }

  #enter(mark: unknown, node: unknown, path: string, depth: number): void {
    this.#lineByPath.set(path, this.#lineAt(mark));
    this.#walk(node, path, depth + 1);
  }

  #lineAt(node: unknown): number {
    const range = (node as { range?: readonly number[] } | null)?.range;
    return range?.[0] === undefined ? 0 : this.#lines.linePos(range[0]).line;
  }
}
