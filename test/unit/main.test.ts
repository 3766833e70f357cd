import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { AdminApp, App, Composition, FirstStart } from '../../src/app.ts';
import { CommandError, EXIT, EXIT_HELP } from '../../src/exit-codes.ts';
import type { Surroundings } from '../../src/commands/surroundings.ts';
import { main } from '../../src/main.ts';
import { Fault } from '../../src/domain/errors.ts';
import { SCOPES } from '../../src/ports/document-store.ts';
import { OPENFGA_LIMITS } from '../../src/services/openfga/openfga-limits.ts';

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const log = { debug() {}, info() {}, warn() {}, error() {}, writes: () => false };
const problem = {
  severity: 'error',
  line: 7,
  path: '/features/x/rollout',
  rule: 'F-1',
  message: 'must be <= 100',
} as const;
const created: Parameters<AdminApp['createKey']>[0][] = [];
const stopped: string[] = [];

const admin: AdminApp = {
  createKey(terms) {
    created.push(terms);
    if (terms.providerId === 'none') throw new Fault('PARTNER_NOT_FOUND', 'no such partner');
    return Promise.resolve({ key: 'ghk_new_secret', keyId: 'new' });
  },
  listKeys: () =>
    Promise.resolve([
      {
        keyId: 'k1',
        providerId: undefined,
        label: '',
        scopes: ['check', 'admit'],
        state: 'active',
        createdAt: '2026-01-01T00:00:00.000Z',
      },
      {
        keyId: 'k2',
        providerId: 'acme',
        label: 'gateway',
        scopes: ['check'],
        state: 'revoked',
        createdAt: '2026-01-01T00:00:00.000Z',
        expiresAt: '2027-01-01T00:00:00.000Z',
      },
    ]),
  revokeKey: (keyId) => Promise.resolve(keyId === 'k1'),
  applyPolicy: (text) =>
    Promise.resolve(
      text.includes('bad')
        ? { applied: false, problems: [problem] }
        : { applied: true, providerId: 'acme', policyVersion: 4, problems: [] },
    ),
  stop: () => Promise.resolve(void stopped.push('admin')),
};

const firstStart: FirstStart = {
  operatorKey: 'ghk_op',
  partners: [{ providerId: 'acme', name: 'Acme', key: 'ghk_acme', sample: { userId: 'abcdefg', permission: 'login' } }],
};

function compositionOf(overrides: Partial<Composition> = {}, first?: FirstStart): Composition {
  const app: App = {
    services: { openfga: { limits: OPENFGA_LIMITS } } as App['services'],
    authenticate: () => {
      throw new Fault('UNAUTHENTICATED', 'a valid API key is needed');
    },
    ready: () => ({ ready: true, detail: {} }),
    ...(first && { firstStart: first }),
    stop: () => Promise.resolve(void stopped.push('app')),
  };
  return {
    createLog: () => log,
    compose: () => Promise.resolve(app),
    openForAdmin: () => Promise.resolve(admin),
    checkPolicy: (_config, text) =>
      text.includes('bad') ? [problem] : text.includes('odd') ? [{ ...problem, severity: 'warning' }] : [],
    checkModel: (_config, text) => (text.includes('bad') ? [{ ...problem, path: '' }] : []),
    ...overrides,
  };
}

async function run(
  argv: readonly string[],
  composition: Composition = compositionOf(),
  surroundings: Partial<Surroundings> = {},
) {
  let out = '';
  let err = '';
  const code = await main(argv, {
    env: {},
    print: (text) => void (out += text),
    complain: (text) => void (err += text),
    composition: () => Promise.resolve(composition),
    stopped: () => Promise.resolve(),
    ...surroundings,
  });
  return { code, out, err };
}

const FREE = ['--http-addr', '127.0.0.1:0', '--grpc-addr', '127.0.0.1:0', '--admin-addr', '127.0.0.1:0'];

