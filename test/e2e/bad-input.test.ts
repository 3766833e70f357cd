import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProviderId } from '../../src/domain/values.ts';
import { SCOPES } from '../../src/ports/document-store.ts';
import { BODY_BYTES_MAX } from '../../src/wire/limits.ts';
import { startApp, TestClock, type TestApp } from '../app.ts';
import { grpcClient, httpClient, type EdgeClient, type Outcome } from '../edge/client.ts';

const START = '2026-03-02T09:00:00Z';
/** Nothing of the house may show: no stack, no file, no driver. */
const INNARDS = /\bat .*\.[jt]s\b|lmdb|node_modules|node:internal/i;
const LOGIN = { user_id: 'fbas001', permission: 'login' };
const TWO_MB = 2 * 1024 * 1024;

const clock = new TestClock(START);
let app: TestApp;
let edges: Readonly<Record<'http' | 'grpc', EdgeClient>>;
let key: string;

beforeAll(async () => {
  app = await startApp({ clock });
  edges = { http: httpClient(app.httpOrigin), grpc: grpcClient(app.grpcAddress) };
  key = app.keys['FINT'] ?? '';
});
afterAll(async () => {
  edges.grpc.close();
  await app.stop();
});

async function expectAlive(): Promise<void> {
  for (const edge of Object.values(edges)) {
    expect(await edge.call('DecisionService', 'Check', LOGIN, key)).toMatchObject({
      ok: true,
      answer: { allowed: true },
    });
  }
}

interface Reply {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
}

interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

function send({ method = 'POST', path = '/v1/check', headers = {}, body }: Sent): Promise<Reply> {
  const authorization = `Bearer ${key}`;
  return new Promise((resolve, reject) => {
    const call = httpRequest(
      `${app.httpOrigin}${path}`,
      {
        method,
        headers: { authorization, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.once('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
      },
    );
    // A body that is refused half-way: the answer counts, not the broken pipe after it.
    call.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'ECONNRESET') reject(error);
    });
    call.end(body);
  });
}

const json = (value: unknown): string => JSON.stringify(value);
const nested = (levels: number): string => '{"a":'.repeat(levels) + '1' + '}'.repeat(levels);
const withContext = (context: string): string => `{"user_id":"fbas001","permission":"login","context":${context}}`;

