// Bare durable puts into LMDB, so many at a time, each awaited until it is on the disk: the ceiling for any durable answer.
// Argument: {"directory", "concurrency", "seconds"} as JSON. Prints {"rate", "p50Ms", "p99Ms", "errors"}.
import { open } from 'lmdb';

const { directory, concurrency, seconds } = JSON.parse(process.argv[2]);
/** As Gatehouse opens its store: a promise resolves when pages and meta page are flushed. */
const store = open({ path: directory, noSubdir: false, overlappingSync: false });
const value = { at: Date.now(), admitted: true, reason: 'ADMITTED', payload: 'x'.repeat(120) };
const latenciesMs = [];
const startedMs = performance.now();
const endMs = startedMs + seconds * 1000;
let next = 0;

async function writer() {
  while (performance.now() < endMs) {
    const putMs = performance.now();
    next += 1;
    await store.put(`operation-${next}`, value);
    latenciesMs.push(performance.now() - putMs);
  }
}

await Promise.all(Array.from({ length: concurrency }, writer));
const rate = latenciesMs.length / ((performance.now() - startedMs) / 1000);
latenciesMs.sort((a, b) => a - b);
const percentileMs = (share) => latenciesMs[Math.floor(latenciesMs.length * share)];
console.log(JSON.stringify({ rate, p50Ms: percentileMs(0.5), p99Ms: percentileMs(0.99), errors: 0 }));
await store.close();
