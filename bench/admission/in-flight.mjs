/**
 * Keeps so many calls in flight for a time, each awaited by the one that sent it.
 * @param {{ concurrency: number, seconds: number, call: (number: number) => Promise<unknown> }} load
 * @returns {Promise<import('../load/run-ghz.mjs').LoadFigures>}
 */
export async function inFlight({ concurrency, seconds, call }) {
  const latenciesMs = [];
  let errors = 0;
  let next = 0;
  const startedMs = performance.now();
  const endMs = startedMs + seconds * 1000;
  const caller = async () => {
    for (let sentMs = performance.now(); sentMs < endMs;) {
      next += 1;
      try {
        await call(next);
      } catch {
        errors += 1;
      }
      const nowMs = performance.now();
      latenciesMs.push(nowMs - sentMs);
      sentMs = nowMs;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, caller));
  const rate = (latenciesMs.length - errors) / ((performance.now() - startedMs) / 1000);
  latenciesMs.sort((a, b) => a - b);
  const percentileMs = (share) => latenciesMs[Math.floor(latenciesMs.length * share)];
  return { rate, p50Ms: percentileMs(0.5), p99Ms: percentileMs(0.99), errors };
}

/** All of `count` calls, so many at a time. */
export async function each(count, concurrency, call) {
  let next = 0;
  const caller = async () => {
    while (next < count) await call(next++);
  };
  await Promise.all(Array.from({ length: concurrency }, caller));
}