describe('bad input over HTTP is a problem document with the documented code', () => {
  it.each<[what: string, sent: Sent, httpStatus: number, code: string, field?: string]>([
    ['JSON that breaks off', { body: '{"user_id":' }, 400, 'MALFORMED_JSON'],
    ['no JSON at all', { body: 'user_id=fbas001' }, 400, 'MALFORMED_JSON'],
    ['a text for a body', { body: '"login"' }, 400, 'MALFORMED_JSON'],
    ['a list for a body', { body: '[]' }, 400, 'INVALID_ARGUMENT'],
    ['an empty body', { body: '' }, 400, 'INVALID_ARGUMENT', 'user_id'],
    ['a number for a user id', { body: json({ ...LOGIN, user_id: 1234567 }) }, 400, 'INVALID_ARGUMENT', 'user_id'],
    ['null for a user id', { body: json({ ...LOGIN, user_id: null }) }, 400, 'INVALID_ARGUMENT', 'user_id'],
    [
      'a list for a permission',
      { body: json({ ...LOGIN, permission: ['login'] }) },
      400,
      'INVALID_ARGUMENT',
      'permission',
    ],
    ['a list for a context', { body: json({ ...LOGIN, context: [] }) }, 400, 'INVALID_ARGUMENT', 'context'],
    [
      'an object for a list',
      { path: '/v1/batch-check', body: json({ checks: {} }) },
      400,
      'INVALID_ARGUMENT',
      'checks',
    ],
    [
      'a text for a flag',
      { method: 'PUT', path: '/v1/users/fbas001/active', body: json({ active: 'no' }) },
      400,
      'INVALID_ARGUMENT',
      'active',
    ],
    [
      'half an operation',
      { path: `/v1/sessions/FINT.fbas001.${'a'.repeat(22)}/admit`, body: json({ operation_id: 'o', cost: 1.5 }) },
      400,
      'INVALID_ARGUMENT',
      'cost',
    ],
    ['a page size in words', { method: 'GET', path: '/v1/users?page_size=ten' }, 400, 'INVALID_ARGUMENT', 'page_size'],
    ['a page size of 0', { method: 'GET', path: '/v1/users?page_size=0' }, 400, 'INVALID_ARGUMENT', 'page_size'],
    ['an unknown field', { body: json({ ...LOGIN, colour: 1 }) }, 400, 'UNKNOWN_FIELD', 'colour'],
    [
      'an unknown field below',
      { path: '/v1/explain', body: json({ check: { ...LOGIN, colour: 1 } }) },
      400,
      'UNKNOWN_FIELD',
      'check.colour',
    ],
    [
      'an unknown field in a list',
      { path: '/v1/batch-check', body: json({ checks: [LOGIN, { ...LOGIN, colour: 1 }] }) },
      400,
      'UNKNOWN_FIELD',
      'checks[1].colour',
    ],
    [
      'a field named __proto__',
      { body: '{"user_id":"fbas001","permission":"login","__proto__":{"a":1}}' },
      400,
      'UNKNOWN_FIELD',
      '__proto__',
    ],
    ['an unknown query field', { method: 'GET', path: '/v1/users?colour=red' }, 400, 'UNKNOWN_FIELD', 'colour'],
    [
      'a query where the body belongs',
      { path: '/v1/check?user_id=fbas001', body: json(LOGIN) },
      400,
      'UNKNOWN_FIELD',
      'user_id',
    ],
    [
      'a body that contradicts the path',
      { path: '/v1/users/fbas001/role', body: json({ user_id: 'fbas002', to: 'guest' }) },
      400,
      'INVALID_ARGUMENT',
      'user_id',
    ],
    ['broken UTF-8', { body: Buffer.from('7b22757365725f6964223a22ff6261733030317d', 'hex') }, 400, 'MALFORMED_JSON'],
    [
      'broken UTF-8 within a text',
      {
        body: Buffer.concat([
          Buffer.from('{"user_id":"fbas00'),
          Buffer.from([0xff]),
          Buffer.from('","permission":"login"}'),
        ]),
      },
      400,
      'INVALID_ARGUMENT',
      'user_id',
    ],
    ['broken UTF-8 in a path', { method: 'GET', path: '/v1/users/%ff%fe' }, 400, 'INVALID_ARGUMENT'],
    ['a broken escape in a path', { method: 'GET', path: '/v1/users/%zz' }, 400, 'INVALID_ARGUMENT'],
    ['a context nested 40 deep', { body: withContext(nested(40)) }, 400, 'INVALID_ARGUMENT'],
    ['a context nested 50,000 deep', { body: withContext(nested(50_000)) }, 400, 'INVALID_ARGUMENT'],
    ['2 MB', { body: json({ ...LOGIN, permission: 'x'.repeat(TWO_MB) }) }, 413, 'BODY_TOO_LARGE'],
    [
      '2 MB that come as a few hundred bytes',
      { body: gzipSync(json({ ...LOGIN, permission: 'x'.repeat(TWO_MB) })), headers: { 'content-encoding': 'gzip' } },
      413,
      'BODY_TOO_LARGE',
    ],
    [
      '2 MB in chunks',
      { body: 'x'.repeat(TWO_MB), headers: { 'transfer-encoding': 'chunked' } },
      413,
      'BODY_TOO_LARGE',
    ],
    ['text/plain', { body: json(LOGIN), headers: { 'content-type': 'text/plain' } }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    [
      'a form',
      { body: 'user_id=fbas001', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'another charset',
      { body: json(LOGIN), headers: { 'content-type': 'application/json; charset=latin1' } },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'another compression',
      { body: json(LOGIN), headers: { 'content-encoding': 'zstd' } },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    ['no gzip in gzip', { body: json(LOGIN), headers: { 'content-encoding': 'gzip' } }, 400, 'INVALID_ARGUMENT'],
    ['an unknown path', { method: 'GET', path: '/v1/nothing' }, 404, 'ROUTE_NOT_FOUND'],
    ['a path in capitals', { path: '/V1/Check', body: json(LOGIN) }, 404, 'ROUTE_NOT_FOUND'],
    ['a path that climbs', { method: 'GET', path: '/v1/../../etc/passwd' }, 404, 'ROUTE_NOT_FOUND'],
    ['another method', { method: 'GET', path: '/v1/check' }, 405, 'METHOD_NOT_ALLOWED'],
    ['another method on a path of two', { method: 'PATCH', path: '/v1/users' }, 405, 'METHOD_NOT_ALLOWED'],
    ['Basic without a key', { body: json(LOGIN), headers: { authorization: 'Basic eDp5' } }, 401, 'UNAUTHENTICATED'],
    ['a scheme of its own', { body: json(LOGIN), headers: { authorization: 'Digest x' } }, 401, 'UNAUTHENTICATED'],
    ['2 MB without a key', { body: 'x'.repeat(TWO_MB), headers: { authorization: '' } }, 401, 'UNAUTHENTICATED'],
  ])('%s', async (_what, sent, httpStatus, code, field) => {
    const reply = await send(sent);
    expect(reply.text).not.toMatch(INNARDS);
    expect(reply.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    const problem = JSON.parse(reply.text) as Record<string, unknown>;
    expect({ status: reply.status, problem }).toMatchObject({
      status: httpStatus,
      problem: { status: httpStatus, code, ...(field !== undefined && { field }) },
    });
    await expectAlive();
  });

  it('an unknown method names those that there are', async () => {
    expect(
      (await send({ method: 'PATCH', path: '/v1/users' })).headers['allow']?.toString().split(', ').sort(),
    ).toEqual(['GET', 'POST']);
  });

  it.each([
    [
      'headers of 100 KB',
      `GET /v1/users HTTP/1.1\r\nhost: x\r\nx-large: ${'x'.repeat(100_000)}\r\n\r\n`,
      /^HTTP\/1\.1 431 /,
    ],
    [
      'a body of two lengths',
      'POST /v1/check HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx',
      /^HTTP\/1\.1 400 /,
    ],
    ['no HTTP', 'HELO gatehouse\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['bytes', '\u0000\u0001\u0002\u0003\r\n\r\n', /^HTTP\/1\.1 400 /],
  ])('%s end the connection with a status and nothing of the house', async (_what, text, status_) => {
    const answer = await raw(app.httpOrigin, text);
    expect(answer).toMatch(status_);
    expect(answer).not.toMatch(INNARDS);
    await expectAlive();
  });
});

function raw(origin: string, text: string): Promise<string> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(Number(port), hostname, () => socket.write(text));
    socket.setEncoding('utf8').on('data', (part: string) => (answer += part));
    socket.once('error', () => undefined);
    socket.once('close', () => resolve(answer));
  });
}

/** One field of type bytes, text or message. */
function field(number: number, content: Buffer | string): Buffer {
  const bytes = Buffer.from(content as string);
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 127) | 128);
  }
}

