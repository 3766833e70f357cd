import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { stringify, parse } from 'yaml';
import { OPERATOR_KEY, ROOT, seededOnce } from '../app.ts';
import { grpcClient, httpClient, type EdgeClient, type Outcome } from '../edge/client.ts';
import { grpcurl } from '../services/grpcurl.ts';
import { runCommand } from '../services/run-command.ts';
import { serviceOrSkip } from '../services/service-or-skip.ts';
import { FETCH_TIMEOUT_MS } from '../services/fetch-once.ts';
import { runGatehouse, startServe, type ServeProcess } from './serve-process.ts';

let seeded: Awaited<ReturnType<typeof seededOnce>>;
beforeAll(async () => {
  seeded = await seededOnce(new Date().toISOString());
});
afterAll(() => seeded.remove());

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

function seededDirectory(): { dataDir: string; key: string } {
  const { dataDir, keys, remove } = seeded.copy();
  undo.push(remove);
  return { dataDir, key: keys['FINT'] ?? '' };
}

function emptyDirectory(): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-e2e-'));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function serving(dataDir: string, env: Readonly<Record<string, string>> = {}): Promise<ServeProcess> {
  const served = await startServe(dataDir, { GATEHOUSE_OPERATOR_KEY: OPERATOR_KEY, ...env });
  undo.push(() => served.end('SIGKILL'));
  return served;
}

function edgeOf(name: 'http' | 'grpc', served: ServeProcess): EdgeClient {
  const edge = name === 'http' ? httpClient(served.httpOrigin) : grpcClient(served.grpcAddress);
  undo.push(() => edge.close());
  return edge;
}

function answerOf(outcome: Outcome): Record<string, unknown> {
  if (!outcome.ok) throw new Error(`refused: ${JSON.stringify(outcome)}`);
  return outcome.answer;
}

describe('two servers on one data directory', () => {
  it.each(['http', 'grpc'] as const)(
    'a write through one is in the next answer of the other, over %s',
    async (name) => {
      const { dataDir, key } = seededDirectory();
      const [one, other] = [edgeOf(name, await serving(dataDir)), edgeOf(name, await serving(dataDir))];
      const check = async (edge: EdgeClient, request: object, token = key): Promise<Outcome> =>
        edge.call('DecisionService', 'Check', { ...request }, token);
      const transfer = { user_id: 'fgst001', permission: 'initiate_transfer' };
      const toggle = { user_id: 'fbas001', feature: 'savings_goals' };
      const seen = { user_id: 'fbas001', relation: 'can_view', object: 'document:a' };
      const writes = [
        { user: 'partner:FINT', relation: 'partner', object: 'document:a' },
        { user: 'user:fbas001', relation: 'viewer', object: 'document:a' },
      ];

      expect(await check(other, transfer)).toMatchObject({ answer: { allowed: false, reason: 'NO_GRANT' } });
      const verification = { verification_id: 'v', level: 'basic', state: 'approved', source: 'internal' };
      answerOf(await one.call('DirectoryService', 'RecordVerification', { user_id: 'fgst001', verification }, key));
      expect(await check(other, transfer)).toMatchObject({ answer: { allowed: true } });

      expect(await check(one, toggle)).toMatchObject({ answer: { allowed: true } });
      const { text } = answerOf(await other.call('PolicyService', 'GetPolicy', {}, key));
      const policy = parse(String(text)) as { features: Record<string, object> };
      policy.features['savings_goals'] = { enabled: false };
      answerOf(await other.call('PolicyService', 'ApplyPolicy', { text: stringify(policy) }, key));
      expect(await check(one, toggle)).toMatchObject({
        answer: { allowed: false, reason: 'FEATURE_DISABLED', policy_version: 2 },
      });

      expect(await check(other, seen)).toMatchObject({ answer: { allowed: false } });
      answerOf(await one.call('RelationshipService', 'WriteRelationships', { writes }, key));
      expect(await check(other, seen)).toMatchObject({ answer: { allowed: true } });
      answerOf(await other.call('RelationshipService', 'WriteRelationships', { deletes: writes }, key));
      expect(await check(one, seen)).toMatchObject({ answer: { allowed: false } });

      const made = await runGatehouse(['keys', 'create', '--provider', 'FINT', '--data-dir', dataDir], {});
      expect(made).toMatchObject({ exitCode: 0, stderr: '' });
      const token = made.stdout.trim();
      expect(await check(one, toggle, token)).toMatchObject({ ok: true });
      expect(await check(other, toggle, token)).toMatchObject({ ok: true });
      await runGatehouse(['keys', 'revoke', token.split('_')[1] ?? '', '--data-dir', dataDir], {});
      for (const edge of [one, other])
        expect(await check(edge, toggle, token)).toMatchObject({ ok: false, code: 'UNAUTHENTICATED' });
    },
  );
});

