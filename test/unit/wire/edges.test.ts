import { status as grpcStatus } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BODY_BYTES_MAX } from '../../../src/wire/limits.ts';
import { NESTING_MAX } from '../../../src/wire/request-check.ts';
import { BARE_KEY, BARE_OPERATOR_KEY, GOOD_KEY, OPERATOR_KEY, startFixture, type EdgeFixture } from './edge-fixture.ts';

let edge: EdgeFixture;
beforeAll(async () => {
  edge = await startFixture();
  edge.release();
});
afterAll(() => edge.close());

const user_id = 'abcdefg';
const post = (body: unknown, init: RequestInit & { key?: string } = {}) =>
  edge.http('/v1/check', { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body), ...init });

describe('a good call', () => {
  it('answers alike over both edges', async () => {
    const request = { user_id, permission: 'yes' };
    const overHttp = await post(request);
    const overGrpc = await edge.rpc('DecisionService/Check', request);
    expect(overHttp).toMatchObject({ status: 200, body: { allowed: true, reason: 'ALLOWED', policy_version: 1 } });
    expect(overGrpc).toMatchObject({
      code: grpcStatus.OK,
      response: { allowed: true, reason: 'ALLOWED', policy_version: 1 },
    });
  });

  it('shows a denial as a normal answer, `allowed: false` spelled out in JSON', async () => {
    expect(await post({ user_id })).toMatchObject({ status: 200, body: { allowed: false, reason: 'NO_GRANT' } });
    expect(await edge.rpc('DecisionService/Check', { user_id })).toMatchObject({
      code: grpcStatus.OK,
      response: { reason: 'NO_GRANT' },
    });
  });

  it('gives the operation one and the same request over both edges', async () => {
    edge.seen.length = 0;
    await post({ user_id, context: { ip: '10.0.0.1', n: [1, null] } });
    const context = {
      fields: { ip: { stringValue: '10.0.0.1' }, n: { listValue: { values: [{ numberValue: 1 }, { nullValue: 0 }] } } },
    };
    await edge.rpc('DecisionService/Check', { user_id, context });
    expect(JSON.stringify(edge.seen[1])).toBe(JSON.stringify(edge.seen[0]));
    expect(edge.seen[0]).toEqual({ user_id, context: { ip: '10.0.0.1', n: [1, null] } });
  });

  it('carries times in the form of each edge', async () => {
    expect((await edge.http('/v1/sessions/s.1')).body).toEqual({
      session: { session_id: 's.1', state: 'open', opened_at: '2026-01-01T00:00:00.000Z' },
    });
    expect((await edge.rpc('SessionService/Get', { session_id: 's.1' })).response).toEqual({
      session: { session_id: 's.1', state: 'open', opened_at: { seconds: 1_767_225_600, nanos: 0 } },
    });
  });

  it('answers with the status of the table', async () => {
    const created = await edge.http('/v1/users', { method: 'POST', body: '{}', key: OPERATOR_KEY });
    expect(created).toMatchObject({ status: 201, body: { consistency_token: 't' } });
    expect(created.headers.get('x-powered-by')).toBeNull();
  });

  it('reads query and path by the types of the schema', async () => {
    edge.seen.length = 0;
    await edge.http('/v1/users?page_size=20&page_token=7');
    await edge.http(`/v1/users/${user_id}/role`, { method: 'PUT', body: '{"to":"basic"}' });
    expect(edge.seen).toEqual([
      { page_size: 20, page_token: '7' },
      { user_id, to: 'basic' },
    ]);
  });
});

describe('an answer that tells of quotas', () => {
  const FIELDS = { 'ratelimit-policy': '"day";q=5;w=86400', ratelimit: '"day";r=0;t=60', 'retry-after': '60' };

  it('carries them as response fields, and a refusal by quota stays a normal answer', async () => {
    const { status, headers, body } = await post({ user_id, permission: 'spent' });
    expect(status).toBe(200);
    expect(body).toMatchObject({ allowed: false, reason: 'QUOTA_DAILY' });
    expect(Object.fromEntries(headers)).toMatchObject(FIELDS);
    expect(headers.get('preference-applied')).toBeNull();
  });

  it('is a problem of status 429 for a caller that prefers that', async () => {
    const { status, headers, body } = await post(
      { user_id, permission: 'spent' },
      { headers: { prefer: 'quota-exceeded=429' } },
    );
    expect(status).toBe(429);
    expect(Object.fromEntries(headers)).toMatchObject({
      ...FIELDS,
      'preference-applied': 'quota-exceeded=429',
      'content-type': 'application/problem+json; charset=utf-8',
    });
    expect(body).toMatchObject({ code: 'QUOTA_DAILY', 'violated-policies': ['day'] });
  });

  it('keeps any other answer as it is, preferred or not', async () => {
    for (const permission of ['yes', 'no']) {
      const { status, headers } = await post({ user_id, permission }, { headers: { prefer: 'quota-exceeded=429' } });
      expect(status).toBe(200);
      expect(headers.get('ratelimit')).toBeNull();
      expect(headers.get('preference-applied')).toBeNull();
    }
  });
});

