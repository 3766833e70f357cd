import { afterAll, beforeAll, expect, it } from 'vitest';
import { seededOnce, startApp, TestClock, type TestApp } from '../app.ts';

const START = '2026-03-02T09:00:00Z';

let app: TestApp;
let remove: () => void;
beforeAll(async () => {
  const seeded = await seededOnce(START);
  const { dataDir, keys, remove: removeCopy } = seeded.copy();
  app = await startApp({ dataDir, keys, clock: new TestClock(START) });
  remove = () => {
    removeCopy();
    seeded.remove();
  };
});
afterAll(async () => {
  await app.stop();
  remove();
});

async function post(path: string, body: unknown, prefer?: string) {
  const response = await fetch(`${app.httpOrigin}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${app.keys['FINT']}`,
      'content-type': 'application/json',
      ...(prefer !== undefined && { prefer }),
    },
    body: JSON.stringify(body),
  });
  const { status, headers } = response;
  return { status, fields: Object.fromEntries(headers), body: (await response.json()) as Record<string, unknown> };
}

async function openSession(userId: string): Promise<string> {
  const { body } = await post('/v1/sessions', { user_id: userId });
  return (body['session'] as { session_id: string }).session_id;
}

it('a gateway passes on what an admission says of the quotas of a guest (S-2, S-3)', async () => {
  const session = await openSession('fgst001');
  const path = `/v1/sessions/${session}/admit`;
  expect(await post(path, { operation_id: 'a', cost: 4 })).toMatchObject({
    status: 200,
    fields: {
      'ratelimit-policy': '"day";q=5;w=86400, "week";q=20;w=604800',
      ratelimit: '"day";r=1;t=50400, "week";r=16;t=604800',
    },
  });
  await post(path, { operation_id: 'b' });
  const refused = { 'retry-after': '50400', ratelimit: '"day";r=0;t=50400, "week";r=15;t=604800' };
  expect(await post(path, { operation_id: 'c' })).toMatchObject({
    status: 200,
    fields: refused,
    body: { admitted: false, reason: 'QUOTA_DAILY' },
  });
  expect(await post(path, { operation_id: 'c' }, 'quota-exceeded=429')).toMatchObject({
    status: 429,
    fields: { ...refused, 'preference-applied': 'quota-exceeded=429' },
    body: { code: 'QUOTA_DAILY', 'violated-policies': ['day'] },
  });
  expect(await post(path, { operation_id: 'd' }, 'quota-exceeded=429')).toMatchObject({
    status: 429,
    body: { code: 'USER_IDLE', 'violated-policies': ['day'] },
  });
});

it('a preflight says what the admission would, and counts nothing; a plain check and a role without quotas say nothing', async () => {
  const session = await openSession('fgst002');
  const question = { user_id: 'fgst002', permission: 'call_api' };
  for (let n = 0; n < 2; n += 1) {
    const { fields } = await post('/v1/check', { ...question, session_id: session });
    expect(fields['ratelimit']).toBe('"day";r=4;t=50400, "week";r=19;t=604800');
  }
  expect((await post('/v1/check', question)).fields).not.toHaveProperty('ratelimit');
  const advanced = await openSession('fadv001');
  const admitted = await post(`/v1/sessions/${advanced}/admit`, { operation_id: 'a' });
  expect(admitted).toMatchObject({ status: 200, body: { admitted: true } });
  expect(admitted.fields).not.toHaveProperty('ratelimit');
});
