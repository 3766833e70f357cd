import { fileURLToPath } from 'node:url';
import {
  Client,
  credentials,
  Metadata,
  type ChannelOptions,
  type ServiceError,
  loadPackageDefinition,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

/** What a call came to, the same for both edges: an answer, or an error with the codes of its protocol. */
export type Outcome =
  | { readonly ok: true; readonly http?: number; readonly answer: Record<string, unknown> }
  | {
      readonly ok: false;
      readonly http?: number;
      readonly grpc?: string;
      readonly code: string;
      readonly field?: string;
      readonly rule?: string;
      readonly message: string;
    };

export interface EdgeClient {
  readonly name: 'http' | 'grpc';
  call(service: string, method: string, request: Record<string, unknown>, key: string | undefined): Promise<Outcome>;
  close(): void;
}

/** Method and path of every call, written down here a second time: the published paths must not move unnoticed. */
export const ROUTES: Readonly<Record<string, readonly [method: string, path: string]>> = {
  'DecisionService.Check': ['POST', '/v1/check'],
  'DecisionService.BatchCheck': ['POST', '/v1/batch-check'],
  'DecisionService.Explain': ['POST', '/v1/explain'],
  'DecisionService.ListPermissions': ['GET', '/v1/users/{user_id}/permissions'],
  'DecisionService.ListFeatures': ['GET', '/v1/users/{user_id}/features'],
  'SessionService.Open': ['POST', '/v1/sessions'],
  'SessionService.Admit': ['POST', '/v1/sessions/{session_id}/admit'],
  'SessionService.AdmitBatch': ['POST', '/v1/sessions/{session_id}/admit-batch'],
  'SessionService.List': ['GET', '/v1/users/{user_id}/sessions'],
  'SessionService.CloseAll': ['DELETE', '/v1/users/{user_id}/sessions'],
  'SessionService.Close': ['DELETE', '/v1/sessions/{session_id}'],
  'SessionService.Get': ['GET', '/v1/sessions/{session_id}'],
  'PlanService.PlanChange': ['POST', '/v1/users/{user_id}/plan-changes'],
  'PlanService.GetSubscription': ['GET', '/v1/users/{user_id}/subscription'],
  'PlanService.ListPlans': ['GET', '/v1/plans'],
  'DirectoryService.CreateUser': ['POST', '/v1/users'],
  'DirectoryService.GetUser': ['GET', '/v1/users/{user_id}'],
  'DirectoryService.ListUsers': ['GET', '/v1/users'],
  'DirectoryService.SetUserActive': ['PUT', '/v1/users/{user_id}/active'],
  'DirectoryService.ChangeRole': ['POST', '/v1/users/{user_id}/role'],
  'DirectoryService.ClearReview': ['DELETE', '/v1/users/{user_id}/review'],
  'DirectoryService.RecordVerification': ['POST', '/v1/users/{user_id}/verifications'],
  'DirectoryService.ListUserAudit': ['GET', '/v1/users/{user_id}/audit'],
  'DirectoryService.GetPartner': ['GET', '/v1/partner'],
  'DirectoryService.SetPartnerStatus': ['PUT', '/v1/partner/status'],
  'PolicyService.ValidatePolicy': ['POST', '/v1/policy/validate'],
  'PolicyService.ApplyPolicy': ['POST', '/v1/policy/apply'],
  'PolicyService.GetPolicy': ['GET', '/v1/policy'],
  'RelationshipService.WriteRelationships': ['POST', '/v1/relationships'],
  'RelationshipService.ReadRelationships': ['GET', '/v1/relationships'],
};

export function httpClient(origin: string): EdgeClient {
  return {
    name: 'http',
    async call(service, method, request, key) {
      const route = ROUTES[`${service}.${method}`];
      if (!route) throw new Error(`no route is known for ${service}.${method}`);
      const rest = { ...request };
      const path = route[1].replace(/\{(\w+)\}/g, (_, name: string) => {
        const value = rest[name];
        delete rest[name];
        return encodeURIComponent(String(value));
      });
      const bodiless = route[0] === 'GET' || route[0] === 'DELETE';
      const query = bodiless ? `?${queryOf(rest)}` : '';
      const response = await fetch(`${origin}${path}${query}`, {
        method: route[0],
        headers: {
          ...(key !== undefined && { authorization: `Bearer ${key}` }),
          ...(!bodiless && { 'content-type': 'application/json' }),
        },
        ...(!bodiless && { body: JSON.stringify(rest) }),
      });
      const body = (await response.json()) as Record<string, unknown>;
      if (response.ok) return { ok: true, http: response.status, answer: body };
      const { field, rule } = body as { field?: string; rule?: string };
      return {
        ok: false,
        http: response.status,
        code: String(body['code']),
        message: String(body['detail']),
        ...(field !== undefined && { field }),
        ...(rule !== undefined && { rule }),
      };
    },
    close() {},
  };
}

function queryOf(fields: Record<string, unknown>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    for (const each of Array.isArray(value) ? value : [value]) query.append(name, String(each));
  }
  return query.toString();
}

const PROTO_DIR = fileURLToPath(new URL('../../proto', import.meta.url));
const STATUS_NAMES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
];

type Stub = Client &
  Record<
    string,
    (
      request: unknown,
      metadata: Metadata,
      done: (error: ServiceError | null, answer: Record<string, unknown>) => void,
    ) => void
  >;

interface Loaded {
  readonly services: Readonly<Record<string, new (address: string, creds: unknown, options: ChannelOptions) => Stub>>;
  readonly details: ReturnType<typeof loadSync>;
}

