import * as grpc from '@grpc/grpc-js';
import type { PackageDefinition } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { HealthImplementation } from 'grpc-health-check';
import { Fault } from '../../domain/errors.ts';
import type { Log } from '../../ports/log.ts';
import type { Caller } from '../../services/caller.ts';
import { formatAddress, listenReason, ListenError, removeDeadSocket, type Address } from '../address.ts';
import type { BoundOperation } from '../bound-operation.ts';
import type { CallMetrics } from '../call-metrics.ts';
import { CallWatch } from '../call-watch.ts';
import { groupBy } from '../group-by.ts';
import { BODY_BYTES_MAX } from '../limits.ts';
import type { OpenFgaApi } from '../openfga/bound-operation.ts';
import { addOpenFgaService } from '../openfga/grpc-service.ts';
import { safeFault } from '../safe-fault.ts';
import { errorStatusOf } from './error-status.ts';
import { jsonFormCompiler } from './json-form.ts';
import { bearer, headerOf } from './metadata.ts';
import { loadProtoPackage, type ProtoPackage } from './proto-package.ts';
import { reflectionFiles } from './reflection-files.ts';

/** Calls of one connection at a time; a client waits for a free one. */
const CALLS_PER_CONNECTION_MAX = 1024;
const PACKAGE = 'gatehouse.v1';

export interface GrpcEdge {
  readonly address: Address;
  /** Reports NOT_SERVING, refuses new calls, finishes those in flight; after `graceMs` ends what is left. */
  stop(graceMs: number): Promise<void>;
}

type Answer = (call: grpc.ServerUnaryCall<Buffer, Buffer>, callback: grpc.sendUnaryData<Buffer>) => void;

/** Rejects with ListenError. Throws for an operation that the protos do not have. */
export async function startGrpcEdge(
  operations: readonly BoundOperation[],
  edge: { address: Address; protosDir: string; metrics: CallMetrics; log: Log; openfga: OpenFgaApi | undefined },
): Promise<GrpcEdge> {
  // What grpc-js would print itself reaches the operator as a ListenError, or the caller as a status.
  grpc.setLogVerbosity(grpc.logVerbosity.NONE);
  const proto = loadProtoPackage(edge.protosDir);
  const server = new grpc.Server({
    'grpc.max_receive_message_length': BODY_BYTES_MAX,
    'grpc.max_concurrent_streams': CALLS_PER_CONNECTION_MAX,
  });
  const services = [
    ...addServices(server, proto, operations, edge),
    ...(edge.openfga ? [addOpenFgaService(server, proto, edge.openfga, edge)] : []),
  ];
  const health = new HealthImplementation(Object.fromEntries(['', ...services].map((name) => [name, 'SERVING'])));
  health.addToServer(server);
  // Of a package, reflection reads the files alone.
  const reflected = { files: { fileDescriptorProtos: reflectionFiles(proto.files) } } as unknown as PackageDefinition;
  new ReflectionService(reflected, { services }).addToServer(server);
  const address = await bind(server, edge.address);
  return {
    address,
    async stop(graceMs) {
      for (const name of ['', ...services]) health.setStatus(name, 'NOT_SERVING');
      await new Promise<void>((resolve) => {
        const force = setTimeout(() => {
          server.forceShutdown();
          resolve();
        }, graceMs);
        server.tryShutdown(() => {
          clearTimeout(force);
          resolve();
        });
      });
    },
  };
}

