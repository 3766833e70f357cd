import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { loadSync, type ServiceDefinition } from '@grpc/proto-loader';
import { service as healthService } from 'grpc-health-check';
import { afterEach, describe, expect, it } from 'vitest';
import { formatAddress, ListenError, parseAddress, type Address } from '../../../src/wire/address.ts';
import { startFixture, type EdgeFixture } from './edge-fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-'));
const socket = (name: string): Address => ({ kind: 'unix', path: join(folder, name) });
const user_id = 'abcdefg';

let open: EdgeFixture[] = [];
async function start(...overrides: Parameters<typeof startFixture>): Promise<EdgeFixture> {
  const fixture = await startFixture(...overrides);
  open.push(fixture);
  return fixture;
}
afterEach(async () => {
  await Promise.all(open.map((fixture) => fixture.close()));
  open = [];
});

const adminUrl = (fixture: EdgeFixture) => `http://${formatAddress(fixture.edges.addresses.admin)}`;

async function health(fixture: EdgeFixture, service: string): Promise<string> {
  const client = new grpc.Client(formatAddress(fixture.edges.addresses.grpc), grpc.credentials.createInsecure());
  const check = healthService['Check'];
  if (!check) throw new Error('no health check');
  const answer = await new Promise<{ status: string }>((resolve, reject) => {
    client.makeUnaryRequest(
      check.path,
      check.requestSerialize,
      check.responseDeserialize,
      { service },
      (error, response) => {
        if (error) reject(error);
        else resolve(response as { status: string });
      },
    );
  });
  client.close();
  return answer.status;
}

function getOverSocket(path: string, url: string): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: 'Bearer ghk_good' };
    httpRequest({ socketPath: path, path: url, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      response.on('end', () => resolve({ status: response.statusCode, body }));
    })
      .on('error', reject)
      .end();
  });
}

describe('addresses', () => {
  it.each([
    ['127.0.0.1:8480', { kind: 'tcp', host: '127.0.0.1', port: 8480 }],
    ['localhost:0', { kind: 'tcp', host: 'localhost', port: 0 }],
    ['[::1]:8480', { kind: 'tcp', host: '::1', port: 8480 }],
    ['unix:/run/gatehouse.sock', { kind: 'unix', path: '/run/gatehouse.sock' }],
  ])('%s is read, and written the same', (text, address) => {
    expect(parseAddress(text)).toEqual(address);
    expect(formatAddress(address as Address)).toBe(text);
  });

  it.each([
    '',
    '8480',
    'localhost',
    'localhost:',
    'host:65536',
    'http://host:1',
    '::1:80',
    'unix:relative.sock',
    `unix:/${'x'.repeat(100)}`,
  ])('"%s" is none', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  it('serves both edges on Unix sockets', async () => {
    const [httpAddr, grpcAddr] = [socket('http.sock'), socket('grpc.sock')];
    const fixture = await start({ httpAddr, grpcAddr });
    fixture.release();
    expect((await fixture.rpc('DecisionService/Check', { user_id })).code).toBe(grpc.status.OK);
    const answer = await getOverSocket(join(folder, 'http.sock'), '/v1/sessions/s.1');
    expect(answer.status).toBe(200);
    await fixture.close();
    expect(existsSync(join(folder, 'http.sock'))).toBe(false);
    expect(existsSync(join(folder, 'grpc.sock'))).toBe(false);
  });

  it.each(['httpAddr', 'grpcAddr', 'adminAddr'] as const)(
    '%s that is taken stops the start with one sentence, and the other edges',
    async (name) => {
      const first = await start();
      const taken = {
        httpAddr: first.edges.addresses.http,
        grpcAddr: first.edges.addresses.grpc,
        adminAddr: first.edges.addresses.admin,
      }[name];
      const failing = startFixture({ [name]: taken });
      await expect(failing).rejects.toThrow(ListenError);
      await expect(failing).rejects.toThrow(
        `cannot listen on ${formatAddress(taken)}: the address is taken by another program`,
      );
    },
  );

  it.each(['httpAddr', 'grpcAddr'] as const)('%s on a socket that somebody serves is left alone', async (name) => {
    const address = socket(`served-${name}.sock`);
    const first = await start({ [name]: address });
    await expect(startFixture({ [name]: address })).rejects.toThrow('the address is taken by another program');
    first.release();
    expect((await first.rpc('DecisionService/Check', { user_id })).code).toBe(grpc.status.OK);
  });

  it.each(['httpAddr', 'grpcAddr'] as const)('%s replaces the socket file of a dead server', async (name) => {
    const path = join(folder, `dead-${name}.sock`);
    await leaveDeadSocket(path);
    expect(existsSync(path)).toBe(true);
    await start({ [name]: { kind: 'unix', path } });
  });

  it('removes no file that is no socket', async () => {
    const path = join(folder, 'precious');
    writeFileSync(path, 'kept');
    await expect(startFixture({ httpAddr: { kind: 'unix', path } })).rejects.toThrow(
      'a file that is no socket is in its place',
    );
    expect(existsSync(path)).toBe(true);
    rmSync(path);
  });
});

/** A socket file whose server died without removing it: bound under another name, then moved. */
async function leaveDeadSocket(path: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(`${path}.live`, resolve));
  renameSync(`${path}.live`, path);
  await new Promise((resolve) => server.close(resolve));
}