const USER = field(1, 'fbas001');
const CHECK = Buffer.concat([USER, field(2, 'login')]);
const STRUCT_LEVELS = 20_000;

/** google.protobuf.Struct within Struct, made from the inside out. */
function deepStruct(): Buffer {
  const parts: Buffer[] = [];
  let length = 0;
  const wrap = (number: number, more: Buffer = Buffer.alloc(0)): void => {
    const head = Buffer.concat([more, varint((number << 3) | 2), varint(length)]);
    parts.push(head);
    length += head.length;
  };
  for (let level = 0; level < STRUCT_LEVELS; level += 1) {
    wrap(5);
    wrap(2, field(1, 'a'));
    wrap(1);
  }
  return Buffer.concat(parts.reverse());
}

function call(
  path: string,
  bytes: Buffer,
  metadata: Readonly<Record<string, string>> = {},
): Promise<ServiceError | Buffer> {
  const client = new Client(app.grpcAddress, credentials.createInsecure(), { 'grpc.max_send_message_length': -1 });
  const sent = new Metadata();
  for (const [name, value] of Object.entries({ authorization: `Bearer ${key}`, ...metadata })) sent.set(name, value);
  const same = (given: Buffer): Buffer => given;
  return new Promise((resolve) => {
    client.makeUnaryRequest(path, same, same, bytes, sent, (error, answer) => {
      client.close();
      resolve(error ?? answer ?? Buffer.alloc(0));
    });
  });
}

