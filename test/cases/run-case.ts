import type { EdgeClient, Outcome } from '../edge/client.ts';

/** A case file: sentences over data, replayed over every edge (conventions §3). */
export interface CaseFile {
  readonly about: string;
  readonly cases: readonly Case[];
}

export interface Case {
  readonly name: string;
  /** Rules of the rule book that it shows. */
  readonly rules: readonly string[];
  /** Where the clock stands when it begins; RFC 3339. */
  readonly start?: string;
  /** JSON merge patches laid over the sample policies before it begins, by provider_id. */
  readonly patch?: Readonly<Record<string, unknown>>;
  readonly steps: readonly Step[];
}

export interface Step {
  /** Moves the clock: an instant, or `+1d 2h 3m 4s 5ms` from where it stands. */
  readonly at?: string;
  /** `CheckService.Check`. */
  readonly call?: string;
  /** Whose key: a provider_id, `operator`, `none`, or a literal token; FINT when absent. */
  readonly as?: string;
  readonly request?: Readonly<Record<string, unknown>>;
  /** Sends the call this many times; `$n` in strings counts from 1. */
  readonly repeat?: number;
  /** What the answer must contain; null: absent or empty. Lists must match in full unless `{contains: […]}`. */
  readonly expect?: Readonly<Record<string, unknown>>;
  /** The call must fail so. */
  readonly error?: { readonly http: number; readonly grpc: string; readonly code: string; readonly field?: string };
  /** Keeps values of the answer for later steps: name -> dotted path; used as `$name`. */
  readonly keep?: Readonly<Record<string, string>>;
}

export interface Stage {
  readonly client: EdgeClient;
  readonly keys: Readonly<Record<string, string>>;
  readonly clock: { now(): number; set(ms: number): void };
}

export async function runCase(stage: Stage, subject: Case): Promise<void> {
  const kept: Record<string, unknown> = {};
  for (const [position, step] of subject.steps.entries()) {
    if (step.at !== undefined) stage.clock.set(moment(step.at, stage.clock.now()));
    if (step.call === undefined) continue;
    const [service = '', method = ''] = step.call.split('.');
    for (let n = 1; n <= (step.repeat ?? 1); n += 1) {
      const where = `step ${position + 1} ${step.call}${step.repeat === undefined ? '' : ` #${n}`}`;
      const request = fill(step.request ?? {}, { ...kept, n }) as Record<string, unknown>;
      const outcome = await stage.client.call(service, method, request, keyOf(step.as ?? 'FINT', stage.keys));
      judge(where, outcome, step, { ...kept, n });
      if (outcome.ok) for (const [name, path] of Object.entries(step.keep ?? {})) kept[name] = at(outcome.answer, path);
    }
  }
}

function keyOf(as: string, keys: Readonly<Record<string, string>>): string | undefined {
  return as === 'none' ? undefined : (keys[as] ?? as);
}

function judge(where: string, outcome: Outcome, step: Step, kept: Record<string, unknown>): void {
  if (step.error) {
    if (outcome.ok) throw new Error(`${where}: expected ${step.error.code}, got the answer ${JSON.stringify(outcome.answer)}`);
    const expected = outcome.http === undefined ? { grpc: step.error.grpc } : { http: step.error.http };
    const wanted = { ...expected, code: step.error.code, ...(step.error.field !== undefined && { field: step.error.field }) };
    contains(where, outcome as unknown as Record<string, unknown>, wanted);
    return;
  }
  if (!outcome.ok) throw new Error(`${where}: failed with ${JSON.stringify(outcome)}`);
  if (step.expect) contains(where, outcome.answer, fill(step.expect, kept) as Record<string, unknown>);
}

/** Throws with the path of the first difference when `actual` lacks something of `expected`. */
export function contains(path: string, actual: unknown, expected: unknown): void {
  if (expected === null) {
    const absent = actual === null || actual === undefined || actual === '' || actual === 0 || actual === false;
    if (!absent && !(Array.isArray(actual) && actual.length === 0)) differ(path, actual, expected);
    return;
  }
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) differ(path, actual, expected);
    expected.forEach((each, position) => contains(`${path}[${position}]`, (actual as unknown[])[position], each));
    return;
  }
  if (typeof expected === 'object') {
    const wanted = (expected as { contains?: unknown[] }).contains;
    if (wanted) {
      for (const each of wanted) if (!some(actual as unknown[], each)) differ(path, actual, expected);
      return;
    }
    for (const [key, each] of Object.entries(expected as object)) {
      contains(`${path}.${key}`, (actual as Record<string, unknown> | null | undefined)?.[key], each);
    }
    return;
  }
  if (actual !== expected && !(expected === false && actual === undefined)) differ(path, actual, expected);
}

function some(actual: readonly unknown[], expected: unknown): boolean {
  return actual.some((each) => {
    try {
      contains('', each, expected);
      return true;
    } catch {
      return false;
    }
  });
}

function differ(path: string, actual: unknown, expected: unknown): never {
  throw new Error(`${path}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`);
}

function at(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((found, key) => (found as Record<string, unknown> | undefined)?.[key], value);
}

/** Puts kept values in: `$name` alone keeps its type, within text it is written out. */
function fill(value: unknown, kept: Readonly<Record<string, unknown>>): unknown {
  if (typeof value === 'string') {
    const [, whole] = /^\$(\w+)$/.exec(value) ?? [];
    if (whole !== undefined && whole in kept) return kept[whole];
    return value.replace(/\$(\w+)/g, (text, name: string) => (name in kept ? String(kept[name]) : text));
  }
  if (Array.isArray(value)) return value.map((each) => fill(each, kept));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, fill(each, kept)]));
}

const UNITS: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** The moment that `text` names, seen from `now`. */
export function moment(text: string, now: number): number {
  if (!text.startsWith('+')) return Date.parse(text);
  let ms = now;
  for (const [, amount = '', unit = ''] of text.matchAll(/(\d+)(ms|d|h|m|s)/g)) ms += Number(amount) * (UNITS[unit] ?? NaN);
  return ms;
}
