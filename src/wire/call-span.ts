import {
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Span,
  type TextMapGetter,
} from '@opentelemetry/api';

/** Reads one header, or metadata entry, of a call. */
export type HeaderOf = (name: string) => string | undefined;

const GETTER: TextMapGetter<HeaderOf> = {
  get: (header, name) => header(name),
  keys: () => ['traceparent', 'tracestate', 'baggage'],
};

/** Codes that are the service's own failing, not the caller's. */
const ERRORS: ReadonlySet<string> = new Set(['INTERNAL', 'UNAVAILABLE', 'DEADLINE_EXCEEDED']);

/** Spans of the calls of one method, of whatever OpenTelemetry SDK the process has registered; without one they cost next to nothing. */
export class CallSpans {
  readonly #tracer = trace.getTracer('gatehouse');
  readonly #name: string;
  readonly #options: { readonly kind: SpanKind; readonly attributes: Attributes };

  /** `method`: `DecisionService/Check`; `proto`: its package. */
  constructor(protocol: 'grpc' | 'http', method: string, proto = 'gatehouse.v1') {
    const [service = '', name = ''] = method.split('/');
    this.#name = `${proto}.${method}`;
    this.#options = {
      kind: SpanKind.SERVER,
      attributes: {
        'rpc.service': `${proto}.${service}`,
        'rpc.method': name,
        'network.protocol.name': protocol,
      },
    };
  }

  /** The child of the span that the caller names in its headers. */
  start(header: HeaderOf): Span {
    return this.#tracer.startSpan(this.#name, this.#options, propagation.extract(ROOT_CONTEXT, header, GETTER));
  }

  /** `code`: `OK` or the code of the fault or refusal. */
  end(span: Span, code: string): void {
    if (span.isRecording()) {
      span.setAttribute('gatehouse.code', code);
      if (ERRORS.has(code)) span.setStatus({ code: SpanStatusCode.ERROR });
    }
    span.end();
  }
}