describe('bad input over gRPC is a status with the documented code', () => {
  const CHECK_PATH = '/gatehouse.v1.DecisionService/Check';

  it('unknown fields are ignored', async () => {
    const answer = await call(
      CHECK_PATH,
      Buffer.concat([CHECK, field(500, 'unknown'), field(15, CHECK), varint((77 << 3) | 0), varint(5)]),
    );
    expect(answer).toEqual(await call(CHECK_PATH, CHECK));
    expect(answer).toBeInstanceOf(Buffer);
  });

  it.each<[what: string, path: string, bytes: () => Buffer, code: status, metadata?: Record<string, string>]>([
    ['an empty message', CHECK_PATH, () => Buffer.alloc(0), status.INVALID_ARGUMENT],
    ['bytes that are no message', CHECK_PATH, () => Buffer.from([0xff, 0xff, 0xff]), status.INVALID_ARGUMENT],
    ['a message that breaks off', CHECK_PATH, () => CHECK.subarray(0, CHECK.length - 2), status.INVALID_ARGUMENT],
    [
      'a number where a text belongs',
      CHECK_PATH,
      () => Buffer.concat([Buffer.from([0x08, 0x7f]), field(2, 'login')]),
      status.INVALID_ARGUMENT,
    ],
    [
      'broken UTF-8',
      CHECK_PATH,
      () => Buffer.concat([field(1, Buffer.from([0xff, 0xfe, 0x61, 0x61, 0x61, 0x61, 0x61])), field(2, 'login')]),
      status.INVALID_ARGUMENT,
    ],
    [
      'a struct nested 20,000 deep',
      CHECK_PATH,
      () => Buffer.concat([CHECK, field(7, deepStruct())]),
      status.INVALID_ARGUMENT,
    ],
    ['2 MB', CHECK_PATH, () => Buffer.concat([USER, field(2, 'x'.repeat(TWO_MB))]), status.RESOURCE_EXHAUSTED],
    ['an unknown method', '/gatehouse.v1.DecisionService/Guess', () => CHECK, status.UNIMPLEMENTED],
    ['an unknown service', '/gatehouse.v1.Nothing/Check', () => CHECK, status.UNIMPLEMENTED],
    ['a service of another version', '/gatehouse.v2.DecisionService/Check', () => CHECK, status.UNIMPLEMENTED],
    ['no key', CHECK_PATH, () => CHECK, status.UNAUTHENTICATED, { authorization: '' }],
    ['a key of another scheme', CHECK_PATH, () => CHECK, status.UNAUTHENTICATED, { authorization: 'Basic eDp5' }],
    [
      'no key and no message',
      CHECK_PATH,
      () => Buffer.from([0xff]),
      status.UNAUTHENTICATED,
      { authorization: 'Bearer x' },
    ],
  ])('%s', async (_what, path, bytes, code, metadata) => {
    const error = await call(path, bytes(), metadata);
    expect(error).toBeInstanceOf(Error);
    const { code: met, details, metadata: trailers } = error as ServiceError;
    expect({ code: met, details }).toMatchObject({ code });
    expect(details + JSON.stringify(trailers.getMap())).not.toMatch(INNARDS);
    await expectAlive();
  });

  it('metadata of 100 KB fails the call and nothing else', async () => {
    const error = await call(CHECK_PATH, CHECK, { 'x-large': 'x'.repeat(100_000) });
    expect(error).toBeInstanceOf(Error);
    expect((error as ServiceError).details).not.toMatch(INNARDS);
    await expectAlive();
  });

  it('HTTP/1.1 on the address of gRPC ends the connection', async () => {
    expect(await raw(`http://${app.grpcAddress}`, 'GET /v1/users HTTP/1.1\r\nhost: x\r\n\r\n')).not.toMatch(INNARDS);
    await expectAlive();
  });
});

const TUPLE = { user: 'user:fbas001', relation: 'viewer', object: 'document:a' };
const tuples = (count: number) => Array.from({ length: count }, (_, n) => ({ ...TUPLE, object: `document:${n}` }));
const checks = (count: number) => Array.from({ length: count }, () => LOGIN);
const facts = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`fact${n}`, n]));
const deep = (levels: number): Record<string, unknown> =>
  Array.from({ length: levels - 1 }).reduce<Record<string, unknown>>((inner) => ({ a: inner }), { a: 1 });
