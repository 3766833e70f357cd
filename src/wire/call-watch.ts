import type { Span } from '@opentelemetry/api';
import type { Log } from '../ports/log.ts';
import type { CallMeter, CallMetrics } from './call-metrics.ts';
import { CallSpans, type HeaderOf } from './call-span.ts';

export interface StartedCall {
  readonly startedMs: number;
  readonly span: Span;
}

/** What operators see of the calls of one method on one protocol: a metric, a span, and at level debug a line of the log. */
export class CallWatch {
  readonly #protocol: 'grpc' | 'http';
  readonly #method: string;
  readonly #meter: CallMeter;
  readonly #spans: CallSpans;
  /** `undefined`: no line is written. */
  readonly #log: Log | undefined;

  /** `proto`: the package of the method. */
  constructor(protocol: 'grpc' | 'http', method: string, metrics: CallMetrics, log: Log, proto = 'gatehouse.v1') {
    this.#protocol = protocol;
    this.#method = method;
    this.#meter = metrics.meter(protocol, method);
    this.#spans = new CallSpans(protocol, method, proto);
    this.#log = log.writes('debug') ? log : undefined;
  }

  start(header: HeaderOf): StartedCall {
    return { startedMs: performance.now(), span: this.#spans.start(header) };
  }

  /** `code`: `OK` or the code of the fault or refusal. */
  end(call: StartedCall, code: string): void {
    const durationMs = performance.now() - call.startedMs;
    this.#meter.observe(code, durationMs);
    this.#spans.end(call.span, code);
    this.#log?.debug('call', { protocol: this.#protocol, method: this.#method, code, durationMs });
  }
}
