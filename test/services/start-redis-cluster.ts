import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './free-port.ts';
import { startRedis, type RunningRedis } from './start-redis.ts';

export interface RunningRedisCluster {
  readonly nodes: readonly RunningRedis[];
  /** The URLs of all nodes, comma-separated. */
  readonly url: string;
  stop(): Promise<void>;
}

const NODES = 3;
const SLOTS = 16_384;
const READY_TIMEOUT_MS = 20_000;
const POLL_MS = 50;

/** Three masters that share the slots, and no replicas; `undefined` where Redis cannot be had (an error then under `CI=true`). */
export async function startRedisCluster(): Promise<RunningRedisCluster | undefined> {
  const nodes: RunningRedis[] = [];
  const buses: number[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()));
  };
  try {
    for (let n = 0; n < NODES; n += 1) {
      const bus = await freePort();
      const node = await startRedis({ conf: { 'cluster-enabled': 'yes', 'cluster-port': String(bus) } });
      if (!node) return undefined;
      nodes.push(node);
      buses.push(bus);
    }
    await join(nodes, buses);
  } catch (error) {
    await stop();
    throw error;
  }
  return { nodes, url: nodes.map((node) => node.url).join(','), stop };
}

async function join(nodes: readonly RunningRedis[], buses: readonly number[]): Promise<void> {
  for (const [n, node] of nodes.entries()) {
    const first = Math.ceil((SLOTS * n) / NODES);
    const last = Math.ceil((SLOTS * (n + 1)) / NODES) - 1;
    await node.client().call('CLUSTER', 'ADDSLOTSRANGE', first, last);
    for (const [other, { port }] of nodes.entries()) {
      if (other !== n) await node.client().call('CLUSTER', 'MEET', '127.0.0.1', port, buses[other] ?? 0);
    }
  }
  const deadlineMs = Date.now() + READY_TIMEOUT_MS;
  for (const node of nodes) {
    while (!isWhole(String(await node.client().call('CLUSTER', 'INFO')))) {
      if (Date.now() > deadlineMs) throw new Error(`the cluster was not whole within ${READY_TIMEOUT_MS} ms`);
      await delay(POLL_MS);
    }
  }
}

const isWhole = (state: string): boolean =>
  state.includes('cluster_state:ok') && state.includes(`cluster_known_nodes:${NODES}`);