const deep = `{"user_id":"${user_id}","context":${'{"a":'.repeat(NESTING_MAX)}1${'}'.repeat(NESTING_MAX)}}`;

describe('bad input over HTTP', () => {
  it.each<[string, string, RequestInit & { key?: string }, number, object]>([
    ['malformed JSON', '/v1/check', { method: 'POST', body: '{"user_id":' }, 400, { code: 'MALFORMED_JSON' }],
    ['JSON that is no object', '/v1/check', { method: 'POST', body: '"x"' }, 400, { code: 'MALFORMED_JSON' }],
    ['a list', '/v1/check', { method: 'POST', body: '[]' }, 400, { code: 'INVALID_ARGUMENT', rule: 'must be object' }],
    ['no body', '/v1/check', { method: 'POST' }, 400, { code: 'INVALID_ARGUMENT', field: 'user_id', rule: 'required' }],
    [
      'a wrong type',
      '/v1/check',
      { method: 'POST', body: '{"user_id":1}' },
      400,
      { code: 'INVALID_ARGUMENT', field: 'user_id', rule: 'must be string' },
    ],
    [
      'an id of wrong length',
      '/v1/check',
      { method: 'POST', body: '{"user_id":"abc"}' },
      400,
      { code: 'INVALID_ARGUMENT', field: 'user_id' },
    ],
    [
      'an unknown field',
      '/v1/check',
      { method: 'POST', body: `{"user_id":"${user_id}","x":1}` },
      400,
      { code: 'UNKNOWN_FIELD', field: 'x' },
    ],
    [
      'too much nesting',
      '/v1/check',
      { method: 'POST', body: deep },
      400,
      { code: 'INVALID_ARGUMENT', rule: `nested at most ${NESTING_MAX} levels` },
    ],
    [
      'a 2 MB body',
      '/v1/check',
      { method: 'POST', body: `{"user_id":"${'x'.repeat(2_000_000)}"}` },
      413,
      { code: 'BODY_TOO_LARGE' },
    ],
    [
      'another content type',
      '/v1/check',
      { method: 'POST', body: '{}', headers: { 'content-type': 'text/plain' } },
      415,
      { code: 'UNSUPPORTED_MEDIA_TYPE' },
    ],
    [
      'another charset',
      '/v1/check',
      { method: 'POST', body: '{}', headers: { 'content-type': 'application/json; charset=x' } },
      415,
      { code: 'UNSUPPORTED_MEDIA_TYPE' },
    ],
    [
      'a broken compression',
      '/v1/check',
      { method: 'POST', body: 'x', headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' } },
      400,
      { code: 'INVALID_ARGUMENT' },
    ],
    ['an unknown query field', '/v1/users?x=1', {}, 400, { code: 'UNKNOWN_FIELD', field: 'x' }],
    ['a prototype as query field', '/v1/users?__proto__=1', {}, 400, { code: 'UNKNOWN_FIELD', field: '__proto__' }],
    [
      'a query value of wrong type',
      '/v1/users?page_size=many',
      {},
      400,
      { code: 'INVALID_ARGUMENT', field: 'page_size', rule: 'must be integer' },
    ],
    [
      'a query field twice',
      '/v1/users?page_token=a&page_token=b',
      {},
      400,
      { code: 'INVALID_ARGUMENT', field: 'page_token' },
    ],
    [
      'a query where the body belongs',
      `/v1/check?user_id=${user_id}`,
      { method: 'POST' },
      400,
      { code: 'UNKNOWN_FIELD', field: 'user_id' },
    ],
    [
      'a path that the body contradicts',
      '/v1/users/abcdefg/role',
      { method: 'PUT', body: '{"user_id":"gfedcba"}' },
      400,
      { code: 'INVALID_ARGUMENT', field: 'user_id' },
    ],
    ['a path that is not percent-encoded', '/v1/sessions/%E0%A4%A', {}, 400, { code: 'INVALID_ARGUMENT' }],
    ['an unknown path', '/v2/check', {}, 404, { code: 'ROUTE_NOT_FOUND' }],
    ['another method', '/v1/check', {}, 405, { code: 'METHOD_NOT_ALLOWED' }],
    [
      'no credential',
      '/v1/check',
      { method: 'POST', body: '{}', key: '' },
      401,
      { code: 'UNAUTHENTICATED', field: 'authorization' },
    ],
    [
      'a wrong credential',
      '/v1/check',
      { method: 'POST', body: '{}', key: 'ghk_wrong' },
      401,
      { code: 'UNAUTHENTICATED' },
    ],
    [
      'a credential of another scheme',
      '/v1/check',
      { method: 'POST', body: '{}', headers: { authorization: `Digest ${GOOD_KEY}` } },
      401,
      { code: 'UNAUTHENTICATED' },
    ],
    [
      'a 2 MB body without credential',
      '/v1/check',
      { method: 'POST', body: 'x'.repeat(2_000_000), key: '' },
      401,
      { code: 'UNAUTHENTICATED' },
    ],
    [
      'a missing scope',
      '/v1/check',
      { method: 'POST', body: '{}', key: BARE_KEY },
      403,
      { code: 'SCOPE_MISSING', rule: 'scope check' },
    ],
    ['a call for operators', '/v1/users', { method: 'POST', body: '{}' }, 403, { code: 'SCOPE_MISSING' }],
    [
      'an operator without the scope',
      '/v1/users',
      { method: 'POST', body: '{}', key: BARE_OPERATOR_KEY },
      403,
      { code: 'SCOPE_MISSING', rule: 'scope directory' },
    ],
  ])('%s gets its code, and the server stays up', async (_case, path, init, status, problem) => {
    const answer = await edge.http(path, init);
    expect(answer.body).toMatchObject({ ...problem, status });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(answer.text).not.toMatch(/node_modules|\bat \/|SyntaxError|Unexpected token/);
    expect((await post({ user_id, permission: 'yes' })).status).toBe(200);
  });

  it('names the methods of a path', async () => {
    expect((await edge.http('/v1/users', { method: 'DELETE' })).headers.get('allow')).toBe('GET, POST');
  });

  it('tells how to authenticate', async () => {
    expect((await post('{}', { key: '' })).headers.get('www-authenticate')).toContain('Bearer');
  });

  it('takes Basic with the key as password', async () => {
    const authorization = `Basic ${Buffer.from(`anyone:${GOOD_KEY}`).toString('base64')}`;
    expect((await post({ user_id }, { headers: { authorization } })).status).toBe(200);
  });

  it('refuses a body past the limit that names no length, without an end to wait for', async () => {
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 65_536;
        controller.enqueue(new Uint8Array(65_536).fill(0x20));
        if (sent > 2 * BODY_BYTES_MAX) controller.close();
      },
    });
    const answer = await edge.http('/v1/check', {
      method: 'POST',
      body,
      duplex: 'half',
      headers: { 'content-type': 'application/json' },
    });
    expect(answer).toMatchObject({ status: 413, body: { code: 'BODY_TOO_LARGE' } });
  });
});

