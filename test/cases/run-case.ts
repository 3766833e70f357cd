import { parse, stringify } from 'yaml';
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
  /** As the first step's. */
  readonly patch?: Patch;
  /** Keys made for it, by the name that `as` takes; without provider_id an operator's. */
  readonly keys?: Readonly<Record<string, { readonly provider_id?: string; readonly scopes: readonly string[] }>>;
  readonly steps: readonly Step[];
}

/** JSON merge patches (RFC 7396), by provider_id; applied over the policy in force with the partner's own key. */
type Patch = Readonly<Record<string, unknown>>;

export interface Step {
  /** Moves the clock: an instant, or `+1d 2h 3m 4s 5ms` from where it stands. */
  readonly at?: string;
  /** Policies to change before the call. */
  readonly patch?: Patch;
  /**
   * Does the step once for each row, or for each combination of the lists, where an object stands for its fields; the values fill
   * `$name` everywhere in it, the row itself `$row`.
   */
  readonly each?: readonly Readonly<Record<string, unknown>>[] | Readonly<Record<string, readonly unknown[]>>;
  /** `CheckService.Check`. */
  readonly call?: string;
  /** Whose key: a provider_id, `operator`, `none`, or a literal token; FINT when absent. */
  readonly as?: string;
  readonly request?: Readonly<Record<string, unknown>>;
  /** Sends the call this many times; `$n` in strings counts from 1. */
  readonly repeat?: number;
  /** A merge patch on the request: the call with it must come to the very same outcome, but for the values that it replaces. */
  readonly like?: unknown;
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
  if (subject.patch) await applyPatch(stage, subject.patch);
  for (const [position, step] of subject.steps.entries()) {
    for (const row of rowsOf(step)) await runStep(stage, step, fill(row, kept) as Values, kept, `step ${position + 1}`);
  }
}

async function runStep(
  stage: Stage,
  step: Step,
  row: Values,
  kept: Record<string, unknown>,
  where: string,
): Promise<void> {
  const moved = fill(step.at, { ...kept, ...row });
  if (typeof moved === 'string') stage.clock.set(moment(moved, stage.clock.now()));
  if (step.patch) await applyPatch(stage, fill(step.patch, { ...kept, ...row }) as Patch);
  if (step.call === undefined) return;
  const name = fill(step.call, row) as string;
  const [service = '', method = ''] = name.split('.');
  const call = (request: unknown, as: string) =>
    stage.client.call(service, method, request as Record<string, unknown>, keyOf(as, stage.keys));
  for (let n = 1; n <= (step.repeat ?? 1); n += 1) {
    const values = { ...kept, ...row, row, n };
    const here = `${where} ${name} ${JSON.stringify(row)}${step.repeat === undefined ? '' : ` #${n}`}`;
    const request = fill(step.request ?? {}, values);
    const as = fill(step.as ?? 'FINT', values) as string;
    const outcome = await call(request, as);
    judge(here, outcome, step, values);
    if (step.like !== undefined) {
      const other = mergePatch(request, fill(step.like, values));
      requireAlike(here, { request, outcome }, { request: other, outcome: await call(other, as) });
    }
    if (outcome.ok) for (const [name, path] of Object.entries(step.keep ?? {})) kept[name] = at(outcome.answer, path);
  }
}

type Values = Readonly<Record<string, unknown>>;

function rowsOf({ each }: Step): readonly Values[] {
  if (each === undefined) return [{}];
  if (Array.isArray(each)) return each as readonly Values[];
  return Object.entries(each as Readonly<Record<string, readonly unknown[]>>).reduce<Values[]>(
    (rows, [name, list]) =>
      rows.flatMap((row) => list.map((value) => ({ ...row, ...(isRecord(value) ? value : { [name]: value }) }))),
    [{}],
  );
}

function isRecord(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function applyPatch({ client, keys }: Stage, patch: Patch): Promise<void> {
  for (const [providerId, change] of Object.entries(patch)) {
    const inForce = await client.call('PolicyService', 'GetPolicy', {}, keys[providerId]);
    if (!inForce.ok) throw new Error(`no policy of ${providerId}: ${inForce.message}`);
    const text = stringify(mergePatch(parse(String(inForce.answer['text'])), change));
    const applied = await client.call('PolicyService', 'ApplyPolicy', { text }, keys[providerId]);
    if (applied.ok && applied.answer['applied'] === true) continue;
    throw new Error(`the patch of ${providerId} was not applied: ${JSON.stringify(applied)}`);
  }
}

/** RFC 7396. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const merged: Record<string, unknown> =
    typeof target === 'object' && target !== null && !Array.isArray(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}

interface Exchange {
  readonly request: unknown;
  readonly outcome: Outcome;
}

function requireAlike(where: string, one: Exchange, other: Exchange): void {
  const names = leaves(one.request).map((value, position) => [value, leaves(other.request)[position]] as const);
  const replaced = names.filter(([value, instead]) => value !== instead);
  const text = (outcome: Outcome, side: 0 | 1) =>
    replaced.reduce((whole, pair) => whole.replaceAll(String(pair[side]), '<id>'), JSON.stringify(outcome));
  const texts = [text(one.outcome, 0), text(other.outcome, 1)] as const;
  if (texts[0] !== texts[1]) throw new Error(`${where}: the outcomes differ:\n${texts[0]}\n${texts[1]}`);
}

function leaves(value: unknown): unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : [value];
}

function keyOf(as: string, keys: Readonly<Record<string, string>>): string | undefined {
  return as === 'none' ? undefined : (keys[as] ?? as);
}

function judge(where: string, outcome: Outcome, step: Step, kept: Record<string, unknown>): void {
  if (step.error) {
    const { http, grpc, ...rest } = fill(step.error, kept) as NonNullable<Step['error']>;
    if (outcome.ok)
      throw new Error(`${where}: expected ${rest.code}, got the answer ${JSON.stringify(outcome.answer)}`);
    contains(where, outcome, { ...(outcome.http === undefined ? { grpc } : { http }), ...rest });
    return;
  }
  if (!outcome.ok) throw new Error(`${where}: failed with ${JSON.stringify(outcome)}`);
  if (step.expect) contains(where, outcome.answer, fill(step.expect, kept));
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
    for (const [key, each] of Object.entries(expected)) {
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
  for (const [, amount = '', unit = ''] of text.matchAll(/(\d+)(ms|d|h|m|s)/g))
    ms += Number(amount) * (UNITS[unit] ?? NaN);
  return ms;
}