describe('admission over two servers and several connections is exact (S-12)', () => {
  let servers: ServeProcess[];
  let edges: EdgeClient[];
  let key: string;
  let remove: () => void;

  beforeAll(async () => {
    const copy = seeded.copy();
    ({ remove } = copy);
    key = copy.keys['FINT'] ?? '';
    servers = [await startServe(copy.dataDir), await startServe(copy.dataDir)];
    edges = servers.flatMap((served) => [
      grpcClient(served.grpcAddress),
      grpcClient(served.grpcAddress),
      httpClient(served.httpOrigin),
    ]);
  });
  afterAll(async () => {
    for (const edge of edges) edge.close();
    for (const served of servers) await served.end('SIGKILL');
    remove();
  });

  /** Of each operation two calls are sent at once, to different servers. */
  async function admitAll(userId: string, count: number): Promise<{ first: Outcome[]; again: Outcome[] }> {
    const [first] = edges;
    const opened = answerOf(await (first as EdgeClient).call('SessionService', 'Open', { user_id: userId }, key));
    const { session_id } = opened['session'] as { session_id: string };
    const admit = (n: number, shift: number): Promise<Outcome> =>
      (edges[(n + shift) % edges.length] as EdgeClient).call(
        'SessionService',
        'Admit',
        { session_id, operation_id: `op-${n}` },
        key,
      );
    const outcomes = await Promise.all(
      Array.from({ length: count }, async (_, n) => Promise.all([admit(n, 0), admit(n, 3)])),
    );
    return { first: outcomes.map(([each]) => each), again: outcomes.map(([, each]) => each) };
  }

  it.each([
    [5, 'fgst001'],
    [50, 'fgst002'],
    [1000, 'fgst003'],
  ])('of %i operations of a guest exactly 5 are admitted, and a repeat counts once (S-2)', async (count, userId) => {
    const { first, again } = await admitAll(userId, count);
    const admitted = first.map(answerOf).filter((answer) => answer['admitted'] === true);
    expect(admitted).toHaveLength(5);
    const used = admitted.map((answer) => (answer['quotas'] as { daily: { used: number } }).daily.used);
    expect(used.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5]);
    const refusals = first.map(answerOf).filter((answer) => answer['admitted'] !== true);
    for (const { reason } of refusals) expect(['QUOTA_DAILY', 'USER_IDLE']).toContain(reason);
    first.forEach((outcome, n) => {
      const [one, other] = [answerOf(outcome), answerOf(again[n] as Outcome)];
      const quotaRefused = one['reason'] === 'QUOTA_DAILY';
      if (one['admitted'] === true || quotaRefused) {
        expect([one['replayed'], other['replayed']].filter(Boolean)).toHaveLength(1);
        expect({ ...other, replayed: false, consistency_token: '' }).toEqual({
          ...one,
          replayed: false,
          consistency_token: '',
        });
      }
      expect(other['admitted']).toBe(one['admitted']);
    });
  });

  it.each([
    [5, 'fbas001'],
    [50, 'fbas002'],
    [1000, 'fbas003'],
  ])('of %i operations of a basic user each is counted, and a repeat counts once (S-7)', async (count, userId) => {
    const { first } = await admitAll(userId, count);
    const used = first.map(answerOf).map((answer) => {
      expect(answer['admitted']).toBe(true);
      return (answer['quotas'] as { daily: { used: number } }).daily.used;
    });
    expect(used.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, n) => n + 1));
  });
});

const KILLS = 20;
const WRITES = 1000;
const IN_FLIGHT = 32;

interface Story {
  readonly userId: string;
  created: boolean;
  verified: boolean;
  /** The code of a subscribe that was answered. */
  code?: string;
}