describe('bad input over gRPC', () => {
  it.each<[string, object, string | undefined, grpcStatus, string, Record<string, string>]>([
    [
      'a missing field',
      {},
      GOOD_KEY,
      grpcStatus.INVALID_ARGUMENT,
      'INVALID_ARGUMENT',
      { field: 'user_id', rule: 'required' },
    ],
    [
      'an id of wrong length',
      { user_id: 'abc' },
      GOOD_KEY,
      grpcStatus.INVALID_ARGUMENT,
      'INVALID_ARGUMENT',
      { field: 'user_id' },
    ],
    [
      'a field that the call does not take',
      { user_id, feature: 'x' },
      GOOD_KEY,
      grpcStatus.INVALID_ARGUMENT,
      'UNKNOWN_FIELD',
      { field: 'feature' },
    ],
    ['no credential', { user_id }, '', grpcStatus.UNAUTHENTICATED, 'UNAUTHENTICATED', { field: 'authorization' }],
    ['a wrong credential', { user_id }, 'ghk_wrong', grpcStatus.UNAUTHENTICATED, 'UNAUTHENTICATED', {}],
    ['a missing scope', { user_id }, BARE_KEY, grpcStatus.PERMISSION_DENIED, 'SCOPE_MISSING', { rule: 'scope check' }],
  ])('%s gets its status and reason', async (_case, request, key, code, reason, facts) => {
    const answer = await edge.rpc('DecisionService/Check', request, key);
    expect(answer).toMatchObject({ code, reason, facts });
  });

  it('says that bytes are no message, and no more', async () => {
    const answer = await edge.raw('DecisionService/Check', Buffer.from([0x0a, 0xff, 0xff]));
    expect(answer).toMatchObject({ code: grpcStatus.INVALID_ARGUMENT, reason: 'INVALID_ARGUMENT' });
    expect(answer.details).not.toMatch(/range|wire type|offset/);
  });

  it('looks at the credential before the bytes', async () => {
    expect((await edge.raw('DecisionService/Check', Buffer.from([0xff]), '')).code).toBe(grpcStatus.UNAUTHENTICATED);
  });

  it('ignores unknown fields of the proto', async () => {
    const known = Buffer.from([0x0a, 0x07, ...Buffer.from(user_id)]);
    const unknown = Buffer.from([0xfa, 0x3f, 0x02, 0x68, 0x69]);
    expect((await edge.raw('DecisionService/Check', Buffer.concat([known, unknown]))).code).toBe(grpcStatus.OK);
  });

  it('refuses a 2 MB message', async () => {
    const answer = await edge.rpc('DecisionService/Check', { user_id, permission: 'x'.repeat(2_000_000) });
    expect(answer.code).toBe(grpcStatus.RESOURCE_EXHAUSTED);
    expect((await edge.rpc('DecisionService/Check', { user_id })).code).toBe(grpcStatus.OK);
  });

  it('knows no method beyond the table', async () => {
    expect((await edge.rpc('PlanService/ListPlans', {})).code).toBe(grpcStatus.UNIMPLEMENTED);
    expect((await edge.rpc('DecisionService/Explain', {})).code).toBe(grpcStatus.UNIMPLEMENTED);
  });

  it('gives a call whose deadline has passed no answer but that', async () => {
    const answer = await edge.rpc('DecisionService/Check', { user_id }, GOOD_KEY, { deadline: Date.now() - 1 });
    expect(answer.code).toBe(grpcStatus.DEADLINE_EXCEEDED);
  });
});

