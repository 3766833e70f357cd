import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ROOT, startApp, type TestApp } from '../app.ts';
import { openFgaGrpc, openFgaHttp, type OpenFgaEdge, type OpenFgaOutcome } from '../edge/openfga-client.ts';
import { startOpenFga, type RunningOpenFga } from '../services/start-openfga.ts';

type Json = Record<string, unknown>;

/** One call, and what it comes to on both edges. */
interface Step {
  readonly call: string;
  /** `store_id` is that of the case unless given; `$name` stands for what a step before has kept. */
  readonly request?: Json;
  /** A part of the answer. */
  readonly answer?: Json;
  /** The code of an HTTP body; `http` is 400 unless given. */
  readonly error?: string;
  readonly http?: number;
  /** The number of the gRPC status. */
  readonly grpc?: number;
  readonly message?: string;
  /** Field of the answer -> name. */
  readonly keep?: Readonly<Record<string, string>>;
  /** Why OpenFGA itself answers otherwise: it is not asked. */
  readonly differs?: string;
}

interface Case {
  readonly name: string;
  /** By its name in the file. */
  readonly model?: string;
  /** `user relation object`. */
  readonly tuples?: readonly string[];
  readonly steps: readonly Step[];
}

interface CaseFile {
  readonly models: Readonly<Record<string, Json>>;
  readonly cases: readonly Case[];
}

const FOLDER = join(ROOT, 'test/cases/openfga');
const files = readdirSync(FOLDER).map((name) => ({
  name,
  file: parse(readFileSync(join(FOLDER, name), 'utf8'), { merge: true }) as CaseFile,
}));

let app: TestApp;
let reference: RunningOpenFga | undefined;
const edges: OpenFgaEdge[] = [];

beforeAll(async () => {
  app = await startApp();
  reference = await startOpenFga();
  const key = app.keys['operator'];
  edges.push(openFgaHttp(app.httpOrigin, key), openFgaGrpc(app.grpcAddress, key));
  if (reference)
    edges.push(openFgaHttp(reference.httpOrigin, undefined), openFgaGrpc(reference.grpcAddress, undefined));
});
afterAll(async () => {
  for (const edge of edges) edge.close();
  await app.stop();
  await reference?.stop();
});

/** Puts what was kept in the place of `$name`. */
function filled(value: unknown, kept: Json): unknown {
  if (typeof value === 'string' && value.startsWith('$')) return kept[value.slice(1)];
  if (typeof value === 'string') return value.replaceAll(/\$\{(\w+)\}/g, (_match, name: string) => String(kept[name]));
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => filled(item, kept));
  const { repeat, of, ...rest } = value as { repeat?: number; of?: unknown } & Json;
  if (repeat !== undefined) return repeated(repeat, of, kept);
  return Object.fromEntries(Object.entries(rest).map(([key, item]) => [key, filled(item, kept)]));
}

/** `{repeat: 3, of: x}`: a text three times as long, or a list of three in which `${n}` is the place. */
function repeated(times: number, of: unknown, kept: Json): unknown {
  if (typeof of === 'string' && of.length === 1) return of.repeat(times);
  return Array.from({ length: times }, (_, n) => filled(of, { ...kept, n }));
}

async function must(edge: OpenFgaEdge, method: string, request: Json): Promise<Json> {
  const { answer, message } = await edge.call(method, request);
  if (!answer) throw new Error(`${method}: ${message}`);
  return answer;
}

async function prepare(edge: OpenFgaEdge, { model, tuples }: Case, { models }: CaseFile): Promise<Json> {
  const { id: store } = await must(edge, 'CreateStore', { name: 'a case' });
  if (model === undefined) return { store, edge: edge.name };
  const made = await must(edge, 'WriteAuthorizationModel', { store_id: store, ...models[model] });
  const keys = (tuples ?? []).map((text) => {
    const [user, relation, object] = text.split(' ');
    return { user, relation, object };
  });
  if (keys.length > 0) await must(edge, 'Write', { store_id: store, writes: { tuple_keys: keys } });
  return { store, edge: edge.name, model: made['authorization_model_id'] };
}

function expectOutcome(edge: OpenFgaEdge, step: Step, outcome: OpenFgaOutcome, kept: Json): void {
  const { error, message } = step;
  if (error === undefined) {
    expect(outcome).toMatchObject(edge.name === 'http' ? { http: step.http ?? 200 } : { grpc: 0 });
    if (step.answer) expect(outcome.answer).toMatchObject(filled(step.answer, kept) as Json);
    return;
  }
  const expected = edge.name === 'http' ? { http: step.http ?? 400, code: error } : { grpc: step.grpc };
  expect(outcome).toMatchObject(expected);
  if (message !== undefined) expect(outcome.message).toContain(message);
}

describe.each(files)('$name', ({ file }) => {
  // The reference is asked by the same steps: what stands in the files is what it does.
  describe.each([
    ['Gatehouse over HTTP', 0],
    ['Gatehouse over gRPC', 1],
    ['OpenFGA over HTTP', 2],
    ['OpenFGA over gRPC', 3],
  ])('%s', (_, place) => {
    it.for(file.cases.map((subject) => [subject.name, subject] as const))('%s', async ([, subject], context) => {
      const edge = edges[place];
      if (!edge) return context.skip();
      const kept = await prepare(edge, subject, file);
      for (const step of subject.steps) {
        if (step.differs !== undefined && place >= 2) continue;
        const request = filled({ store_id: '$store', ...step.request }, kept) as Json;
        const outcome = await edge.call(step.call, request);
        expectOutcome(edge, step, outcome, kept);
        for (const [field, name] of Object.entries(step.keep ?? {})) kept[name] = outcome.answer?.[field];
      }
    });
  });
});
