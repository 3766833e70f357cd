import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError, loadConfig, SETTINGS, type ConfigProblem, type Flags } from '../../src/config.ts';
import { ADDRESS_RULE } from '../../src/wire/address.ts';

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const KEY = `ghk_abcdefghijkl_${'A'.repeat(43)}`;

function problemsOf(sources: Parameters<typeof loadConfig>[0]): readonly ConfigProblem[] {
  try {
    loadConfig(sources);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems;
  }
}

describe('the configuration', () => {
  it('is the embedded service on the loopback without any setting', () => {
    const config = loadConfig({ env: {} });
    expect(config).toMatchObject({
      httpAddr: { kind: 'tcp', host: '127.0.0.1', port: 8480 },
      grpcAddr: { kind: 'tcp', host: '127.0.0.1', port: 8481 },
      adminAddr: { kind: 'tcp', host: '127.0.0.1', port: 8482 },
      dataDir: resolve('data'),
      modelsDir: resolve('models'),
      policiesDir: resolve('policies'),
      protosDir: resolve('proto'),
      operatorKey: undefined,
      logLevel: 'info',
      decisionLog: undefined,
      seed: true,
    });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it.each<[string, NodeJS.ProcessEnv, object]>([
    [
      'GATEHOUSE_HTTP_ADDR',
      { GATEHOUSE_HTTP_ADDR: 'unix:/run/g.sock' },
      { httpAddr: { kind: 'unix', path: '/run/g.sock' } },
    ],
    ['GATEHOUSE_GRPC_ADDR', { GATEHOUSE_GRPC_ADDR: '[::]:1' }, { grpcAddr: { kind: 'tcp', host: '::', port: 1 } }],
    [
      'GATEHOUSE_ADMIN_ADDR',
      { GATEHOUSE_ADMIN_ADDR: '0.0.0.0:0' },
      { adminAddr: { kind: 'tcp', host: '0.0.0.0', port: 0 } },
    ],
    ['GATEHOUSE_DATA_DIR', { GATEHOUSE_DATA_DIR: '/var/lib/g' }, { dataDir: '/var/lib/g' }],
    ['GATEHOUSE_MODELS', { GATEHOUSE_MODELS: '/etc/g/models' }, { modelsDir: '/etc/g/models' }],
    ['GATEHOUSE_POLICIES', { GATEHOUSE_POLICIES: '/etc/g/policies' }, { policiesDir: '/etc/g/policies' }],
    ['GATEHOUSE_PROTOS', { GATEHOUSE_PROTOS: '/etc/g/proto' }, { protosDir: '/etc/g/proto' }],
    ['GATEHOUSE_OPERATOR_KEY', { GATEHOUSE_OPERATOR_KEY: KEY }, { operatorKey: KEY }],
    ['GATEHOUSE_OPERATOR_KEY_FILE', { GATEHOUSE_OPERATOR_KEY_FILE: file('key', `${KEY}\n`) }, { operatorKey: KEY }],
    ['GATEHOUSE_LOG_LEVEL', { GATEHOUSE_LOG_LEVEL: 'debug' }, { logLevel: 'debug' }],
    ['GATEHOUSE_DECISION_LOG', { GATEHOUSE_DECISION_LOG: '/var/log/d.jsonl' }, { decisionLog: '/var/log/d.jsonl' }],
    ['GATEHOUSE_SEED', { GATEHOUSE_SEED: 'false' }, { seed: false }],
    [
      'an empty variable, as unset',
      { GATEHOUSE_HTTP_ADDR: '', GATEHOUSE_MONGODB_URL: '' },
      { httpAddr: { port: 8480 } },
    ],
  ])('reads %s', (_variable, env, expected) => {
    expect(loadConfig({ env })).toMatchObject(expected);
  });

  it('lets flags go before the environment, and that before the file', () => {
    const path = file(
      'layers.yaml',
      'http_addr: 127.0.0.1:1\ngrpc_addr: 127.0.0.1:1\nadmin_addr: 127.0.0.1:1\nseed: false\n',
    );
    const env = { GATEHOUSE_HTTP_ADDR: '127.0.0.1:2', GATEHOUSE_GRPC_ADDR: '127.0.0.1:2' };
    const flags: Flags = { http_addr: '127.0.0.1:3' };
    expect(loadConfig({ flags, file: path, env })).toMatchObject({
      httpAddr: { port: 3 },
      grpcAddr: { port: 2 },
      adminAddr: { port: 1 },
      seed: false,
    });
  });

  it('takes an empty file', () => {
    expect(loadConfig({ file: file('empty.yaml', ''), env: {} }).logLevel).toBe('info');
  });

  it.each(['GATEHOUSE_MONGODB_URL', 'GATEHOUSE_OPENFGA_URL'])(
    '%s is refused: no other store is used unawares',
    (variable) => {
      const rule = 'this store is not in this version; leave it unset to run on the embedded one';
      expect(problemsOf({ env: { [variable]: 'x://y' } })).toEqual([{ variable, rule }]);
    },
  );

  it.each([
    'redis://127.0.0.1:6379',
    'rediss://user:pa%2Fss@redis.example:6380/3',
    'redis://a:7000,redis://b:7001,redis://c:7002',
  ])('takes %s as the store of sessions and quotas', (url) => {
    expect(loadConfig({ env: { GATEHOUSE_REDIS_URL: url } }).redis).toEqual({ url, timeoutMs: 100 });
  });

  it('reads the address of Redis from a file, and its timeout from YAML', () => {
    const env = { GATEHOUSE_REDIS_URL_FILE: file('redis', 'redis://:secret@h:1\n') };
    const path = file('redis.yaml', 'redis_timeout_ms: 50\n');
    expect(loadConfig({ env, file: path }).redis).toEqual({ url: 'redis://:secret@h:1', timeoutMs: 50 });
  });

  it('reads the certificates of Redis from a file, and refuses what is none', () => {
    const pem = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----';
    const url = 'rediss://redis.example:6380';
    const env = { GATEHOUSE_REDIS_URL: url, GATEHOUSE_REDIS_CA_FILE: file('ca.pem', `${pem}\n`) };
    expect(loadConfig({ env }).redis).toEqual({ url, timeoutMs: 100, ca: pem });
    const [problem] = problemsOf({ env: { GATEHOUSE_REDIS_CA: '/etc/ca.pem' } });
    expect(problem).toEqual({ variable: 'GATEHOUSE_REDIS_CA', rule: 'certificates in PEM' });
  });

  it.each(['http://h:1', 'h:6379', 'redis://:secret@', 'redis://:secret@h/name', 'redis://a:1,b:2'])(
    'refuses %s as an address of Redis, and does not repeat it',
    (url) => {
      const [problem, ...more] = problemsOf({ env: { GATEHOUSE_REDIS_URL: url } });
      expect(problem?.variable).toBe('GATEHOUSE_REDIS_URL');
      expect(problem?.rule).not.toContain(url);
      expect(more).toEqual([]);
    },
  );

  it.each(['4', '5001', '1.5', '-1', 'fast'])('refuses a timeout of %s ms', (text) => {
    const variable = 'GATEHOUSE_REDIS_TIMEOUT_MS';
    expect(problemsOf({ env: { [variable]: text } })).toEqual([
      { variable, rule: 'a whole number of milliseconds, 5 to 5000' },
    ]);
  });

  it.each<[string, Parameters<typeof loadConfig>[0], ConfigProblem]>([
    ['an address', { env: { GATEHOUSE_HTTP_ADDR: '8480' } }, { variable: 'GATEHOUSE_HTTP_ADDR', rule: ADDRESS_RULE }],
    [
      'one address for two edges',
      { env: { GATEHOUSE_HTTP_ADDR: '127.0.0.1:8481' } },
      { variable: 'GATEHOUSE_HTTP_ADDR', rule: 'three addresses that differ: HTTP, gRPC and admin' },
    ],
    ['a flag', { env: {}, flags: { grpc_addr: 'x' } }, { variable: 'GATEHOUSE_GRPC_ADDR', rule: ADDRESS_RULE }],
    [
      'a level',
      { env: { GATEHOUSE_LOG_LEVEL: 'loud' } },
      { variable: 'GATEHOUSE_LOG_LEVEL', rule: 'one of debug, info, warn, error, silent' },
    ],
    ['a switch', { env: { GATEHOUSE_SEED: 'maybe' } }, { variable: 'GATEHOUSE_SEED', rule: 'one of true, false' }],
    [
      'a key',
      { env: { GATEHOUSE_OPERATOR_KEY: 'hunter2' } },
      { variable: 'GATEHOUSE_OPERATOR_KEY', rule: 'ghk_<12 characters a-z 0-9>_<43 characters of base64url>' },
    ],
    [
      'a missing secret file',
      { env: { GATEHOUSE_OPERATOR_KEY_FILE: '/nowhere/key' } },
      { variable: 'GATEHOUSE_OPERATOR_KEY_FILE', rule: 'the file /nowhere/key cannot be read' },
    ],
    [
      'two sources',
      { env: { GATEHOUSE_SEED: 'true', GATEHOUSE_SEED_FILE: '/x' } },
      { variable: 'GATEHOUSE_SEED', rule: 'given twice, here and as GATEHOUSE_SEED_FILE' },
    ],
    [
      'a missing file',
      { env: {}, file: '/nowhere/c.yaml' },
      { variable: '/nowhere/c.yaml', rule: 'the file cannot be read' },
    ],
    [
      'a file of another kind',
      { env: {}, file: file('list.yaml', '- a\n') },
      { variable: join(folder, 'list.yaml'), rule: 'a mapping of settings' },
    ],
    [
      'a broken file',
      { env: {}, file: file('broken.yaml', 'a: [\n') },
      { variable: join(folder, 'broken.yaml'), rule: 'not a YAML file' },
    ],
    [
      'a setting that is none',
      { env: {}, file: file('other.yaml', 'port: 1\n') },
      {
        variable: `${join(folder, 'other.yaml')}: port`,
        rule: `no such setting; there are ${Object.keys(SETTINGS).join(', ')}`,
      },
    ],
    [
      'a value of another type',
      { env: {}, file: file('typed.yaml', 'data_dir: [x]\n') },
      { variable: `${join(folder, 'typed.yaml')}: data_dir`, rule: 'a text' },
    ],
  ])('names variable and rule of %s', (_case, sources, problem) => {
    expect(problemsOf(sources)).toEqual([problem]);
  });

  it('names every problem at once, and no secret', () => {
    const env = {
      GATEHOUSE_HTTP_ADDR: 'x',
      GATEHOUSE_SEED: 'y',
      GATEHOUSE_OPERATOR_KEY: 'hunter2',
      GATEHOUSE_REDIS_URL: 'redis://:pw@h/name',
    };
    const problems = problemsOf({ env });
    expect(problems.map(({ variable }) => variable).sort()).toEqual(Object.keys(env).sort());
    expect(JSON.stringify(problems)).not.toMatch(/hunter2|:pw@/);
  });
});