describe('gatehouse', () => {
  it('lists its commands and exit codes in --help, without loading the service', async () => {
    const { code, out } = await run(['--help'], undefined, { composition: () => Promise.reject(new Error('loaded')) });
    expect(code).toBe(EXIT.ok);
    for (const word of ['serve', 'policy', 'keys', 'model', ...Object.values(EXIT_HELP)]) expect(out).toContain(word);
  });

  it('gives the version of the package', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(await run(['--version'])).toEqual({ code: EXIT.ok, out: `${version}\n`, err: '' });
  });

  it('shows the default of each flag of serve, and takes no key on the command line', async () => {
    const { out } = await run(['serve', '--help']);
    expect(out).toContain('127.0.0.1:8481');
    expect(out).not.toContain('operator-key');
  });

  it.each([
    ['an unknown command', ['dance']],
    ['an unknown flag', ['serve', '--dance']],
    ['no files to check', ['policy', 'check']],
    ['an unknown scope', ['keys', 'create', '--scopes', 'check,fly']],
    ['days that are none', ['keys', 'create', '--expires-in-days', '0']],
  ])('%s is a wrong command line', async (_case, argv) => {
    const { code, err } = await run(argv);
    expect(code).toBe(EXIT.usage);
    expect(err).toMatch(/^error: /);
  });

  it('names every problem of the configuration', async () => {
    const { code, err } = await run(['serve', '--http-addr', 'x'], undefined, { env: { GATEHOUSE_SEED: 'y' } });
    expect(code).toBe(EXIT.configuration);
    expect(err.trimEnd().split('\n')).toEqual([
      expect.stringContaining('GATEHOUSE_HTTP_ADDR: '),
      'GATEHOUSE_SEED: one of true, false',
    ]);
  });

  it.each([EXIT.dataDirectory, EXIT.brokenPolicy])(
    'ends with code %i and the one sentence of compose',
    async (code) => {
      const failing = compositionOf({
        compose: () => Promise.reject(new CommandError(code, 'one sentence', new Error('driver'))),
      });
      expect(await run(['serve', ...FREE], failing)).toEqual({ code, out: '', err: 'one sentence\n' });
    },
  );

  it('prints no stack of an unexpected error', async () => {
    const failing = compositionOf({ compose: () => Promise.reject(new TypeError('x is undefined')) });
    expect(await run(['serve', ...FREE], failing)).toEqual({
      code: EXIT.internal,
      out: '',
      err: 'unexpected error: x is undefined\n',
    });
  });
});