describe('kill -9 in the middle of 1,000 writes', () => {
  it(`${KILLS} times: every answered write is there, none half (B-10)`, { timeout: 240_000 }, async () => {
    const { dataDir, key } = seededDirectory();
    const stories: Story[] = [];
    for (let round = 0; round < KILLS; round += 1) {
      stories.push(...(await killedInTheMiddle(dataDir, key, round)));
    }
    const served = await serving(dataDir);
    const edge = edgeOf('grpc', served);
    expect(stories.filter(({ created }) => created).length).toBeGreaterThan(KILLS);
    expect(stories.filter(({ code }) => code !== undefined).length).toBeGreaterThan(KILLS);
    expect(stories.filter(({ created }) => !created).length).toBeGreaterThan(0);
    for (let from = 0; from < stories.length; from += IN_FLIGHT) {
      await Promise.all(stories.slice(from, from + IN_FLIGHT).map((story) => expectWhole(edge, key, story)));
    }
  });

  /** Creates users, verifies and subscribes them, three writes each, many at a time, until the server is killed under them. */
  async function killedInTheMiddle(dataDir: string, key: string, round: number): Promise<Story[]> {
    const served = await startServe(dataDir);
    const edge = grpcClient(served.grpcAddress);
    const stories = Array.from({ length: Math.ceil(WRITES / 3) }, (_, n): Story => ({
      userId: `k${String(round).padStart(2, '0')}${String(n).padStart(4, '0')}`,
      created: false,
      verified: false,
    }));
    let answered = 0;
    const killAfter = 40 + round * 17;
    let killing: Promise<unknown> | undefined;
    const write = async (
      service: string,
      method: string,
      request: Record<string, unknown>,
    ): Promise<Record<string, unknown> | undefined> => {
      const outcome = await edge.call(service, method, request, key);
      if (!outcome.ok) return undefined;
      answered += 1;
      if (answered >= killAfter) killing ??= served.end('SIGKILL');
      return outcome.answer;
    };
    const next = stories.values();
    const tell = async (): Promise<void> => {
      for (const story of next) {
        const { userId } = story;
        story.created = (await write('DirectoryService', 'CreateUser', { user_id: userId, zone: 'de' })) !== undefined;
        if (!story.created) return;
        const verification = { verification_id: 'v', level: 'basic', state: 'approved', source: 'internal' };
        story.verified =
          (await write('DirectoryService', 'RecordVerification', { user_id: userId, verification })) !== undefined;
        if (!story.verified) return;
        const subscribed = await write('PlanService', 'PlanChange', subscribeOf(userId));
        if (!subscribed) return;
        story.code = String(subscribed['confirmation_code']);
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, tell));
    expect(killing).toBeDefined();
    await killing;
    edge.close();
    return stories;
  }

  const subscribeOf = (userId: string) => ({
    user_id: userId,
    action: 'subscribe',
    plan_id: 'plus',
    idempotency_key: 'k-1',
  });

  async function expectWhole(edge: EdgeClient, key: string, { userId, created, verified, code }: Story): Promise<void> {
    const found = await edge.call('DirectoryService', 'GetUser', { user_id: userId }, key);
    const audit = await edge.call('DirectoryService', 'ListUserAudit', { user_id: userId }, key);
    if (!found.ok) {
      expect({ userId, created, found, audit }).toMatchObject({
        created: false,
        found: { code: 'USER_NOT_FOUND' },
        audit: { code: 'USER_NOT_FOUND' },
      });
      return;
    }
    const user = found.answer['user'] as { type: string; sub_status: string; status: string };
    const events = (answerOf(audit)['entries'] as { event: string }[]).map(({ event }) => event);
    const stages = [
      ['UserCreated'],
      ['UserCreated', 'VerificationRecorded', 'RoleChanged', 'SubBaselineSet'],
      ['UserCreated', 'VerificationRecorded', 'RoleChanged', 'SubBaselineSet', 'SigningStarted'],
    ];
    const told = code !== undefined ? 2 : verified ? 1 : 0;
    const stage = stages.findIndex(
      (wanted) => wanted.length === events.length && wanted.every((event) => events.includes(event)),
    );
    expect({ userId, events, stage }).toMatchObject({ stage: expect.any(Number) as number });
    expect(stage).toBeGreaterThanOrEqual(told);
    expect(user).toMatchObject(
      stage === 0 ? { type: 'guest', sub_status: 'absent' } : { type: 'basic', sub_status: 'unsigned' },
    );
    if (code === undefined) return;
    expect(await edge.call('PlanService', 'PlanChange', subscribeOf(userId), key)).toMatchObject({
      answer: { done: true, replayed: true, confirmation_code: code },
    });
  }
});

