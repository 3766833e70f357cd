import { fileURLToPath } from 'node:url';
import * as grpc from '@grpc/grpc-js';
import { Fault, refused } from '../../../src/domain/errors.ts';
import type { Log, LogFields } from '../../../src/ports/log.ts';
import type { Authenticate } from '../../../src/services/authenticate.ts';
import type { Caller } from '../../../src/services/caller.ts';
import type { Services } from '../../../src/services/services.ts';
import { formatAddress, parseAddress, type Address } from '../../../src/wire/address.ts';
import { startEdges, type Edges, type EdgesParts } from '../../../src/wire/edges.ts';
import { loadProtoPackage, type ProtoPackage } from '../../../src/wire/grpc/proto-package.ts';
import type { Operation } from '../../../src/wire/operation.ts';
import type { QuotaFacts } from '../../../src/wire/quota-facts.ts';

const protosDir = fileURLToPath(new URL('../../../proto', import.meta.url));
const proto: ProtoPackage = loadProtoPackage(protosDir);

export const GOOD_KEY = 'ghk_good';
/** A key of the partner without any scope. */
export const BARE_KEY = 'ghk_bare';
export const OPERATOR_KEY = 'ghk_operator';
/** A key of the platform without any scope. */
export const BARE_OPERATOR_KEY = 'ghk_bare_operator';

const CALLERS: Readonly<Record<string, Caller>> = {
  [GOOD_KEY]: { keyId: 'good', providerId: 'acme' as never, scopes: new Set(['check', 'admit', 'directory']) },
  [BARE_KEY]: { keyId: 'bare', providerId: 'acme' as never, scopes: new Set() },
  [OPERATOR_KEY]: { keyId: 'operator', providerId: undefined, scopes: new Set(['check', 'directory']) },
  [BARE_OPERATOR_KEY]: { keyId: 'bareop', providerId: undefined, scopes: new Set() },
};

const authenticate: Authenticate = (token) => {
  const caller = CALLERS[token ?? ''];
  if (!caller) throw new Fault('UNAUTHENTICATED', 'a valid API key is needed', { field: 'authorization' });
  return caller;
};

const USER = { type: 'string', pattern: '^[A-Za-z0-9]{7}$' };

/** What `Check` does, by permission: the ways in which an operation can end. */
const ENDINGS: Readonly<Record<string, () => unknown>> = {
  fault: () => {
    throw new Fault('USER_NOT_FOUND', 'no such user');
  },
  lost: () => {
    throw new Fault('UNAVAILABLE', 'the store is away', { cause: new Error('ECONNRESET secret-driver-text') });
  },
  refused: () => {
    throw refused({
      code: 'ALREADY_SUBSCRIBED',
      rule: 'B-8',
      message: 'holds one',
      state: 'sub_status=signed',
      possible: ['cancel', 'switch'],
    });
  },
  crash: () => {
    throw new TypeError('secret-driver-text at row 7');
  },
  'crash-later': () => Promise.reject(new TypeError('secret-driver-text at row 7')),
  'fault-later': () => Promise.reject(new Fault('CONFLICT', 'somebody was first')),
  limited: () => {
    const pace = { requests: 50, windowMs: 1000, retryAfterMs: 20 };
    throw new Fault('RATE_LIMITED', 'too many', { rule: 'P-4', pace });
  },
};

/** What the answer to `spent` says of quotas. */
const SPENT: QuotaFacts = {
  policies: [{ name: 'day', quota: 5, windowS: 86_400, remaining: 0, resetS: 60 }],
  refusal: { code: 'QUOTA_DAILY', rule: 'S-2', message: 'used up', violated: ['day'], retryAfterS: 60 },
};

