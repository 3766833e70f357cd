import { randomUUID } from 'node:crypto';
import * as grpc from '@grpc/grpc-js';
import type { Log } from '../../ports/log.ts';
import type { Caller } from '../../services/caller.ts';
import type { OpenFgaError } from '../../services/openfga/openfga-error.ts';
import type { ListCut } from '../../services/openfga/list-objects.ts';
import type { CallMetrics } from '../call-metrics.ts';
import { CallWatch } from '../call-watch.ts';
import { bearer, headerOf } from '../grpc/metadata.ts';
import type { ProtoPackage } from '../grpc/proto-package.ts';
import {
  decodePosition,
  encodePosition,
  LIST_AFTER,
  LIST_NEXT,
  LIST_TRUNCATED,
  tooLarge,
  type BoundOpenFga,
  type OpenFgaApi,
} from './bound-operation.ts';
import { OPENFGA_STATUS } from './codes.ts';
import type { JsonMessage } from './json-message.ts';
import type { Answer, Call } from './operation.ts';
import { RequestProblem } from './request-problem.ts';
import { safeError } from './safe-error.ts';
import { fromWire, toWire } from './wire-message.ts';

export const OPENFGA_PACKAGE = 'openfga.v1';
const SERVICE = `${OPENFGA_PACKAGE}.OpenFGAService`;

interface Method {
  readonly bound: BoundOpenFga;
  readonly watch: CallWatch;
  readonly log: Log;
  read(bytes: Buffer): JsonMessage;
  write(message: JsonMessage): Buffer;
}

type UnaryCall = grpc.ServerUnaryCall<Buffer, Buffer>;
type StreamCall = grpc.ServerWritableStream<Buffer, Buffer>;

/** Adds openfga.v1.OpenFGAService; answers its name. */
export function addOpenFgaService(
  server: grpc.Server,
  proto: ProtoPackage,
  api: OpenFgaApi,
  edge: { readonly metrics: CallMetrics; readonly log: Log },
): string {
  const declared = proto.service(SERVICE);
  const definition: Record<string, grpc.MethodDefinition<Buffer, Buffer>> = {};
  const handlers: Record<string, grpc.UntypedHandleCall> = {};
  for (const bound of api.operations) {
    const name = bound.operation.method;
    const methodDefinition = declared[name];
    if (!methodDefinition) throw new Error(`no method ${SERVICE}/${name} in the protos`);
    definition[name] = { ...methodDefinition, ...BYTES };
    const method: Method = {
      bound,
      watch: new CallWatch('grpc', bound.name, edge.metrics, edge.log, OPENFGA_PACKAGE),
      log: edge.log,
      read(bytes) {
        if (bytes.length > api.requestBytesMax) throw tooLarge(bytes.length, api.requestBytesMax);
        return readRequest(bytes, `${name}Request`, methodDefinition);
      },
      write: (message) => methodDefinition.responseSerialize(toWire(`${name}Response`, message)),
    };
    handlers[name] = bound.operation.stream ? streamHandler(method) : unaryHandler(method);
  }
  server.addService(definition, handlers);
  return SERVICE;
}

const asIs = (bytes: Buffer): Buffer => bytes;
const BYTES = { requestSerialize: asIs, requestDeserialize: asIs, responseSerialize: asIs, responseDeserialize: asIs };

function readRequest(
  bytes: Buffer,
  name: string,
  { requestDeserialize }: grpc.MethodDefinition<object, object>,
): JsonMessage {
  let decoded: object;
  try {
    decoded = requestDeserialize(bytes);
  } catch {
    throw new RequestProblem('the message is not of the type that the method takes');
  }
  return fromWire(name, decoded as JsonMessage);
}

