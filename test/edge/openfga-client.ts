import { fileURLToPath } from 'node:url';
import {
  Client,
  status,
  credentials,
  loadPackageDefinition,
  Metadata,
  type ClientReadableStream,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

type Json = Record<string, unknown>;

/** What a call of OpenFGA's API came to. HTTP has a status and the word of the code, gRPC the number. */
export interface OpenFgaOutcome {
  readonly http?: number;
  readonly grpc?: number;
  readonly code?: string;
  readonly message?: string;
  readonly answer?: Json;
  /** Headers of HTTP, metadata and trailers of gRPC. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface OpenFgaEdge {
  readonly name: 'http' | 'grpc';
  call(method: string, request: Json, headers?: Readonly<Record<string, string>>): Promise<OpenFgaOutcome>;
  close(): void;
}

/** Method and path of every call, written down a second time. */
const ROUTES: Readonly<Record<string, readonly [method: string, path: string]>> = {
  CreateStore: ['POST', '/stores'],
  ListStores: ['GET', '/stores'],
  GetStore: ['GET', '/stores/{store_id}'],
  UpdateStore: ['PATCH', '/stores/{store_id}'],
  DeleteStore: ['DELETE', '/stores/{store_id}'],
  WriteAuthorizationModel: ['POST', '/stores/{store_id}/authorization-models'],
  ReadAuthorizationModels: ['GET', '/stores/{store_id}/authorization-models'],
  ReadAuthorizationModel: ['GET', '/stores/{store_id}/authorization-models/{id}'],
  WriteAssertions: ['PUT', '/stores/{store_id}/assertions/{authorization_model_id}'],
  ReadAssertions: ['GET', '/stores/{store_id}/assertions/{authorization_model_id}'],
  Write: ['POST', '/stores/{store_id}/write'],
  Read: ['POST', '/stores/{store_id}/read'],
  ReadChanges: ['GET', '/stores/{store_id}/changes'],
  Check: ['POST', '/stores/{store_id}/check'],
  BatchCheck: ['POST', '/stores/{store_id}/batch-check'],
  Expand: ['POST', '/stores/{store_id}/expand'],
  ListObjects: ['POST', '/stores/{store_id}/list-objects'],
  StreamedListObjects: ['POST', '/stores/{store_id}/streamed-list-objects'],
  ListUsers: ['POST', '/stores/{store_id}/list-users'],
};

export function openFgaHttp(origin: string, key: string | undefined): OpenFgaEdge {
  return {
    name: 'http',
    async call(name, request, headers = {}) {
      const [method, template] = ROUTES[name]!;
      const rest = { ...request };
      const path = template.replace(/\{(\w+)\}/g, (_match, field: string) => {
        const value = rest[field];
        delete rest[field];
        return encodeURIComponent(String(value));
      });
      const hasBody = method !== 'GET' && method !== 'DELETE';
      const query = hasBody ? '' : `?${new URLSearchParams(rest as Record<string, string>).toString()}`;
      const response = await fetch(`${origin}${path}${query}`, {
        method,
        headers: { ...headers, ...(key !== undefined && { authorization: `Bearer ${key}` }) },
        ...(hasBody && { body: JSON.stringify(rest) }),
      });
      const text = await response.text();
      const outcome = { http: response.status, headers: Object.fromEntries(response.headers) };
      if (name === 'StreamedListObjects') return { ...outcome, ...streamed(text) };
      const body = (text === '' ? {} : JSON.parse(text)) as Json;
      if (response.ok) return { ...outcome, answer: body };
      return { ...outcome, code: String(body['code']), message: String(body['message']) };
    },
    close() {},
  };
}

/** Lines of results gathered; the code of an error is its number. */
function streamed(text: string): Partial<OpenFgaOutcome> {
  const lines = text.split('\n').filter((line) => line !== '');
  const parts = lines.map(
    (line) => JSON.parse(line) as { result?: Json; error?: Json; code?: string; message?: string },
  );
  const bad = parts.find(({ error, code }) => error ?? code);
  if (bad) {
    const { code, message } = bad.error ?? bad;
    return { code: String(code), message: String(message) };
  }
  return { answer: { objects: parts.map(({ result }) => result?.['object']) } };
}

const PROTO_DIR = fileURLToPath(new URL('../../proto', import.meta.url));

type Stub = Client &
  Record<
    string,
    (
      request: unknown,
      metadata: Metadata,
      done?: (error: ServiceError | null, answer: Json) => void,
    ) => ClientReadableStream<{ object: string }>
  >;

export function openFgaGrpc(address: string, key: string | undefined): OpenFgaEdge {
  const definition = loadSync('openfga/v1/openfga_service.proto', {
    includeDirs: [PROTO_DIR],
    keepCase: true,
    longs: Number,
    enums: String,
    defaults: true,
  });
  const packages = loadPackageDefinition(definition) as unknown as {
    openfga: { v1: { OpenFGAService: new (address: string, creds: unknown) => Stub } };
  };
  const stub = new packages.openfga.v1.OpenFGAService(address, credentials.createInsecure());
  return {
    name: 'grpc',
    call(name, request, headers = {}) {
      const metadata = new Metadata();
      if (key !== undefined) metadata.set('authorization', `Bearer ${key}`);
      for (const [header, value] of Object.entries(headers)) metadata.set(header, value);
      return new Promise((resolve) => {
        const got: Record<string, string> = {};
        let result: Partial<OpenFgaOutcome> = {};
        const objects: string[] = [];
        const isStream = name === 'StreamedListObjects';
        const done = (error: ServiceError | null, answer: Json): void => {
          result = error ? { message: error.details } : { answer: fromProto(answer) as Json };
        };
        const call = isStream ? stub[name]!(toProto(request), metadata) : stub[name]!(toProto(request), metadata, done);
        const keep = (from: Metadata): void => void Object.assign(got, from.getMap());
        call.on('metadata', keep);
        if (isStream) {
          call.on('data', ({ object }) => objects.push(object));
          call.on('error', (error: Error) => done(error as ServiceError, {}));
        }
        call.on('status', ({ code, metadata: trailers }) => {
          keep(trailers);
          // The answer comes in the same turn as the status, before or after it.
          setImmediate(() => {
            const ended = isStream && code === status.OK ? { answer: { objects } } : result;
            resolve({ grpc: code, headers: got, ...ended });
          });
        });
      });
    },
    close: () => Client.prototype.close.call(stub),
  };
}

const RENAMED: Readonly<Record<string, string>> = {
  computedUserset: 'computed_userset',
  tupleToUserset: 'tuple_to_userset',
};
const RENAMED_BACK = Object.fromEntries(Object.entries(RENAMED).map(([json, proto]) => [proto, json]));

/** JSON form to what the proto loader takes: contexts as Struct, page sizes wrapped. Written apart from the server's own. */
function toProto(value: unknown, name = ''): unknown {
  if (name === 'page_size') return { value };
  if (name === 'start_time') return { seconds: Math.floor(Date.parse(String(value)) / 1000) };
  if (Array.isArray(value)) return value.map((each) => toProto(each));
  if (typeof value !== 'object' || value === null) return value;
  if (name === 'context') return structOf(value as Json);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [RENAMED[key] ?? key, toProto(each, key)]));
}