/** Operations of the real protos that need no service behind them. `seen` gets each request as the operation sees it. */
export function fakeOperations(seen: unknown[], gate: Promise<void>): readonly Operation[] {
  return [
    {
      service: 'DecisionService',
      method: 'Check',
      http: { method: 'POST', path: '/v1/check' },
      scope: 'check',
      request: {
        type: 'object',
        additionalProperties: false,
        required: ['user_id'],
        properties: { user_id: USER, permission: { type: 'string' }, context: { type: 'object' } },
      },
      call(_services, _caller, request: { permission?: string }) {
        seen.push(request);
        const ending = ENDINGS[request.permission ?? ''];
        if (ending) return ending();
        return {
          allowed: request.permission === 'yes',
          reason:
            request.permission === 'yes' ? 'ALLOWED' : request.permission === 'spent' ? 'QUOTA_DAILY' : 'NO_GRANT',
          policy_version: 1,
        };
      },
      quotaFacts: ({ reason }: { reason: string }) => (reason === 'QUOTA_DAILY' ? SPENT : undefined),
    },
    {
      service: 'SessionService',
      method: 'Get',
      http: { method: 'GET', path: '/v1/sessions/{session_id}' },
      scope: 'admit',
      request: {
        type: 'object',
        additionalProperties: false,
        required: ['session_id'],
        properties: { session_id: { type: 'string' }, provider_id: { type: 'string' } },
      },
      async call(_services, _caller, request: { session_id: string }) {
        seen.push(request);
        await gate;
        return { session: { session_id: request.session_id, state: 'open', opened_at: '2026-01-01T00:00:00.000Z' } };
      },
    },
    {
      service: 'DirectoryService',
      method: 'ListUsers',
      http: { method: 'GET', path: '/v1/users' },
      scope: 'directory',
      request: {
        type: 'object',
        additionalProperties: false,
        properties: { page_size: { type: 'integer', minimum: 1 }, page_token: { type: 'string' } },
      },
      call(_services, _caller, request) {
        seen.push(request);
        return { users: [], next_page_token: '' };
      },
    },
    {
      service: 'DirectoryService',
      method: 'CreateUser',
      http: { method: 'POST', path: '/v1/users', status: 201 },
      scope: 'directory',
      operatorsOnly: true,
      request: { type: 'object', additionalProperties: false, properties: { user_id: USER } },
      call: () => ({ consistency_token: 't' }),
    },
    {
      service: 'DirectoryService',
      method: 'ChangeRole',
      http: { method: 'PUT', path: '/v1/users/{user_id}/role' },
      scope: 'directory',
      request: { type: 'object', additionalProperties: false, properties: { user_id: USER, to: { type: 'string' } } },
      call(_services, _caller, request) {
        seen.push(request);
        return { consistency_token: 't' };
      },
    },
  ];
}

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields | undefined;
}

export interface EdgeFixture {
  readonly edges: Edges;
  readonly seen: unknown[];
  readonly logged: LogLine[];
  readonly url: string;
  /** Calls a unary method over gRPC with the loader's plain objects. */
  rpc(method: string, request: object, key?: string, options?: grpc.CallOptions): Promise<Answered>;
  raw(method: string, bytes: Buffer, key?: string): Promise<Answered>;
  http(
    path: string,
    init?: RequestInit & { key?: string },
  ): Promise<{ status: number; headers: Headers; body: unknown; text: string }>;
  /** Lets operations that wait go on. */
  release(): void;
  close(): Promise<void>;
}

export interface Answered {
  readonly code: grpc.status;
  readonly details: string;
  readonly response: Record<string, unknown> | undefined;
  /** Of the ErrorInfo in grpc-status-details-bin. */
  readonly reason: string | undefined;
  readonly facts: Record<string, string> | undefined;
}