const IS_VIEWER = { user_id: 'fbas001', relation: 'viewer', object: 'document:a' };
const CASES: readonly [what: string, method: string, request: Record<string, unknown>, field?: string][] = [
  ['50 checks', 'DecisionService.BatchCheck', { checks: checks(50) }],
  ['51 checks', 'DecisionService.BatchCheck', { checks: checks(51) }, 'checks'],
  ['64 facts', 'DecisionService.Check', { ...LOGIN, context: facts(64) }],
  ['65 facts', 'DecisionService.Check', { ...LOGIN, context: facts(65) }, 'context'],
  ['a context of 30 levels', 'DecisionService.Check', { ...LOGIN, context: deep(30) }],
  ['100 contextual relationships', 'DecisionService.Check', { ...IS_VIEWER, contextual_tuples: tuples(100) }],
  [
    '101 contextual relationships',
    'DecisionService.Check',
    { ...IS_VIEWER, contextual_tuples: tuples(101) },
    'contextual_tuples',
  ],
  ['100 relationships to write', 'RelationshipService.WriteRelationships', { writes: tuples(100) }],
  ['101 relationships to write', 'RelationshipService.WriteRelationships', { writes: tuples(101) }, 'writes'],
  ['101 relationships to delete', 'RelationshipService.WriteRelationships', { deletes: tuples(101) }, 'deletes'],
  [
    '60 to write and 41 to delete',
    'RelationshipService.WriteRelationships',
    { writes: tuples(60), deletes: tuples(101).slice(60) },
    'writes',
  ],
  ['a page token of 8,193 characters', 'DirectoryService.ListUsers', { page_token: 'x'.repeat(8193) }, 'page_token'],
];

describe.each(['http', 'grpc'] as const)('bounds over %s', (name) => {
  it.each(CASES)('%s', async (_what, method, request, wrong) => {
    const outcome = await edges[name].call(...(method.split('.') as [string, string]), request, key);
    if (wrong === undefined) expect(outcome).toMatchObject({ ok: true });
    else expect(outcome).toMatchObject({ ok: false, code: 'INVALID_ARGUMENT', field: wrong });
  });

  it(`a policy of more than ${BODY_BYTES_MAX} bytes is too large`, async () => {
    const outcome = await edges[name].call('PolicyService', 'ValidatePolicy', { text: '#'.repeat(TWO_MB) }, key);
    expect(outcome).toMatchObject({ ok: false, ...(name === 'http' ? { http: 413 } : { grpc: 'RESOURCE_EXHAUSTED' }) });
    await expectAlive();
  });
});

describe.each(['http', 'grpc'] as const)('keys over %s', (name) => {
  const ask = (token: string): Promise<Outcome> => edges[name].call('DecisionService', 'Check', LOGIN, token);
  const unknown = {
    ok: false,
    code: 'UNAUTHENTICATED',
    message: 'a valid API key is needed',
    ...(name === 'http' ? { http: 401 } : { grpc: 'UNAUTHENTICATED' }),
  };
  const create = (expiresAt?: number) =>
    app.app.services.keys.create(
      { providerId: 'FINT' as ProviderId, scopes: SCOPES, label: name, expiresAt },
      { kind: 'system', id: 'test' },
    );

  it('an expired key is no key, from its last millisecond on', async () => {
    clock.set(Date.parse(START));
    const { token } = await create(clock.now() + 1000);
    clock.set(clock.now() + 999);
    expect(await ask(token)).toMatchObject({ ok: true });
    clock.set(clock.now() + 1);
    expect(await ask(token)).toMatchObject(unknown);
  });

  it('a revoked key is no key at once', async () => {
    const { token, keyId } = await create();
    expect(await ask(token)).toMatchObject({ ok: true });
    await app.app.services.keys.revoke(keyId, { kind: 'system', id: 'test' });
    expect(await ask(token)).toMatchObject(unknown);
  });

  it("another partner's key finds nobody", async () => {
    expect(await ask(app.keys['MDIA'] ?? '')).toMatchObject({
      ok: true,
      answer: { allowed: false, reason: 'USER_NOT_FOUND' },
    });
    expect(
      await edges[name].call('DirectoryService', 'GetUser', { user_id: 'fbas001' }, app.keys['MDIA']),
    ).toMatchObject({
      ok: false,
      code: 'USER_NOT_FOUND',
    });
  });
});
