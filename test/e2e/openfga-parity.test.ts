import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformer } from '@openfga/syntax-transformer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPolicyFormat } from '../../src/adapters/files/policy-format.ts';
import { openLmdb } from '../../src/adapters/lmdb/open-lmdb.ts';
import { bucketOf } from '../../src/domain/partner/rollout.ts';
import type { Tuple } from '../../src/domain/relation/tuple.ts';
import type { ProviderId } from '../../src/domain/values.ts';
import { createCompilePartner } from '../../src/services/compile-partner.ts';
import { Replica } from '../../src/services/replica.ts';
import { ROOT, startApp, TestClock, type TestApp } from '../app.ts';
import { httpClient, type EdgeClient } from '../edge/client.ts';
import { FETCH_TIMEOUT_MS } from '../services/fetch-once.ts';
import { serviceOrSkip } from '../services/service-or-skip.ts';
import { startOpenFga } from '../services/start-openfga.ts';

const SEEDED_AT = '2026-03-02T09:00:00Z';
/** When the idle states of two hours have just ended, and codes with them; when the period ends have passed. */
const LATER = ['2026-03-02T11:00:00Z', '2026-04-20T00:00:00Z'];
/** OpenFGA's limit. */
const WRITE_MAX = 100;
/** Fewer than a batch may have: OpenFGA answers a batch in 3 s, or some of its checks not at all. */
const BATCH_MAX = 20;
const ATTEMPTS_MAX = 5;

const clock = new TestClock(SEEDED_AT);
let app: TestApp;
let edge: EdgeClient;
beforeAll(async () => {
  app = await startApp({ clock });
  edge = httpClient(app.httpOrigin);
  await makeLively();
});
afterAll(() => app.stop());

async function call(
  providerId: string,
  name: string,
  request: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const [service = '', method = ''] = name.split('.');
  const outcome = await edge.call(service, method, request, app.keys[providerId]);
  if (!outcome.ok) throw new Error(`${name}: ${JSON.stringify(outcome)}`);
  return outcome.answer;
}

/** Beside the samples: users that sign, whose cancellation is pending, and whose suspension runs. */
async function makeLively(): Promise<void> {
  const changes: readonly [string, string, Record<string, unknown>][] = [
    ['FINT', 'fbas001', { action: 'subscribe', plan_id: 'plus' }],
    ['FINT', 'fbas013', { action: 'cancel', at: 'period_end' }],
    ['FINT', 'fadv013', { action: 'suspend', hold: 'payment' }],
    ['MDIA', 'mbas007', { action: 'cancel', at: 'period_end' }],
    ['BTOB', 'bbas001', { action: 'subscribe', plan_id: 'team' }],
    ['BTOB', 'bcom002', { action: 'switch', plan_id: 'enterprise_plus' }],
  ];
  for (const [providerId, user_id, change] of changes) {
    const answer = await call(providerId, 'PlanService.PlanChange', { user_id, idempotency_key: 'k', ...change });
    expect(answer).toMatchObject({ done: true });
  }
}

/** What a replica that loads this data directory holds of a partner. */
async function projectedTuples(providerId: string): Promise<Tuple[]> {
  const stores = openLmdb({ dataDir: app.dataDir });
  try {
    const format = createPolicyFormat({ policiesDir: join(ROOT, 'policies'), modelsDir: join(ROOT, 'models') });
    const replica = new Replica(stores.documents, stores.relationships, createCompilePartner(format));
    await replica.load();
    return [...(replica.partner(providerId as ProviderId)?.index.tuples() ?? [])];
  } finally {
    await stores.close();
  }
}

async function post(origin: string, path: string, body: unknown): Promise<Record<string, unknown>> {
  const response = await fetch(`${origin}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer = (await response.json()) as Record<string, unknown>;
  if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(answer)}`);
  return answer;
}

/** A store of OpenFGA with the model that ships and these tuples. */
async function publish(origin: string, name: string, tuples: readonly Tuple[]): Promise<string> {
  const { id } = await post(origin, '/stores', { name });
  const model: unknown = transformer.transformDSLToJSONObject(readFileSync(join(ROOT, 'models/gatehouse.fga'), 'utf8'));
  await post(origin, `/stores/${String(id)}/authorization-models`, model);
  for (let from = 0; from < tuples.length; from += WRITE_MAX) {
    await post(origin, `/stores/${String(id)}/write`, { writes: { tuple_keys: tuples.slice(from, from + WRITE_MAX) } });
  }
  return String(id);
}

interface Question {
  readonly userId: string;
  readonly kind: 'permission' | 'feature';
  readonly name: string;
}