describe('a graceful stop', () => {
  it('finishes what is in flight, refuses what is new, and ends with 0', async () => {
    const { dataDir, key } = seededDirectory();
    const served = await serving(dataDir);
    const { hostname, port } = new URL(served.httpOrigin);
    const socket: Socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    const body = JSON.stringify({ user_id: 'slow001', zone: 'de' });
    socket.write(
      `POST /v1/users HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body.slice(0, 5)}`,
    );
    const grpc = edgeOf('grpc', served);
    const burst = Array.from({ length: 200 }, (_, n) =>
      grpc.call('DirectoryService', 'CreateUser', { user_id: `g${String(n).padStart(6, '0')}`, zone: 'de' }, key),
    );
    await burst[0];
    const ended = served.end('SIGTERM');
    let draining = 0;
    while (draining !== 503)
      draining = (await fetch(`${served.adminOrigin}/readyz`).catch(() => undefined))?.status ?? 503;
    await expect(
      fetch(`${served.httpOrigin}/v1/plans`, { headers: { authorization: `Bearer ${key}` } }),
    ).rejects.toThrow();

    socket.write(body.slice(5));
    let answer = '';
    socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
    await once(socket, 'close');
    expect(answer).toMatch(/^HTTP\/1\.1 201 /);
    const outcomes = await Promise.all(burst);
    expect(await ended).toBe(0);
    for (const outcome of outcomes) if (!outcome.ok) expect(['UNAVAILABLE', 'CANCELLED']).toContain(outcome.grpc);

    const again = edgeOf('grpc', await serving(dataDir));
    const found = (userId: string): Promise<Outcome> =>
      again.call('DirectoryService', 'GetUser', { user_id: userId }, key);
    expect(await found('slow001')).toMatchObject({ ok: true });
    for (const [n, outcome] of outcomes.entries()) {
      if (outcome.ok) expect(await found(`g${String(n).padStart(6, '0')}`)).toMatchObject({ ok: true });
    }
  });
});