/** Answers in the turn of the event loop in which the call came, where nothing on the way waits. */
function unaryHandler({ bound, watch, log, read, write }: Method): grpc.handleUnaryCall<Buffer, Buffer> {
  return (call, callback) => {
    const started = watch.start((name) => headerOf(call.metadata, name));
    const headers = new grpc.Metadata();
    headers.set('x-request-id', randomUUID());

    function send({ message, modelId, cut }: Answer): void {
      if (call.cancelled) return watch.end(started, 'CANCELLED');
      if (modelId !== undefined) headers.set('openfga-authorization-model-id', modelId);
      call.sendMetadata(headers);
      const bytes = write(message);
      watch.end(started, 'OK');
      callback(null, bytes, cut?.truncated ? trailersOf(cut) : undefined);
    }

    function fail(error: unknown): void {
      if (call.cancelled) return watch.end(started, 'CANCELLED');
      const safe = safeError(error, bound.name, log);
      watch.end(started, safe.code);
      call.sendMetadata(headers);
      callback(statusOf(safe));
    }

    function serve(caller: Caller): Answer | Promise<Answer> {
      const request = read(call.request);
      nameStore(headers, request);
      return bound.answer(caller, request, stateOf(call));
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

function streamHandler({ bound, watch, log, read, write }: Method): grpc.handleServerStreamingCall<Buffer, Buffer> {
  const serve = async (call: StreamCall, headers: grpc.Metadata): Promise<ListCut> => {
    const caller = await bound.authorize(bearer(call.metadata));
    const request = read(call.request);
    nameStore(headers, request);
    const { modelId, messages } = await bound.stream(caller, request, stateOf(call));
    headers.set('openfga-authorization-model-id', modelId);
    call.sendMetadata(headers);
    for (;;) {
      const step = await messages.next();
      if (step.done === true) return step.value;
      for (const message of step.value) {
        if (!call.write(write(message)) && !call.cancelled) await drained(call);
      }
    }
  };
  return (call) => {
    const started = watch.start((name) => headerOf(call.metadata, name));
    const headers = new grpc.Metadata();
    headers.set('x-request-id', randomUUID());
    const end = (cut: ListCut): void => {
      watch.end(started, call.cancelled ? 'CANCELLED' : 'OK');
      call.end(cut.truncated ? trailersOf(cut) : undefined);
    };
    const fail = (error: unknown): void => {
      const safe = safeError(error, bound.name, log);
      watch.end(started, call.cancelled ? 'CANCELLED' : safe.code);
      call.emit('error', statusOf(safe));
    };
    void serve(call, headers).then(end, fail);
  };
}

/** The client reads again, or is gone. */
function drained(call: StreamCall): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      call.off('drain', done).off('cancelled', done);
      resolve();
    };
    call.once('drain', done).once('cancelled', done);
  });
}

function trailersOf({ next }: ListCut): grpc.Metadata {
  const trailers = new grpc.Metadata();
  trailers.set(LIST_TRUNCATED, 'true');
  if (next !== undefined) trailers.set(LIST_NEXT, encodePosition(next));
  return trailers;
}

/** Of what is wrong with the form of a request gRPC tells the whole text and INVALID_ARGUMENT. */
function statusOf(error: OpenFgaError): grpc.ServerErrorResponse {
  // OpenFGA's numbers are none of gRPC's enum, which is what its clients read.
  const isForm = error instanceof RequestProblem;
  const details = isForm ? error.whole : error.message;
  const code = isForm ? grpc.status.INVALID_ARGUMENT : OPENFGA_STATUS[error.code].grpc;
  const status: unknown = Object.assign(new Error(details), { code, details });
  return status as grpc.ServerErrorResponse;
}

function nameStore(headers: grpc.Metadata, { store_id: storeId }: JsonMessage): void {
  if (typeof storeId === 'string' && /^[\x20-\x7e]+$/.test(storeId)) headers.set('openfga-store-id', storeId);
}

function stateOf(call: UnaryCall | StreamCall): Call {
  return {
    deadline: Number(call.getDeadline()),
    listAfter: decodePosition(headerOf(call.metadata, LIST_AFTER)),
    cancelled: () => call.cancelled,
  };
}