function addServices(
  server: grpc.Server,
  proto: ProtoPackage,
  operations: readonly BoundOperation[],
  edge: { metrics: CallMetrics; log: Log },
): readonly string[] {
  const toStatus = errorStatusOf(proto);
  const formOf = jsonFormCompiler(proto.fieldsOf);
  const byService = groupBy(operations, ({ operation }) => `${PACKAGE}.${operation.service}`);
  for (const [fullName, bounds] of byService) {
    const declared = proto.service(fullName);
    const definition: Record<string, grpc.MethodDefinition<Buffer, Buffer>> = {};
    const handlers: Record<string, Answer> = {};
    for (const bound of bounds) {
      const { method } = bound.operation;
      const methodDefinition = declared[method];
      if (!methodDefinition) throw new Error(`no method ${fullName}/${method} in the protos`);
      // Bytes in and out: the message is read after the credential, and no decoder's words reach the caller.
      definition[method] = { ...methodDefinition, ...BYTES };
      handlers[method] = answerer(bound, {
        decode: methodDefinition.requestDeserialize,
        encode: methodDefinition.responseSerialize,
        fromWire: formOf(`${PACKAGE}.${typeName(methodDefinition.requestType)}`).fromWire,
        toWire: formOf(`${PACKAGE}.${typeName(methodDefinition.responseType)}`).toWire,
        toStatus: (error) => safeFault(error, bound.name, edge.log),
        toError: toStatus,
        watch: new CallWatch('grpc', bound.name, edge.metrics, edge.log),
      });
    }
    server.addService(definition, handlers);
  }
  return [...byService.keys()];
}

const asIs = (bytes: Buffer): Buffer => bytes;
const BYTES = { requestSerialize: asIs, requestDeserialize: asIs, responseSerialize: asIs, responseDeserialize: asIs };

const typeName = (message: { type: object }): string => (message.type as { name: string }).name;

interface Method {
  decode(bytes: Buffer): object;
  encode(message: object): Buffer;
  readonly fromWire: ((message: Record<string, unknown>, level: number) => void) | undefined;
  readonly toWire: ((answer: Record<string, unknown>) => Record<string, unknown>) | undefined;
  toStatus(error: unknown): ReturnType<typeof safeFault>;
  toError: ReturnType<typeof errorStatusOf>;
  readonly watch: CallWatch;
}

/** Answers in the turn of the event loop in which the call came, where nothing on the way waits. */
function answerer(bound: BoundOperation, method: Method): Answer {
  return (call, callback) => {
    const started = method.watch.start((name) => headerOf(call.metadata, name));

    function send(answer: unknown): void {
      if (call.cancelled) return observe('CANCELLED');
      const message = answer as Record<string, unknown>;
      const bytes = method.encode(method.toWire ? method.toWire(message) : message);
      observe('OK');
      callback(null, bytes);
    }

    function fail(error: unknown): void {
      if (call.cancelled) return observe('CANCELLED');
      const safe = method.toStatus(error);
      observe(safe.fault.refusal?.code ?? safe.fault.code);
      callback(method.toError(safe));
    }

    function observe(code: string): void {
      method.watch.end(started, code);
    }

    function serve(caller: Caller): unknown {
      if (isPast(call.getDeadline()))
        throw new Fault('DEADLINE_EXCEEDED', 'the deadline passed before the call was looked at');
      const message = decoded(method, call.request);
      method.fromWire?.(message, 1);
      return bound.answer(caller, message);
    }

    try {
      const caller = bound.authorize(bearer(call.metadata));
      const answer = caller instanceof Promise ? caller.then(serve) : serve(caller);
      if (answer instanceof Promise) answer.then(send).catch(fail);
      else send(answer);
    } catch (error) {
      fail(error);
    }
  };
}

function decoded(method: Method, bytes: Buffer): Record<string, unknown> {
  try {
    return method.decode(bytes) as Record<string, unknown>;
  } catch {
    throw new Fault('INVALID_ARGUMENT', 'the message is not of the type that the method takes', { rule: 'protobuf' });
  }
}

function isPast(deadline: grpc.Deadline): boolean {
  return deadline !== Infinity && Number(deadline) < Date.now();
}

async function bind(server: grpc.Server, address: Address): Promise<Address> {
  await removeDeadSocket(address);
  const target = formatAddress(address);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(target, grpc.ServerCredentials.createInsecure(), (error, bound) => {
      if (error) reject(new ListenError(target, listenReason(error.message), error));
      else resolve(bound);
    });
  });
  return address.kind === 'tcp' ? { ...address, port } : address;
}