describe('a start that fails says why in one sentence, and by its exit code', () => {
  async function expectFailure(env: Readonly<Record<string, string>>, exitCode: number, says: RegExp): Promise<void> {
    const outcome = await runGatehouse(['serve'], env);
    const lines = outcome.stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{'));
    expect({ exitCode: outcome.exitCode, lines, stdout: outcome.stdout }).toMatchObject({
      exitCode,
      lines: [expect.stringMatching(says)],
      stdout: '',
    });
    expect(outcome.stderr).not.toMatch(/^\s+at /m);
  }

  it.each(['HTTP', 'GRPC', 'ADMIN'])('a taken port of the %s address', async (edge) => {
    const { dataDir } = seededDirectory();
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    undo.push(() => taken.close());
    const address = `127.0.0.1:${(taken.address() as AddressInfo).port}`;
    await expectFailure(
      { GATEHOUSE_DATA_DIR: dataDir, [`GATEHOUSE_${edge}_ADDR`]: address },
      64,
      new RegExp(address.replaceAll('.', '\\.')),
    );
  });

  it('a data directory that cannot be written', async () => {
    const folder = emptyDirectory();
    const file = join(folder, 'file');
    writeFileSync(file, '');
    await expectFailure({ GATEHOUSE_DATA_DIR: join(file, 'data') }, 65, /data/);
  });

  it('a broken policy, on a first start and on a later one', async () => {
    const policies = join(emptyDirectory(), 'policies');
    cpSync(join(ROOT, 'policies'), policies, { recursive: true });
    writeFileSync(join(policies, 'FINT.yaml'), 'provider_id: FINT\nname: Fintra\ntime_zone: Mars/Olympus\n');
    const env = { GATEHOUSE_POLICIES: policies };
    await expectFailure({ ...env, GATEHOUSE_DATA_DIR: join(emptyDirectory(), 'data') }, 66, /FINT\.yaml.*time_zone/);
    await expectFailure({ ...env, GATEHOUSE_DATA_DIR: seededDirectory().dataDir }, 66, /FINT\.yaml.*time_zone/);
  });

  it('a configuration that is none', async () => {
    await expectFailure(
      { GATEHOUSE_HTTP_ADDR: 'nowhere', GATEHOUSE_DATA_DIR: emptyDirectory() },
      67,
      /GATEHOUSE_HTTP_ADDR/,
    );
  });
});

describe('the first start', () => {
  it(
    'prints each key once and lines that work when pasted; a later one prints the addresses alone',
    { timeout: FETCH_TIMEOUT_MS },
    async (ctx) => {
      const dataDir = join(emptyDirectory(), 'data');
      const first = await startServe(dataDir);
      undo.push(() => first.end('SIGKILL'));
      expect(Object.keys(first.keys).sort()).toEqual(['BTOB', 'FINT', 'MDIA', 'operator']);
      const lines = first.printed.split('\n').map((line) => line.trim());
      const [curl, explain, call, ...rest] = lines.slice(lines.indexOf('Try:') + 1).filter((line) => line !== '');
      expect(rest).toEqual([]);
      const paste = async (line = '', env: Record<string, string> = {}): Promise<Record<string, unknown>> => {
        const { exitCode, stdout, stderr } = await runCommand('sh', ['-c', line], { env, timeoutMs: 30_000 });
        expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
        return JSON.parse(stdout) as Record<string, unknown>;
      };
      expect(await paste(curl)).toMatchObject({ allowed: true, reason: 'ALLOWED', policy_version: 1 });
      expect(await paste(explain)).toMatchObject({ allowed: true, causes: [], user: { type: 'guest' } });
      await first.end('SIGTERM');

      const later = await startServe(dataDir, {
        GATEHOUSE_HTTP_ADDR: new URL(first.httpOrigin).host,
        GATEHOUSE_GRPC_ADDR: first.grpcAddress,
      });
      undo.push(() => later.end('SIGKILL'));
      expect(later.printed).not.toMatch(/ghk_|Try|curl/);
      expect(later.printed.trim().split('\n')).toHaveLength(4);
      expect(await paste(curl)).toMatchObject({ allowed: true });

      const binary = await serviceOrSkip(ctx, grpcurl);
      const PATH = [dirname(binary), process.env['PATH']].join(delimiter);
      expect(await paste(call, { PATH })).toMatchObject({ allowed: true, reason: 'ALLOWED' });
    },
  );

  it('keys are made, listed and revoked by the command line, in force at once on a running server', async () => {
    const { dataDir, key } = seededDirectory();
    const edge = edgeOf('http', await serving(dataDir));
    const keys = (...args: string[]) => runGatehouse(['keys', ...args], { GATEHOUSE_DATA_DIR: dataDir });
    const made = await keys(
      'create',
      '--provider',
      'FINT',
      '--scopes',
      'check',
      '--label',
      'gateway',
      '--expires-in-days',
      '7',
    );
    expect(made).toMatchObject({ exitCode: 0, stderr: '' });
    const token = made.stdout.trim();
    const keyId = token.split('_')[1] ?? '';
    const login = { user_id: 'fbas001', permission: 'login' };
    expect(await edge.call('DecisionService', 'Check', login, token)).toMatchObject({ ok: true });
    expect(await edge.call('PolicyService', 'GetPolicy', {}, token)).toMatchObject({
      ok: false,
      http: 403,
      code: 'SCOPE_MISSING',
    });

    const listed = await keys('list');
    const row = listed.stdout
      .split('\n')
      .map((line) => line.split('\t'))
      .find(([id]) => id === keyId);
    expect(row).toMatchObject([keyId, 'FINT', 'active', 'check', expect.any(String), expect.any(String), 'gateway']);
    expect(listed.stdout).not.toContain(token.split('_').slice(2).join('_'));

    expect(await keys('revoke', keyId)).toMatchObject({ exitCode: 0 });
    expect(await edge.call('DecisionService', 'Check', login, token)).toMatchObject({ ok: false, http: 401 });
    expect((await keys('list')).stdout).toMatch(new RegExp(`^${keyId}\tFINT\trevoked\t`, 'm'));
    expect(await edge.call('DecisionService', 'Check', login, key)).toMatchObject({ ok: true });
    expect(await keys('revoke', 'aaaaaaaaaaaa')).toMatchObject({
      exitCode: 1,
      stderr: 'there is no key aaaaaaaaaaaa\n',
    });
    expect(await keys('create', '--provider', 'NONE')).toMatchObject({ exitCode: 1, stderr: 'no such partner\n' });
    expect(await keys('create', '--scopes', 'everything')).toMatchObject({ exitCode: 2 });
  });
});
