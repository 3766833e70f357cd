/** Upper bounds of the duration histogram, in seconds. */
const BOUNDS_S = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] as const;

/** Counts the calls of one method on one protocol. Cheap enough for every call: no label is looked up or hashed. */
export class CallMeter {
  readonly protocol: 'grpc' | 'http';
  readonly method: string;
  readonly codes = new Map<string, number>();
  /** Calls per bucket, not cumulated; the last is the overflow. */
  readonly buckets = new Float64Array(BOUNDS_S.length + 1);
  sumS = 0;

  constructor(protocol: 'grpc' | 'http', method: string) {
    this.protocol = protocol;
    this.method = method;
  }

  /** `code`: `OK` or the code of the fault or refusal. */
  observe(code: string, durationMs: number): void {
    const durationS = durationMs / 1000;
    this.codes.set(code, (this.codes.get(code) ?? 0) + 1);
    this.sumS += durationS;
    let bucket = 0;
    while (bucket < BOUNDS_S.length && durationS > (BOUNDS_S[bucket] as number)) bucket++;
    this.buckets[bucket] = (this.buckets[bucket] as number) + 1;
  }
}

/** The meters of every method of both edges, as Prometheus text: `gatehouse_calls_total` and `gatehouse_call_seconds`. */
export class CallMetrics {
  readonly #meters: CallMeter[] = [];

  meter(protocol: 'grpc' | 'http', method: string): CallMeter {
    const meter = new CallMeter(protocol, method);
    this.#meters.push(meter);
    return meter;
  }

  render(): string {
    const lines = [
      '# HELP gatehouse_calls_total Calls answered, by protocol, method and code.',
      '# TYPE gatehouse_calls_total counter',
    ];
    for (const { protocol, method, codes } of this.#meters) {
      for (const [code, count] of codes) {
        lines.push(`gatehouse_calls_total{protocol="${protocol}",method="${method}",code="${code}"} ${count}`);
      }
    }
    lines.push(
      '# HELP gatehouse_call_seconds Time from the request to its answer, by protocol and method.',
      '# TYPE gatehouse_call_seconds histogram',
    );
    for (const { protocol, method, buckets, sumS } of this.#meters) {
      const labels = `protocol="${protocol}",method="${method}"`;
      let cumulated = 0;
      for (const [index, bound] of [...BOUNDS_S, '+Inf'].entries()) {
        cumulated += buckets[index] as number;
        lines.push(`gatehouse_call_seconds_bucket{${labels},le="${bound}"} ${cumulated}`);
      }
      lines.push(
        `gatehouse_call_seconds_sum{${labels}} ${sumS}`,
        `gatehouse_call_seconds_count{${labels}} ${cumulated}`,
      );
    }
    return `${lines.join('\n')}\n`;
  }
}
