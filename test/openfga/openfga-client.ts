import { Client, credentials, loadPackageDefinition, Metadata } from '@grpc/grpc-js';
import type { ClientReadableStream, ServiceError } from '@grpc/grpc-js';
import type { PackageDefinition } from '@grpc/proto-loader';
import { fromProto, toProto } from './proto-json.ts';

export type Json = Record<string, unknown>;

/** An answer, or the number of an error (2000 `validation_error` and so on, on both wires). */
export type Reply<T = Json> =
  | { readonly ok: true; readonly answer: T; readonly httpStatus?: number }
  | { readonly ok: false; readonly code: number; readonly message: string; readonly httpStatus?: number };

/** One server of the OpenFGA API, spoken to over one wire. Requests and answers are in the JSON form of the API, snake_case. */
export interface OpenFgaClient {
  readonly wire: 'gRPC' | 'HTTP';
  call(method: string, request: Json): Promise<Reply>;
  /** All objects of a streamed listing. */
  stream(request: Json): Promise<Reply<readonly string[]>>;
  close(): void;
}

/** Where a server listens, and the key that it wants, if any. */
export interface OpenFgaServer {
  readonly httpOrigin: string;
  readonly grpcAddress: string;
  readonly key?: string;
}

/** Method and path of every call that is made here. */
const ROUTES: Readonly<Record<string, readonly [method: string, path: string]>> = {
  CreateStore: ['POST', '/stores'],
  DeleteStore: ['DELETE', '/stores/{store_id}'],
  WriteAuthorizationModel: ['POST', '/stores/{store_id}/authorization-models'],
  Write: ['POST', '/stores/{store_id}/write'],
  Read: ['POST', '/stores/{store_id}/read'],
  Check: ['POST', '/stores/{store_id}/check'],
  BatchCheck: ['POST', '/stores/{store_id}/batch-check'],
  ListObjects: ['POST', '/stores/{store_id}/list-objects'],
  StreamedListObjects: ['POST', '/stores/{store_id}/streamed-list-objects'],
  ListUsers: ['POST', '/stores/{store_id}/list-users'],
  Expand: ['POST', '/stores/{store_id}/expand'],
};

/** A client that numbers the error words of HTTP as the enums of the service do. */
export function httpClient(server: OpenFgaServer, service: PackageDefinition): OpenFgaClient {
  const numbers = errorNumbers(service);
  const numbered = (word: unknown): number => numbers.get(String(word)) ?? -1;
  const send = async (name: string, { store_id, ...body }: Json): Promise<Response> => {
    const [method, path] = ROUTES[name] ?? [];
    if (path === undefined) throw new Error(`no route is known for ${name}`);
    return fetch(`${server.httpOrigin}${path.replace('{store_id}', encodeURIComponent(String(store_id)))}`, {
      method: method!,
      headers: {
        'content-type': 'application/json',
        ...(server.key !== undefined && { authorization: `Bearer ${server.key}` }),
      },
      ...(method === 'POST' && { body: JSON.stringify(body) }),
    });
  };
  const failed = (httpStatus: number, error: Json): Reply<never> => {
    const code = typeof error['code'] === 'number' ? error['code'] : numbered(error['code']);
    return { ok: false, httpStatus, code, message: `${String(error['code'])}: ${String(error['message'])}` };
  };
  return {
    wire: 'HTTP',
    async call(name, request) {
      const response = await send(name, request);
      const text = await response.text();
      const answer = (text === '' ? {} : JSON.parse(text)) as Json;
      return response.ok ? { ok: true, httpStatus: response.status, answer } : failed(response.status, answer);
    },
    async stream(request) {
      const response = await send('StreamedListObjects', request);
      const lines = (await response.text()).split('\n').filter((line) => line !== '');
      const parts = lines.map((line) => JSON.parse(line) as { result?: { object: string }; error?: Json; code?: Json });
      const bad = parts.find((part) => part.error ?? part.code);
      if (bad) return failed(response.status, bad.error ?? bad);
      return { ok: true, httpStatus: response.status, answer: parts.map((part) => part.result!.object) };
    },
    close() {},
  };
}

type Stub = Client & {
  StreamedListObjects(request: unknown, metadata: Metadata): ClientReadableStream<{ object: string }>;
} & Record<
    string,
    (request: unknown, metadata: Metadata, done: (error: ServiceError | null, answer: Json) => void) => void
  >;

export function grpcClient(server: OpenFgaServer, service: PackageDefinition): OpenFgaClient {
  const packages = loadPackageDefinition(service) as unknown as {
    openfga: { v1: { OpenFGAService: new (address: string, channel: unknown) => Stub } };
  };
  const stub = new packages.openfga.v1.OpenFGAService(server.grpcAddress, credentials.createInsecure());
  const metadata = new Metadata();
  if (server.key !== undefined) metadata.set('authorization', `Bearer ${server.key}`);
  const failed = (error: ServiceError): Reply<never> => ({ ok: false, code: error.code, message: error.details });
  return {
    wire: 'gRPC',
    call: (name, request) =>
      new Promise((resolve) => {
        stub[name]!(toProto(request), metadata, (error, answer) =>
          resolve(error ? failed(error) : { ok: true, answer: fromProto(answer) as Json }),
        );
      }),
    stream: (request) =>
      new Promise((resolve) => {
        const objects: string[] = [];
        const call = stub.StreamedListObjects(toProto(request), metadata);
        call.on('data', ({ object }) => objects.push(object));
        call.on('error', (error: ServiceError) => resolve(failed(error)));
        call.on('end', () => resolve({ ok: true, answer: objects }));
      }),
    close: () => Client.prototype.close.call(stub),
  };
}

const ERROR_ENUMS = ['ErrorCode', 'NotFoundErrorCode', 'InternalErrorCode', 'AuthErrorCode'];

function errorNumbers(service: PackageDefinition): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  for (const name of ERROR_ENUMS) {
    const { type } = service[`openfga.v1.${name}`] as unknown as {
      type: { value: { name: string; number: number }[] };
    };
    for (const value of type.value) numbers.set(value.name, value.number);
  }
  return numbers;
}
