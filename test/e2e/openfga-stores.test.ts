import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProviderId } from '../../src/domain/values.ts';
import { startApp, type TestApp } from '../app.ts';
import { openFgaGrpc, openFgaHttp, type OpenFgaEdge, type OpenFgaOutcome } from '../edge/openfga-client.ts';

type Json = Record<string, unknown>;

const MODEL = {
  schema_version: '1.1',
  type_definitions: [
    { type: 'user' },
    {
      type: 'doc',
      relations: { viewer: { this: {} } },
      metadata: { relations: { viewer: { directly_related_user_types: [{ type: 'user' }] } } },
    },
  ],
};
const KEY = { user: 'user:a', relation: 'viewer', object: 'doc:1' };

let app: TestApp;
let beside: TestApp;
const edges = new Map<string, OpenFgaEdge>();

beforeAll(async () => {
  const env = { GATEHOUSE_OPENFGA_LIST_OBJECTS_MAX: '2', GATEHOUSE_OPENFGA_LIST_USERS_MAX: '2' };
  app = await startApp({ env });
  // Another process's part is played by a second composition on the same directory.
  beside = await startApp({ env, dataDir: app.dataDir, keys: app.keys });
});
afterAll(async () => {
  for (const edge of edges.values()) edge.close();
  await beside.stop();
  await app.stop();
});

function edge(name: 'http' | 'grpc', key: string | undefined, on: TestApp = app): OpenFgaEdge {
  const id = `${name} ${key} ${on.httpOrigin}`;
  const known = edges.get(id) ?? (name === 'http' ? openFgaHttp(on.httpOrigin, key) : openFgaGrpc(on.grpcAddress, key));
  edges.set(id, known);
  return known;
}

const NUMBERS: Readonly<Record<string, number>> = {
  bearer_token_missing: 1010,
  unauthenticated: 1500,
  forbidden: 1600,
  validation_error: 2000,
  store_id_not_found: 5002,
  unimplemented: 12,
};

function expectError({ http, grpc, code }: OpenFgaOutcome, expected: string, status: number): void {
  if (http === undefined) expect(grpc).toBe(NUMBERS[expected]);
  else expect({ http, code }).toEqual({ http: status, code: expected });
}

async function ok(on: OpenFgaEdge, method: string, request: Json): Promise<Json> {
  const { answer, message } = await on.call(method, request);
  if (!answer) throw new Error(`${method}: ${message}`);
  return answer;
}

async function aStore(on: OpenFgaEdge, tuples: readonly object[] = [KEY]): Promise<string> {
  const store = (await ok(on, 'CreateStore', { name: 'of the test' }))['id'] as string;
  await ok(on, 'WriteAuthorizationModel', { store_id: store, ...MODEL });
  await ok(on, 'Write', { store_id: store, writes: { tuple_keys: tuples } });
  return store;
}

const idsOf = async (on: OpenFgaEdge): Promise<unknown[]> =>
  ((await ok(on, 'ListStores', { page_size: 100 }))['stores'] as Json[]).map(({ id }) => id);