describe('the admin address', () => {
  it('tells that the process lives and is ready, with detail', async () => {
    const fixture = await start();
    expect(await (await fetch(`${adminUrl(fixture)}/livez`)).text()).toBe('ok\n');
    const ready = await fetch(`${adminUrl(fixture)}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([200, { ready: true, staleness_ms: 0 }]);
    expect((await fetch(`${adminUrl(fixture)}/other`)).status).toBe(404);
    expect((await fetch(`${adminUrl(fixture)}/livez`, { method: 'POST' })).status).toBe(405);
  });

  it('counts calls by protocol, method and code', async () => {
    const fixture = await start();
    await fixture.rpc('DecisionService/Check', { user_id });
    await fixture.rpc('DecisionService/Check', { user_id });
    await fixture.rpc('DecisionService/Check', {});
    await fixture.http('/v1/check', { method: 'POST', body: JSON.stringify({ user_id }) });
    await fixture.http('/v1/check', { method: 'POST', body: '{' });
    const text = await (await fetch(`${adminUrl(fixture)}/metrics`)).text();
    for (const line of [
      'gatehouse_calls_total{protocol="grpc",method="DecisionService/Check",code="OK"} 2',
      'gatehouse_calls_total{protocol="grpc",method="DecisionService/Check",code="INVALID_ARGUMENT"} 1',
      'gatehouse_calls_total{protocol="http",method="DecisionService/Check",code="OK"} 1',
      'gatehouse_calls_total{protocol="http",method="DecisionService/Check",code="MALFORMED_JSON"} 1',
      'gatehouse_call_seconds_count{protocol="grpc",method="DecisionService/Check"} 3',
      'gatehouse_call_seconds_bucket{protocol="http",method="DecisionService/Check",le="+Inf"} 2',
      '# service metrics',
    ]) {
      expect(text).toContain(line);
    }
    expect(text).toContain('process_cpu_seconds_total');
  });
});

describe('the log of calls', () => {
  it('has a line a call at level debug, and no credential', async () => {
    const fixture = await start({ level: 'debug' });
    await fixture.rpc('DecisionService/Check', { user_id });
    await fixture.http('/v1/check', { method: 'POST', body: '{}' });
    const lines = fixture.logged.filter(({ level }) => level === 'debug');
    expect(lines.map(({ fields }) => [fields?.['protocol'], fields?.['method'], fields?.['code']])).toEqual([
      ['grpc', 'DecisionService/Check', 'OK'],
      ['http', 'DecisionService/Check', 'INVALID_ARGUMENT'],
    ]);
    expect(JSON.stringify(fixture.logged)).not.toContain('ghk_');
  });
});

/** Asks the reflection service what `grpcurl list` asks. */
async function reflectedServices(fixture: EdgeFixture): Promise<string[]> {
  const reflection = createRequire(import.meta.url).resolve('@grpc/reflection/package.json');
  const definition = loadSync('grpc/reflection/v1/reflection.proto', {
    includeDirs: [join(dirname(reflection), 'build/proto')],
    keepCase: true,
  })['grpc.reflection.v1.ServerReflection'] as ServiceDefinition;
  const method = definition['ServerReflectionInfo'];
  if (!method) throw new Error('no reflection');
  const client = new grpc.Client(formatAddress(fixture.edges.addresses.grpc), grpc.credentials.createInsecure());
  const stream = client.makeBidiStreamRequest(method.path, method.requestSerialize, method.responseDeserialize);
  const [answer] = (await new Promise<unknown[]>((resolve, reject) => {
    stream.once('data', (data: unknown) => resolve([data]));
    stream.once('error', reject);
    stream.write({ list_services: '' });
  })) as [{ list_services_response: { service: { name: string }[] } }];
  stream.end();
  client.close();
  return answer.list_services_response.service.map(({ name }) => name);
}

describe('health and reflection', () => {
  it('lists the services of the table', async () => {
    const fixture = await start();
    expect((await reflectedServices(fixture)).sort()).toEqual([
      'gatehouse.v1.DecisionService',
      'gatehouse.v1.DirectoryService',
      'gatehouse.v1.SessionService',
    ]);
  });

  it('says SERVING of the server and of each service', async () => {
    const fixture = await start();
    expect(await health(fixture, '')).toBe('SERVING');
    expect(await health(fixture, 'gatehouse.v1.DecisionService')).toBe('SERVING');
    await expect(health(fixture, 'gatehouse.v1.Nothing')).rejects.toMatchObject({ code: grpc.status.NOT_FOUND });
  });
});

describe('a graceful stop', () => {
  const waiting = async (fixture: EdgeFixture, calls: number) => {
    await expect.poll(() => fixture.seen.length).toBe(calls);
  };

  it('finishes the calls in flight over both edges, refuses new ones, and is not ready meanwhile', async () => {
    const fixture = await start();
    const overGrpc = fixture.rpc('SessionService/Get', { session_id: 's.1' });
    const overHttp = fixture.http('/v1/sessions/s.2');
    await waiting(fixture, 2);
    const stopped = fixture.edges.stop({ graceMs: 5000 });
    const ready = await fetch(`${adminUrl(fixture)}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([503, { ready: false, draining: true }]);
    await expect(fetch(`${fixture.url}/v1/sessions/s.3`)).rejects.toThrow();
    fixture.release();
    expect(await overGrpc).toMatchObject({ code: grpc.status.OK, response: { session: { session_id: 's.1' } } });
    const answer = await overHttp;
    expect(answer).toMatchObject({ status: 200, body: { session: { session_id: 's.2' } } });
    expect(answer.headers.get('connection')).toBe('close');
    await stopped;
    expect((await fixture.rpc('DecisionService/Check', { user_id })).code).toBe(grpc.status.UNAVAILABLE);
    expect(fixture.seen).toHaveLength(2);
  });

  it('ends what is still in flight when the grace is over', async () => {
    const fixture = await start();
    const overGrpc = fixture.rpc('SessionService/Get', { session_id: 's.1' });
    const overHttp = fixture.http('/v1/sessions/s.2').catch((error: unknown) => error);
    await waiting(fixture, 2);
    await fixture.edges.stop({ graceMs: 20 });
    expect((await overGrpc).code).not.toBe(grpc.status.OK);
    expect(await overHttp).toBeInstanceOf(TypeError);
  });
});