describe('what an operation throws', () => {
  it.each([
    ['fault', 404, grpcStatus.NOT_FOUND, 'USER_NOT_FOUND'],
    ['fault-later', 409, grpcStatus.ABORTED, 'CONFLICT'],
    ['lost', 503, grpcStatus.UNAVAILABLE, 'UNAVAILABLE'],
    ['refused', 409, grpcStatus.FAILED_PRECONDITION, 'ALREADY_SUBSCRIBED'],
    ['limited', 429, grpcStatus.RESOURCE_EXHAUSTED, 'RATE_LIMITED'],
    ['crash', 500, grpcStatus.INTERNAL, 'INTERNAL'],
    ['crash-later', 500, grpcStatus.INTERNAL, 'INTERNAL'],
  ])('%s has its code over both edges and leaks nothing', async (permission, status, code, reason) => {
    const overHttp = await post({ user_id, permission });
    const overGrpc = await edge.rpc('DecisionService/Check', { user_id, permission });
    expect(overHttp.body).toMatchObject({ status, code: reason });
    expect(overHttp.status).toBe(status);
    expect(overGrpc).toMatchObject({ code, reason });
    expect(overHttp.text + JSON.stringify(overGrpc)).not.toMatch(/secret-driver-text|TypeError|\.ts:/);
  });

  it('tells the rule, the state and what is possible of a refusal (B-11)', async () => {
    expect((await post({ user_id, permission: 'refused' })).body).toMatchObject({
      rule: 'B-8',
      state: 'sub_status=signed',
      possible: ['cancel', 'switch'],
    });
    expect((await edge.rpc('DecisionService/Check', { user_id, permission: 'refused' })).facts).toEqual({
      rule: 'B-8',
      state: 'sub_status=signed',
      possible: 'cancel,switch',
    });
  });

  it('has the unexpected error in the log under the id that the caller got', async () => {
    const overHttp = (await post({ user_id, permission: 'crash' })).body as { request_id: string };
    const overGrpc = await edge.rpc('DecisionService/Check', { user_id, permission: 'crash' });
    for (const requestId of [overHttp.request_id, overGrpc.facts?.['request_id']]) {
      const line = edge.logged.find(({ fields }) => fields?.['requestId'] === requestId);
      expect(line).toMatchObject({
        level: 'error',
        fields: { method: 'DecisionService/Check', error: expect.any(TypeError) as unknown },
      });
    }
  });

  it('says of the rate of a partner what it is and when to come again, with the problem type for it (P-4)', async () => {
    const { headers, body } = await post({ user_id, permission: 'limited' });
    expect(Object.fromEntries(headers)).toMatchObject({
      'retry-after': '1',
      'ratelimit-policy': '"requests";q=50;w=1',
      ratelimit: '"requests";r=0;t=1',
    });
    expect(body).toMatchObject({
      type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
      status: 429,
      code: 'RATE_LIMITED',
      'violated-policies': ['requests'],
    });
    const overGrpc = await edge.rpc('DecisionService/Check', { user_id, permission: 'limited' });
    expect(overGrpc.facts).toMatchObject({ retry_after_ms: '20' });
  });

  it('writes no line a call unless asked to', () => {
    expect(edge.logged.filter(({ level }) => level === 'debug')).toEqual([]);
  });
});