describe.each(['http', 'grpc'] as const)('stores over %s', (wire) => {
  const as = (who: string, on: TestApp = app) => edge(wire, app.keys[who], on);

  it('P-6 are seen by the partner that made them and by operators, and are not there for others', async () => {
    const store = await aStore(as('FINT'));
    expect(await idsOf(as('FINT'))).toContain(store);
    expect(await idsOf(as('operator'))).toContain(store);
    expect(await idsOf(as('BTOB'))).not.toContain(store);
    const question = { store_id: store, tuple_key: KEY };
    expect(await ok(as('operator'), 'Check', question)).toMatchObject({ allowed: true });
    for (const [method, request] of [
      ['GetStore', {}],
      ['Check', question],
      ['Read', {}],
      ['ReadChanges', {}],
      ['ReadAuthorizationModels', {}],
      ['WriteAuthorizationModel', MODEL],
      ['Write', { deletes: { tuple_keys: [KEY] } }],
      ['ListObjects', { type: 'doc', relation: 'viewer', user: 'user:a' }],
    ] as const) {
      expectError(await as('BTOB').call(method, { store_id: store, ...request }), 'store_id_not_found', 404);
    }
    await as('BTOB').call('DeleteStore', { store_id: store });
    expect(await ok(as('FINT'), 'Check', question)).toMatchObject({ allowed: true });
  });

  it('are for keys with the scope relationships', async () => {
    const { token } = await app.app.services.keys.create(
      { providerId: 'FINT' as ProviderId, scopes: ['check', 'directory'], label: 'without it' },
      { kind: 'operator', id: 'test' },
    );
    expectError(await edge(wire, undefined).call('ListStores', {}), 'bearer_token_missing', 401);
    expectError(await edge(wire, 'zork').call('ListStores', {}), 'unauthenticated', 401);
    expectError(await edge(wire, token).call('ListStores', {}), 'forbidden', 403);
  });

  it('C-1 hold a partner’s derived relationships: to be asked and read, by itself alone, and not to be written', async () => {
    const [derived, ...more] = (
      (await ok(as('FINT'), 'ListStores', { name: 'partner FINT' }))['stores'] as { id: string; name: string }[]
    ).map(({ id }) => id);
    expect(more).toEqual([]);
    const store = { store_id: derived };
    expect(await ok(as('FINT'), 'GetStore', store)).toMatchObject({ id: derived, name: 'partner FINT' });
    expectError(await as('BTOB').call('GetStore', store), 'store_id_not_found', 404);
    const { authorization_models: models } = await ok(as('FINT'), 'ReadAuthorizationModels', store);
    const [{ id: model } = { id: '' }] = models as { id: string }[];
    expect(model).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/);
    // `now` is filled in: nothing of the request says whether anybody is idle.
    const login = { user: 'user:fbas001', relation: 'allowed', object: 'permission:login' };
    const asked = { ...store, authorization_model_id: model };
    expect(await ok(as('FINT'), 'Check', { ...asked, tuple_key: login })).toMatchObject({ allowed: true });
    const { tuples } = await ok(as('FINT'), 'Read', {
      ...store,
      tuple_key: { object: 'partner:FINT', relation: 'basic' },
    });
    expect(tuples).toContainEqual(expect.objectContaining({ key: expect.objectContaining({ user: 'user:fbas001' }) }));
    expect(
      await ok(as('FINT'), 'Expand', { ...store, tuple_key: { object: 'partner:FINT', relation: 'member' } }),
    ).toHaveProperty('tree.root');
    const written = await as('FINT').call('Write', { ...store, writes: { tuple_keys: [login] } });
    expectError(written, 'validation_error', 400);
    expect(written.message).toContain('C-1');
    for (const [method, request] of [
      ['WriteAuthorizationModel', MODEL],
      ['DeleteStore', {}],
      ['WriteAssertions', { authorization_model_id: model }],
    ] as const) {
      expectError(await as('FINT').call(method, { ...store, ...request }), 'validation_error', 400);
    }
    expectError(await as('FINT').call('ReadChanges', store), 'unimplemented', 404);
    expect(await idsOf(as('FINT', beside))).toContain(derived);
  });

  it('give every derived relationship in pages, once and in order', async () => {
    const [derived] = (
      (await ok(as('FINT'), 'ListStores', { name: 'partner FINT' }))['stores'] as { id: string }[]
    ).map(({ id }) => id);
    const found: string[] = [];
    for (let token = ''; ;) {
      const page = await ok(as('FINT'), 'Read', { store_id: derived, page_size: 50, continuation_token: token });
      for (const { key } of page['tuples'] as { key: typeof KEY }[])
        found.push(`${key.object}#${key.relation}@${key.user}`);
      token = page['continuation_token'] as string;
      if (token === '') break;
    }
    expect(found.length).toBeGreaterThan(60);
    expect(found).toEqual([...new Set(found)].sort((a, b) => (a < b ? -1 : 1)));
  });

  it('are exact at once in another process on the same directory', async () => {
    const here = as('operator');
    const there = as('operator', beside);
    const store = await aStore(here);
    const question = { store_id: store, tuple_key: KEY };
    for (const round of [1, 2, 3]) {
      expect(await ok(there, 'Check', question), `round ${round}`).toMatchObject({ allowed: true });
      await ok(here, 'Write', { store_id: store, deletes: { tuple_keys: [KEY] } });
      expect(await ok(there, 'Check', question), `round ${round}`).toMatchObject({ allowed: false });
      await ok(there, 'Write', { store_id: store, writes: { tuple_keys: [KEY] } });
      expect(await ok(here, 'Check', question), `round ${round}`).toMatchObject({ allowed: true });
    }
    await ok(there, 'DeleteStore', { store_id: store });
    expectError(await here.call('Check', question), 'store_id_not_found', 404);
  });

  it('are asked by one model or another by turns, each with what it allows', async () => {
    const on = as('operator');
    const store = await aStore(on);
    const [newest] = (await ok(on, 'ReadAuthorizationModels', { store_id: store }))['authorization_models'] as {
      id: string;
    }[];
    const narrow = {
      schema_version: '1.1',
      type_definitions: [
        { type: 'user' },
        { type: 'team' },
        {
          ...MODEL.type_definitions[1],
          metadata: { relations: { viewer: { directly_related_user_types: [{ type: 'team' }] } } },
        },
      ],
    };
    const { authorization_model_id: later } = await ok(on, 'WriteAuthorizationModel', { store_id: store, ...narrow });
    for (const _round of [1, 2]) {
      expect(
        await ok(on, 'Check', { store_id: store, tuple_key: KEY, authorization_model_id: newest!.id }),
      ).toMatchObject({ allowed: true });
      expect(await ok(on, 'Check', { store_id: store, tuple_key: KEY, authorization_model_id: later })).toMatchObject({
        allowed: false,
      });
    }
    const { headers } = await on.call('Check', { store_id: store, tuple_key: KEY });
    expect(headers).toMatchObject({ 'openfga-authorization-model-id': later, 'openfga-store-id': store });
    expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('say of a list that it was cut, and go on from there', async () => {
    const on = as('operator');
    const objects = ['doc:1', 'doc:2', 'doc:3', 'doc:ö', 'doc:5'].map((object) => ({ ...KEY, object }));
    const store = await aStore(on, objects);
    const request = { store_id: store, type: 'doc', relation: 'viewer', user: 'user:a' };
    const found: unknown[] = [];
    let cuts = 0;
    for (let after: string | undefined; ;) {
      const { answer, headers } = await on.call(
        'ListObjects',
        request,
        after === undefined ? {} : { 'gatehouse-list-after': after },
      );
      found.push(...(answer?.['objects'] as string[]));
      after = headers['gatehouse-list-next'];
      expect(headers['gatehouse-list-truncated']).toBe(after === undefined ? undefined : 'true');
      if (after === undefined) break;
      cuts += 1;
    }
    expect(found).toEqual(['doc:1', 'doc:2', 'doc:3', 'doc:5', 'doc:ö']);
    expect(cuts).toBe(2);
    // A stream has no limit.
    expect((await ok(on, 'StreamedListObjects', request))['objects']).toHaveLength(5);
    const { headers } = await on.call('ListUsers', {
      store_id: store,
      object: { type: 'doc', id: '1' },
      relation: 'viewer',
      user_filters: [{ type: 'user' }],
    });
    expect(headers).not.toHaveProperty('gatehouse-list-truncated');
  });

  it.each(['%', 'x', 'AAAA====', ''])('are not listed from a position that no list gave: %j', async (after) => {
    const on = as('operator');
    const request = { store_id: await aStore(on), type: 'doc', relation: 'viewer', user: 'user:a' };
    const outcome = await on.call('ListObjects', request, { 'gatehouse-list-after': after });
    if (after === '') expect(outcome.answer).toMatchObject({ objects: ['doc:1'] });
    else expectError(outcome, 'validation_error', 400);
  });
});

describe('paths below /stores that there are none of', () => {
  it.each([
    ['PUT', '/stores', 404, 'unimplemented'],
    ['GET', '/stores/01KAVD3VEBMMS8YXNX7Z6W8T8P/zork', 404, 'undefined_endpoint'],
  ])('%s %s', async (method, path, status, code) => {
    const response = await fetch(`${app.httpOrigin}${path}`, { method });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ code });
  });

  it.each([600_000, 700_000, 2_000_000])('a body of %d bytes and no announced length is measured', async (bytes) => {
    const body = new Blob([' '.repeat(bytes)]).stream();
    const headers = { authorization: `Bearer ${app.keys['operator']}` };
    const init: RequestInit & { duplex: 'half' } = { method: 'POST', body, headers, duplex: 'half' };
    const { status, code, message } = await fetch(`${app.httpOrigin}/stores`, init).then(async (response) => ({
      status: response.status,
      ...((await response.json()) as { code: string; message: string }),
    }));
    if (bytes <= 616_448) expect({ status, code }).toEqual({ status: 400, code: 'validation_error' });
    else {
      expect({ status, code }).toEqual({ status: 500, code: 'resource_exhausted' });
      expect(message).toMatch(/larger than max \(\d+ vs\. 616448\)$/);
    }
  });

  it('a body that is no JSON has the code of OpenFGA', async () => {
    const response = await fetch(`${app.httpOrigin}/stores`, {
      method: 'POST',
      body: '{bad',
      headers: { authorization: `Bearer ${app.keys['operator']}` },
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ code: 'validation_error', message: 'malformed JSON' });
  });
});