function structOf(value: Json): Json {
  return { fields: Object.fromEntries(Object.entries(value).map(([key, each]) => [key, valueOf(each)])) };
}

function valueOf(value: unknown): Json {
  if (value === null) return { nullValue: 'NULL_VALUE' };
  if (typeof value === 'number') return { numberValue: value };
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (Array.isArray(value)) return { listValue: { values: value.map(valueOf) } };
  return { structValue: structOf(value as Json) };
}

function fromProto(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((each) => fromProto(each));
  if (typeof value !== 'object' || value === null) return value;
  if (name === 'context') return fromStruct(value);
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [RENAMED_BACK[key] ?? key, fromProto(each, key)]),
  );
}

function fromStruct({ fields = {} }: { fields?: Json }): Json {
  return Object.fromEntries(Object.entries(fields).map(([key, each]) => [key, fromValue(each as Json)]));
}

function fromValue(value: Json): unknown {
  switch (value['kind'] ?? Object.keys(value)[0]) {
    case 'stringValue':
      return value['stringValue'];
    case 'numberValue':
      return value['numberValue'];
    case 'boolValue':
      return value['boolValue'];
    case 'structValue':
      return fromStruct(value['structValue'] as Json);
    case 'listValue':
      return ((value['listValue'] as { values?: Json[] }).values ?? []).map(fromValue);
    default:
      return null;
  }
}