describe('gatehouse serve', () => {
  it('prints the addresses only on a later start, and closes the stores at the end', async () => {
    stopped.length = 0;
    const { code, out, err } = await run(['serve', ...FREE]);
    expect([code, err]).toEqual([EXIT.ok, '']);
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => line.replace(/\d+$/, 'N')),
    ).toEqual([
      'gatehouse 0.1.N',
      '  http   http://127.0.0.1:N',
      '  grpc   127.0.0.1:N',
      '  admin  http://127.0.0.1:N',
    ]);
    expect(stopped).toEqual(['app']);
  });

  it('prints the keys and three lines to try on the first start', async () => {
    const { out } = await run(['serve', ...FREE], compositionOf({}, firstStart));
    expect(out).toMatch(/operator +ghk_op\n/);
    expect(out).toMatch(/acme Acme +ghk_acme\n/);
    expect(out.match(/^ {2}curl -s http:\/\/127\.0\.0\.1:\d+\/v1\/(check|explain) .*$/gm)).toHaveLength(2);
    expect(out).toMatch(
      /^ {2}grpcurl -plaintext -H 'authorization: Bearer ghk_acme' -d '\{"user_id":"abcdefg","permission":"login"\}' 127\.0\.0\.1:\d+ gatehouse\.v1\.DecisionService\/Check$/m,
    );
  });

  it('gives lines that fit Unix sockets', async () => {
    const [http, grpc] = [join(folder, 'h.sock'), join(folder, 'g.sock')];
    const { out } = await run(
      ['serve', '--http-addr', `unix:${http}`, '--grpc-addr', `unix:${grpc}`, '--admin-addr', '127.0.0.1:0'],
      compositionOf({}, firstStart),
    );
    expect(out).toContain(`curl -s --unix-socket ${http} http://localhost/v1/check `);
    expect(out).toContain(
      ` -d '{"user_id":"abcdefg","permission":"login"}' ${grpc} gatehouse.v1.DecisionService/Check`,
    );
    expect(out).toContain('grpcurl -plaintext -unix ');
  });

  it('says in one sentence that a port is taken', async () => {
    stopped.length = 0;
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const { code, out, err } = await run(['serve', ...FREE, '--grpc-addr', `127.0.0.1:${port}`]);
    await new Promise((resolve) => server.close(resolve));
    expect({ code, out, err }).toEqual({
      code: EXIT.addressTaken,
      out: '',
      err: `cannot listen on 127.0.0.1:${port}: the address is taken by another program\n`,
    });
    // Nothing was composed: a first start would have made keys that nobody saw.
    expect(stopped).toEqual([]);
  });

  it('shows the keys of a first start even when an edge cannot open after it', async () => {
    stopped.length = 0;
    const server = createServer();
    const late = compositionOf({
      async compose(config, ...rest) {
        const { httpAddr } = config;
        if (httpAddr.kind === 'tcp')
          await new Promise<void>((done) => server.listen(httpAddr.port, httpAddr.host, done));
        return compositionOf({}, firstStart).compose(config, ...rest);
      },
    });
    const port = await freePort();
    const { code, out } = await run(['serve', ...FREE, '--http-addr', `127.0.0.1:${port}`], late);
    await new Promise((resolve) => server.close(resolve));
    expect(code).toBe(EXIT.addressTaken);
    expect(out).toMatch(/acme Acme +ghk_acme\n/);
    expect(stopped).toEqual(['app']);
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('gatehouse policy and model', () => {
  it('reports every problem of every file with file, line, path and rule', async () => {
    const [good, bad] = [file('good.yaml', 'fine'), file('bad.yaml', 'bad')];
    expect(await run(['policy', 'check', good, bad])).toEqual({
      code: EXIT.checkFailed,
      out: `${good}: ok\n${bad}:7 /features/x/rollout F-1 must be <= 100\n`,
      err: '',
    });
  });

  it('lets warnings pass', async () => {
    const odd = file('odd.yaml', 'odd');
    expect(await run(['policy', 'check', odd])).toEqual({
      code: EXIT.ok,
      out: `${odd}:7 /features/x/rollout F-1 warning: must be <= 100\n${odd}: ok\n`,
      err: '',
    });
  });

  it('checks models alike', async () => {
    const bad = file('bad.fga', 'bad');
    expect(await run(['model', 'check', bad])).toMatchObject({
      code: EXIT.checkFailed,
      out: `${bad}:7 / F-1 must be <= 100\n`,
    });
    expect(await run(['model', 'check', file('good.fga', 'fine')])).toMatchObject({ code: EXIT.ok });
  });

  it('names a file that cannot be read', async () => {
    expect(await run(['policy', 'check', '/nowhere.yaml'])).toEqual({
      code: EXIT.checkFailed,
      out: '',
      err: 'the file /nowhere.yaml cannot be read\n',
    });
  });

  it('applies a policy, and tells what is now in force', async () => {
    stopped.length = 0;
    const good = file('apply.yaml', 'fine');
    expect(await run(['policy', 'apply', good])).toEqual({
      code: EXIT.ok,
      out: `${good}: partner acme is at policy version 4\n`,
      err: '',
    });
    expect(await run(['policy', 'apply', file('bad.yaml', 'bad')])).toMatchObject({
      code: EXIT.checkFailed,
      out: expect.stringContaining(':7 ') as string,
    });
    expect(stopped).toEqual(['admin', 'admin']);
  });
});

describe('gatehouse keys', () => {
  it('makes keys of a partner and of an operator', async () => {
    created.length = 0;
    expect(
      await run([
        'keys',
        'create',
        '--provider',
        'acme',
        '--scopes',
        'check,admit',
        '--label',
        'gw',
        '--expires-in-days',
        '30',
      ]),
    ).toEqual({
      code: EXIT.ok,
      out: 'ghk_new_secret\n',
      err: '',
    });
    await run(['keys', 'create']);
    expect(created).toEqual([
      { providerId: 'acme', scopes: ['check', 'admit'], label: 'gw', expiresInDays: 30 },
      { providerId: undefined, scopes: [...SCOPES], label: 'made by hand' },
    ]);
  });

  it('tells the caller fault of a command in one sentence', async () => {
    expect(await run(['keys', 'create', '--provider', 'none'])).toEqual({
      code: EXIT.checkFailed,
      out: '',
      err: 'no such partner\n',
    });
  });

  it('lists keys without secrets', async () => {
    const { out } = await run(['keys', 'list']);
    expect(out.split('\n')).toEqual([
      'k1\toperator\tactive\tcheck,admit\t2026-01-01T00:00:00.000Z\tnever',
      'k2\tacme\trevoked\tcheck\t2026-01-01T00:00:00.000Z\t2027-01-01T00:00:00.000Z\tgateway',
      '',
    ]);
  });

  it('revokes a key, and tells an unknown one', async () => {
    expect(await run(['keys', 'revoke', 'k1'])).toEqual({ code: EXIT.ok, out: 'k1 is revoked\n', err: '' });
    expect(await run(['keys', 'revoke', 'k9'])).toEqual({
      code: EXIT.checkFailed,
      out: '',
      err: 'there is no key k9\n',
    });
  });
});