async function questionsOf(providerId: string): Promise<Question[]> {
  const { users } = (await call(providerId, 'DirectoryService.ListUsers', { page_size: 1000 })) as {
    users: { user_id: string }[];
  };
  const user_id = users[0]?.user_id;
  const { permissions } = (await call(providerId, 'DecisionService.ListPermissions', { user_id })) as {
    permissions: { permission: string }[];
  };
  const { features } = (await call(providerId, 'DecisionService.ListFeatures', { user_id })) as {
    features: { feature: string }[];
  };
  return [...users.map((each) => each.user_id), 'nobody1'].flatMap((userId) => [
    ...permissions.map(({ permission }): Question => ({ userId, kind: 'permission', name: permission })),
    ...features.map(({ feature }): Question => ({ userId, kind: 'feature', name: feature })),
  ]);
}

async function ours(providerId: string, questions: readonly Question[]): Promise<boolean[]> {
  const checks = questions.map(({ userId, kind, name }) => ({ user_id: userId, [kind]: name }));
  const { decisions } = (await call(providerId, 'DecisionService.BatchCheck', { checks })) as {
    decisions: { allowed: boolean }[];
  };
  return decisions.map(({ allowed }) => allowed);
}

interface BatchAnswer {
  readonly allowed?: boolean;
  readonly error?: { readonly internal_error?: string };
}

/** A busy machine may cost a check its deadline: such a check is asked again. */
async function theirs(
  origin: string,
  store: string,
  questions: readonly Question[],
  now: string,
  attempt = 1,
): Promise<boolean[]> {
  const checks = questions.map(({ userId, kind, name }, n) => ({
    correlation_id: String(n),
    tuple_key: {
      user: `user:${userId}`,
      relation: kind === 'permission' ? 'allowed' : 'on',
      object: `${kind}:${name}`,
    },
    context: { now, bucket: bucketOf(name, userId) },
  }));
  const { result } = (await post(origin, `/stores/${store}/batch-check`, { checks })) as {
    result: Record<string, BatchAnswer>;
  };
  const answers: boolean[] = [];
  for (const [n, question] of questions.entries()) {
    const answer = result[String(n)];
    if (answer?.error?.internal_error === 'deadline_exceeded' && attempt < ATTEMPTS_MAX) {
      answers.push(...(await theirs(origin, store, [question], now, attempt + 1)));
    } else if (!answer || answer.error !== undefined) {
      throw new Error(`${JSON.stringify(question)}: ${JSON.stringify(answer)}`);
    } else {
      answers.push(answer.allowed === true);
    }
  }
  return answers;
}

describe('OpenFGA on the published relationships gives the same answers (design, one idea)', () => {
  it.for(['FINT', 'MDIA', 'BTOB'])(
    '%s: every user x every permission and feature, and again later and when it is stopped',
    { timeout: FETCH_TIMEOUT_MS },
    async (providerId, ctx) => {
      const server = await serviceOrSkip(ctx, startOpenFga);
      try {
        clock.set(Date.parse(SEEDED_AT));
        const questions = await questionsOf(providerId);
        expect(questions.length).toBeGreaterThan(700);

        /** Asks both; answers how many were allowed, the same here and there. */
        const compare = async (store: string, asked: readonly Question[], moment: string): Promise<number> => {
          clock.set(Date.parse(moment));
          const differences: unknown[] = [];
          let allowed = 0;
          for (let from = 0; from < asked.length; from += BATCH_MAX) {
            const batch = asked.slice(from, from + BATCH_MAX);
            const here = await ours(providerId, batch);
            const there = await theirs(server.httpOrigin, store, batch, moment);
            batch.forEach((question, n) => {
              if (here[n] === true) allowed += 1;
              if (here[n] !== there[n]) differences.push({ ...question, moment, here: here[n], there: there[n] });
            });
          }
          expect(differences).toEqual([]);
          return allowed;
        };

        const tuples = await projectedTuples(providerId);
        const store = await publish(server.httpOrigin, providerId, tuples);
        expect(await compare(store, questions, SEEDED_AT)).toBeGreaterThan(questions.length / 4);
        const timed = new Set(tuples.filter(({ condition }) => condition?.name === 'until').map(({ user }) => user));
        const ofTimed = questions.filter(({ userId }) => timed.has(`user:${userId}`));
        expect(timed.size).toBeGreaterThan(5);
        for (const moment of LATER) await compare(store, ofTimed, moment);

        const stopped = { provider_id: providerId, status: 'stopped' };
        const outcome = await edge.call('DirectoryService', 'SetPartnerStatus', stopped, app.keys['operator']);
        expect(outcome).toMatchObject({ ok: true });
        const stoppedStore = await publish(
          server.httpOrigin,
          `${providerId} stopped`,
          await projectedTuples(providerId),
        );
        expect(await compare(stoppedStore, ofTimed, SEEDED_AT)).toBe(0);
      } finally {
        await server.stop();
      }
    },
  );
});
