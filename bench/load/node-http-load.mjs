// Posts one JSON body again and again over kept connections, and prints the figures as JSON; for machines without wrk.
// Argument: {"url", "body", "authorization", "concurrency", "seconds"} as JSON.
import { Agent, request } from 'node:http';

const { url, body, authorization, concurrency, seconds } = JSON.parse(process.argv[2]);
const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
const headers = {
  'content-type': 'application/json',
  'content-length': Buffer.byteLength(body),
  ...(authorization && { authorization }),
};
const latenciesMs = [];
let badStatus = 0;
let broken = 0;
const startedMs = performance.now();
const endMs = startedMs + seconds * 1000;

function post() {
  return new Promise((resolve) => {
    const sentMs = performance.now();
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume().once('end', () => {
        latenciesMs.push(performance.now() - sentMs);
        if (response.statusCode >= 400) badStatus += 1;
        resolve();
      });
    });
    sent.once('error', () => {
      broken += 1;
      resolve();
    });
    sent.end(body);
  });
}

async function caller() {
  while (performance.now() < endMs) await post();
}

await Promise.all(Array.from({ length: concurrency }, caller));
const us = (performance.now() - startedMs) * 1000;
latenciesMs.sort((a, b) => a - b);
const percentileUs = (share) => Math.round((latenciesMs[Math.floor(latenciesMs.length * share)] ?? 0) * 1000);
const p50Us = percentileUs(0.5);
const p99Us = percentileUs(0.99);
console.log(JSON.stringify({ requests: latenciesMs.length, us: Math.round(us), p50Us, p99Us, badStatus, broken }));
agent.destroy();
