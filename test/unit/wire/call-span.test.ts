import {
  propagation,
  trace,
  type Context,
  type Span,
  type SpanOptions,
  type TextMapGetter,
  type TracerProvider,
} from '@opentelemetry/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFixture, type EdgeFixture } from './edge-fixture.ts';

interface Recorded {
  readonly name: string;
  readonly attributes: Record<string, unknown>;
  status?: number;
  parent: unknown;
  ended: boolean;
}

const spans: Recorded[] = [];
const PARENT = Symbol('parent');

function recordingSpan(name: string, options: SpanOptions, context: Context): Span {
  const recorded: Recorded = {
    name,
    attributes: { ...options.attributes },
    parent: context.getValue(PARENT),
    ended: false,
  };
  spans.push(recorded);
  return {
    isRecording: () => true,
    setAttribute: (key: string, value: unknown) => void (recorded.attributes[key] = value),
    setStatus: ({ code }: { code: number }) => void (recorded.status = code),
    end: () => void (recorded.ended = true),
  } as unknown as Span;
}

let edge: EdgeFixture;
beforeAll(async () => {
  trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan: recordingSpan }) } as unknown as TracerProvider);
  propagation.setGlobalPropagator({
    inject: () => undefined,
    extract: (context: Context, carrier: unknown, getter: TextMapGetter) =>
      context.setValue(PARENT, getter.get(carrier, 'traceparent')),
    fields: () => ['traceparent'],
  });
  edge = await startFixture();
});
afterAll(async () => {
  await edge.close();
  trace.disable();
  propagation.disable();
});

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const body = (permission: string) => JSON.stringify({ user_id: 'abcdefg', permission });

describe('spans of calls', () => {
  it.each([
    ['yes', 'OK', undefined],
    ['fault', 'USER_NOT_FOUND', undefined],
    ['crash', 'INTERNAL', 2],
    ['lost', 'UNAVAILABLE', 2],
  ])('of `%s` end with code %s over both edges', async (permission, code, status) => {
    spans.length = 0;
    await edge.http('/v1/check', { method: 'POST', body: body(permission), headers: { traceparent } });
    await edge.rpc('DecisionService/Check', { user_id: 'abcdefg', permission });
    expect(spans).toHaveLength(2);
    const [overHttp, overGrpc] = spans;
    for (const [span, protocol] of [
      [overHttp, 'http'],
      [overGrpc, 'grpc'],
    ] as const) {
      expect(span).toMatchObject({
        name: 'gatehouse.v1.DecisionService/Check',
        ended: true,
        attributes: {
          'rpc.service': 'gatehouse.v1.DecisionService',
          'rpc.method': 'Check',
          'network.protocol.name': protocol,
          'gatehouse.code': code,
        },
      });
      expect(span?.status).toBe(status);
    }
    expect(overHttp?.parent).toBe(traceparent);
    expect(JSON.stringify(spans)).not.toMatch(/ghk_|abcdefg/);
  });
});