/** Real servers on free ports of the loopback, or on the addresses given. */
export async function startFixture(
  overrides: Partial<EdgesParts['config']> & { level?: 'debug' } = {},
): Promise<EdgeFixture> {
  const seen: unknown[] = [];
  const logged: LogLine[] = [];
  const free = parseAddress('127.0.0.1:0') as Address;
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => (release = resolve));
  const edges = await startEdges({
    services: {} as Services,
    authenticate,
    config: { httpAddr: free, grpcAddr: free, adminAddr: free, protosDir, ...overrides },
    log: recordingLog(logged, overrides.level === 'debug'),
    ready: () => ({ ready: true, detail: { staleness_ms: 0 } }),
    serviceMetrics: () => '# service metrics\n',
    operations: fakeOperations(seen, gate),
  });
  const client = new grpc.Client(formatAddress(edges.addresses.grpc), grpc.credentials.createInsecure());
  const url = `http://${formatAddress(edges.addresses.http)}`;
  const call = (
    path: string,
    bytes: Buffer,
    decode: (bytes: Buffer) => object,
    key: string | undefined,
    options: grpc.CallOptions = {},
  ) => unary(client, path, bytes, decode, key, options);
  return {
    edges,
    seen,
    logged,
    url,
    rpc(method, request, key = GOOD_KEY, options = {}) {
      const [service = '', name = ''] = method.split('/');
      const definition = proto.service(`gatehouse.v1.${service}`)[name];
      if (!definition) throw new Error(`no method ${method}`);
      return call(definition.path, definition.requestSerialize(request), definition.responseDeserialize, key, options);
    },
    raw: (method, bytes, key = GOOD_KEY) => call(`/gatehouse.v1.${method}`, bytes, () => ({}), key),
    async http(path, { key = GOOD_KEY, ...init } = {}) {
      const headers = new Headers(init.headers);
      if (key !== '' && !headers.has('authorization')) headers.set('authorization', `Bearer ${key}`);
      if (init.body !== undefined && !headers.has('content-type')) headers.set('content-type', 'application/json');
      const response = await fetch(`${url}${path}`, { ...init, headers });
      const text = await response.text();
      const isJson = (response.headers.get('content-type') ?? '').includes('json');
      return {
        status: response.status,
        headers: response.headers,
        text,
        body: isJson ? (JSON.parse(text) as unknown) : undefined,
      };
    },
    release: () => release(),
    async close() {
      release();
      client.close();
      await edges.stop({ graceMs: 500 });
    },
  };
}

function recordingLog(lines: LogLine[], writesDebug: boolean): Log {
  const line = (level: string) => (message: string, fields?: LogFields) => void lines.push({ level, message, fields });
  return {
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    writes: (level) => level !== 'debug' || writesDebug,
  };
}

function unary(
  client: grpc.Client,
  path: string,
  bytes: Buffer,
  decode: (bytes: Buffer) => object,
  key: string | undefined,
  options: grpc.CallOptions,
): Promise<Answered> {
  const metadata = new grpc.Metadata();
  if (key !== undefined && key !== '') metadata.set('authorization', `Bearer ${key}`);
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      path,
      (request: Buffer) => request,
      decode,
      bytes,
      metadata,
      options,
      (error, response) => {
        if (!error) {
          resolve({
            code: grpc.status.OK,
            details: '',
            response: response as Record<string, unknown>,
            reason: undefined,
            facts: undefined,
          });
          return;
        }
        const info = errorInfo(error.metadata);
        resolve({
          code: error.code,
          details: error.details,
          response: undefined,
          reason: info?.reason,
          facts: info?.metadata,
        });
      },
    );
  });
}

function errorInfo(
  metadata: grpc.Metadata,
): { reason: string; domain: string; metadata: Record<string, string> } | undefined {
  const [bytes] = metadata.get('grpc-status-details-bin');
  if (!(bytes instanceof Buffer)) return undefined;
  const status = proto.message('google.rpc.Status').deserialize(bytes) as { details: { value: Buffer }[] };
  const [any] = status.details;
  return any && (proto.message('google.rpc.ErrorInfo').deserialize(any.value) as ReturnType<typeof errorInfo>);
}