let loaded: Loaded | undefined;

function loadProtos(): Loaded {
  const definition = loadSync(
    ['decision', 'session', 'plan', 'directory', 'policy', 'relationship'].map((file) => `gatehouse/v1/${file}.proto`),
    { includeDirs: [PROTO_DIR], keepCase: true, longs: Number, enums: String, defaults: true },
  );
  const packages = loadPackageDefinition(definition) as unknown as { gatehouse: { v1: Loaded['services'] } };
  const details = loadSync('google/rpc/status.proto', { includeDirs: [PROTO_DIR], keepCase: true });
  return { services: packages.gatehouse.v1, details };
}

/** Clients of one address and of the same options share a connection; `grpc.use_local_subchannel_pool` gives one its own. */
export function grpcClient(address: string, options: ChannelOptions = {}): EdgeClient {
  const { services, details } = (loaded ??= loadProtos());
  const stubs = new Map<string, Stub>();
  return {
    name: 'grpc',
    call(service, method, request, key) {
      const Stub = services[service];
      if (!Stub) throw new Error(`no service ${service}`);
      const stub = stubs.get(service) ?? new Stub(address, credentials.createInsecure(), options);
      stubs.set(service, stub);
      const metadata = new Metadata();
      if (key !== undefined) metadata.set('authorization', `Bearer ${key}`);
      return new Promise((resolve) => {
        const call = stub[method];
        if (!call) throw new Error(`no method ${service}.${method}`);
        call.call(stub, toProto(request), metadata, (error, answer) => {
          resolve(
            error ? failureOf(error, details) : { ok: true, answer: fromProto(answer) as Record<string, unknown> },
          );
        });
      });
    },
    close() {
      // SessionService.Close has taken the name of the stub's own.
      for (const stub of stubs.values()) Client.prototype.close.call(stub);
    },
  };
}

function failureOf(error: ServiceError, details: ReturnType<typeof loadSync>): Outcome {
  const binary = error.metadata.get('grpc-status-details-bin')[0];
  const name = STATUS_NAMES[error.code] ?? String(error.code);
  if (!(binary instanceof Buffer)) return { ok: false, grpc: name, code: name, message: error.details };
  const decode = (type: string, bytes: Buffer) =>
    (
      details[type] as unknown as { options?: unknown; deserialize?: (bytes: Buffer) => Record<string, unknown> }
    ).deserialize?.(bytes);
  const status = decode('google.rpc.Status', binary) as { details?: { value: Buffer }[] } | undefined;
  const first = status?.details?.[0];
  const info =
    first &&
    (decode('google.rpc.ErrorInfo', first.value) as { reason: string; metadata?: Record<string, string> } | undefined);
  return {
    ok: false,
    grpc: name,
    code: info?.reason ?? name,
    message: error.details,
    ...(info?.metadata?.['field'] !== undefined && { field: info.metadata['field'] }),
    ...(info?.metadata?.['rule'] !== undefined && { rule: info.metadata['rule'] }),
  };
}

const STRUCTS = new Set(['context', 'detail']);

/** JSON form to what proto-loader takes: instants to Timestamp, contexts to Struct. Written apart from the server's own. */
function toProto(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((each) => toProto(each, name));
  if (typeof value === 'string' && /_at$|_until$|^since$/.test(name)) {
    const ms = Date.parse(value);
    return { seconds: Math.floor(ms / 1000), nanos: (((ms % 1000) + 1000) % 1000) * 1_000_000 };
  }
  if (typeof value !== 'object' || value === null) return value;
  if (STRUCTS.has(name)) return structOf(value as Record<string, unknown>);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, toProto(each, key)]));
}

function structOf(value: Record<string, unknown>): unknown {
  return { fields: Object.fromEntries(Object.entries(value).map(([key, each]) => [key, valueOf(each)])) };
}

function valueOf(value: unknown): unknown {
  if (value === null) return { nullValue: 'NULL_VALUE' };
  if (typeof value === 'number') return { numberValue: value };
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (Array.isArray(value)) return { listValue: { values: value.map(valueOf) } };
  return { structValue: structOf(value as Record<string, unknown>) };
}

function fromProto(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((each) => fromProto(each));
  if (typeof value !== 'object' || value === null) return value;
  const record = value as Record<string, unknown>;
  if ('seconds' in record && 'nanos' in record) {
    return new Date(Number(record['seconds']) * 1000 + Number(record['nanos']) / 1e6).toISOString();
  }
  if (STRUCTS.has(name) && 'fields' in record) return fromStruct(record);
  return Object.fromEntries(Object.entries(record).map(([key, each]) => [key, fromProto(each, key)]));
}

function fromStruct(struct: Record<string, unknown>): Record<string, unknown> {
  const fields = (struct['fields'] ?? {}) as Record<string, Record<string, unknown>>;
  return Object.fromEntries(Object.entries(fields).map(([key, each]) => [key, fromValue(each)]));
}

function fromValue(value: Record<string, unknown>): unknown {
  if (value['stringValue'] !== undefined) return value['stringValue'];
  if (value['numberValue'] !== undefined) return value['numberValue'];
  if (value['boolValue'] !== undefined) return value['boolValue'];
  if (value['structValue']) return fromStruct(value['structValue'] as Record<string, unknown>);
  if (value['listValue'])
    return ((value['listValue'] as { values?: Record<string, unknown>[] }).values ?? []).map(fromValue);
  return null;
}
