import { performance } from 'node:perf_hooks';
import { parse, stringify } from 'yaml';
import { OPERATOR_KEY } from '../app.ts';
import { grpcClient, httpClient, type EdgeClient, type Outcome } from '../edge/client.ts';
import { startServe, type ServeProcess } from '../e2e/serve-process.ts';

/** What one caller was told of one operation. */
export interface Told {
  readonly operationId: string;
  /** `failed`: no answer but an error; `code` says which. */
  readonly kind: 'admitted' | 'refused' | 'failed';
  /** The reason of an answer, the code of an error. */
  readonly code: string;
  readonly replayed: boolean;
  readonly degraded: boolean;
  /** Operations of the day after this one; undefined without quotas. */
  readonly used: number | undefined;
  readonly warnings: readonly string[];
  readonly tookMs: number;
}

/** One connection of its own to one of the servers. */
export interface Lane {
  readonly server: number;
  admit(sessionId: string, operationId: string): Promise<Told>;
}

/** Several servers that share a store, and many connections to each. */
export interface Fleet {
  readonly servers: readonly ServeProcess[];
  /** Server by server in turn. */
  readonly lanes: readonly Lane[];
  /** A call on the first server; throws where it fails. */
  call(service: string, method: string, request: Record<string, unknown>): Promise<Record<string, unknown>>;
  /** Opens a session of a new user of this role. */
  newUser(userId: string, role: 'guest' | 'basic'): Promise<string>;
  /** Changes the partner's policy by the text of its file. */
  changePolicy(change: (policy: Record<string, Record<string, unknown>>) => void): Promise<void>;
  end(): Promise<void>;
}

/** So that no two clients share a connection. */
const OWN_CONNECTION = { 'grpc.use_local_subchannel_pool': 1 };

export interface FleetRequest {
  readonly dataDir: string;
  /** An API key of the partner. */
  readonly key: string;
  readonly servers: number;
  readonly connectionsEach: number;
  readonly env?: Readonly<Record<string, string>>;
}

export async function startFleet({ dataDir, key, servers: count, connectionsEach, env }: FleetRequest): Promise<Fleet> {
  const starting = Array.from({ length: count }, () =>
    startServe(dataDir, { GATEHOUSE_OPERATOR_KEY: OPERATOR_KEY, GATEHOUSE_LOG_LEVEL: 'error', ...env }),
  );
  const servers = await Promise.all(starting);
  const clients = Array.from({ length: count * connectionsEach }, (_, n) =>
    grpcClient(servers[n % count]?.grpcAddress ?? '', OWN_CONNECTION),
  );
  const control: EdgeClient = httpClient(servers[0]?.httpOrigin ?? '');
  const call: Fleet['call'] = async (service, method, request) => {
    const outcome = await control.call(service, method, request, key);
    if (!outcome.ok) throw new Error(`${service}.${method}: ${JSON.stringify(outcome)}`);
    return outcome.answer;
  };
  return {
    servers,
    lanes: clients.map((client, n) => ({
      server: n % count,
      async admit(sessionId, operationId) {
        const sentMs = performance.now();
        const request = { session_id: sessionId, operation_id: operationId };
        const outcome = await client.call('SessionService', 'Admit', request, key);
        return toldOf(operationId, outcome, performance.now() - sentMs);
      },
    })),
    call,
    async newUser(userId, role) {
      await call('DirectoryService', 'CreateUser', { user_id: userId, zone: 'de' });
      if (role === 'basic') {
        const verification = { verification_id: 'v', level: 'basic', state: 'approved', source: 'internal' };
        await call('DirectoryService', 'RecordVerification', { user_id: userId, verification });
      }
      const { session } = await call('SessionService', 'Open', { user_id: userId });
      return (session as { session_id: string }).session_id;
    },
    async changePolicy(change) {
      const { text } = await call('PolicyService', 'GetPolicy', {});
      const policy = parse(String(text)) as Record<string, Record<string, unknown>>;
      change(policy);
      const applied = await call('PolicyService', 'ApplyPolicy', { text: stringify(policy) });
      if (applied['applied'] !== true) throw new Error(`not applied: ${JSON.stringify(applied)}`);
    },
    async end() {
      for (const client of clients) client.close();
      await Promise.all(servers.map((served) => served.end('SIGKILL')));
    },
  };
}

function toldOf(operationId: string, outcome: Outcome, tookMs: number): Told {
  if (!outcome.ok) {
    const { code } = outcome;
    const nothing = { replayed: false, degraded: false, used: undefined, warnings: [] };
    return { operationId, kind: 'failed', code, tookMs, ...nothing };
  }
  const { admitted, reason, replayed, degraded, quotas, warnings } = outcome.answer as {
    admitted?: boolean;
    reason: string;
    replayed?: boolean;
    degraded?: boolean;
    quotas?: { daily: { used: number } } | null;
    warnings?: { code: string }[];
  };
  return {
    operationId,
    kind: admitted === true ? 'admitted' : 'refused',
    code: reason,
    replayed: replayed === true,
    degraded: degraded === true,
    used: quotas?.daily.used,
    warnings: (warnings ?? []).map(({ code }) => code),
    tookMs,
  };
}

/** All lanes at once, each one operation after the other. */
export async function driveLanes(
  lanes: readonly Lane[],
  each: number,
  work: (lane: Lane, n: number) => Promise<Told>,
): Promise<Told[]> {
  const rows = await Promise.all(
    lanes.map(async (lane, l) => {
      const told: Told[] = [];
      for (let n = 0; n < each; n += 1) told.push(await work(lane, l * each + n));
      return told;
    }),
  );
  return rows.flat();
}

/** How often each code was told. */
export function tally(told: readonly Told[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { code } of told) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}
