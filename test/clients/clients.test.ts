import { cp, mkdtemp, rm } from 'node:fs/promises';
import { createServer, connect, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { startApp, type TestApp } from '../app.ts';
import { FETCH_TIMEOUT_MS } from '../services/fetch-once.ts';
import { freePort } from '../services/free-port.ts';
import { protocGenGo } from '../services/protoc-gen-go.ts';
import { pythonGrpc } from '../services/python-grpc.ts';
import { runCommand, runToSuccess, type CommandOutcome } from '../services/run-command.ts';
import { serviceOrSkip } from '../services/service-or-skip.ts';

const fromRoot = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const PROTO_DIR = fromRoot('proto');
const CLIENT_TIMEOUT_MS = 60_000;
/** In place of the 250 ms of the snippets, where the answer and not its time is looked at. */
const PATIENT_MS = '20000';

interface Snippet {
  readonly language: 'node' | 'go' | 'python';
  /** The directory of what building it takes, beyond what this repository installs. */
  readonly service?: () => Promise<string | undefined>;
  /** Builds the snippet in its copy, as its README says. */
  build(copy: string, service: string): Promise<Program>;
}

/** A program, its first arguments and its environment. */
interface Program {
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
}

const SNIPPETS: readonly Snippet[] = [
  {
    language: 'node',
    // In its place: there its packages are found as an application finds its own.
    build: async () => ({ command: [process.execPath, fromRoot('docs/clients/node/check.mjs')], env: {} }),
  },
  {
    language: 'go',
    service: protocGenGo,
    async build(copy, plugins) {
      const PATH = [plugins, fromRoot('node_modules/.bin'), process.env['PATH']].join(delimiter);
      const env = { PATH, GATEHOUSE_PROTO: PROTO_DIR };
      await runToSuccess(join(copy, 'generate.sh'), [], { env, timeoutMs: FETCH_TIMEOUT_MS });
      await runToSuccess('go', ['build', '-o', 'check', '.'], { cwd: copy, env, timeoutMs: FETCH_TIMEOUT_MS });
      return { command: [join(copy, 'check')], env: {} };
    },
  },
  {
    language: 'python',
    service: pythonGrpc,
    async build(copy, packages) {
      const env = { PYTHONPATH: packages, GATEHOUSE_PROTO: PROTO_DIR };
      await runToSuccess(join(copy, 'generate.sh'), [], { env, timeoutMs: CLIENT_TIMEOUT_MS });
      return { command: ['python3', join(copy, 'check.py')], env };
    },
  },
];

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
}, CLIENT_TIMEOUT_MS);
afterAll(() => app.stop());

describe.each(SNIPPETS)(
  'the $language client of docs/clients',
  { timeout: FETCH_TIMEOUT_MS },
  ({ language, service, build }) => {
    let copy: string;
    let program: Promise<Program> | undefined;

    beforeAll(async () => {
      app = await startApp();
      copy = await mkdtemp(join(tmpdir(), `gatehouse-${language}-`));
      await cp(fromRoot(`docs/clients/${language}`), copy, {
        recursive: true,
        filter: (path) => !/[/\\](gen|\.bin|__pycache__)$/.test(path),
      });
    }, CLIENT_TIMEOUT_MS);
    afterAll(async () => {
      await app.stop();
      await rm(copy, { recursive: true });
    });

    async function check(
      ctx: TestContext,
      call: { user: string; permission: string; env?: Record<string, string | undefined> },
    ): Promise<CommandOutcome> {
      const needed = service === undefined ? '' : await serviceOrSkip(ctx, service);
      const { command, env } = await (program ??= build(copy, needed));
      const [file, ...args] = [...command, call.user, call.permission] as [string, ...string[]];
      const settings = {
        GATEHOUSE_KEY: app.keys['FINT'],
        GATEHOUSE_GRPC_ADDR: app.grpcAddress,
        GATEHOUSE_DEADLINE_MS: PATIENT_MS,
        GATEHOUSE_PROTO: PROTO_DIR,
      };
      return runCommand(file, args, { env: { ...settings, ...env, ...call.env }, timeoutMs: CLIENT_TIMEOUT_MS });
    }

    it.for([
      {
        what: 'allows what the role grants',
        user: 'fbas001',
        permission: 'view_dashboard',
        prints: 'allowed=true reason=ALLOWED',
        exitCode: 0,
      },
      {
        what: 'denies what no rule grants',
        user: 'fbas001',
        permission: 'manage_users',
        prints: 'allowed=false reason=NO_GRANT',
        exitCode: 1,
      },
      {
        what: 'denies a user that is not there',
        user: 'nobody0',
        permission: 'login',
        prints: 'allowed=false reason=USER_NOT_FOUND',
        exitCode: 1,
      },
      {
        what: 'denies on a mistake of the caller',
        user: 'fbas001',
        permission: 'no_such',
        prints: 'allowed=false reason=INVALID_ARGUMENT',
        exitCode: 1,
      },
    ])('$what', async ({ user, permission, prints, exitCode }, ctx) => {
      const outcome = await check(ctx, { user, permission });
      expect({ ...outcome, stdout: outcome.stdout.trim() }).toMatchObject({ stdout: prints, exitCode });
    });

    it('denies with a key that is not known', async (ctx) => {
      const env = { GATEHOUSE_KEY: `ghk_${'a'.repeat(12)}_${'A'.repeat(43)}` };
      const { stdout, exitCode } = await check(ctx, { user: 'fbas001', permission: 'login', env });
      expect({ stdout: stdout.trim(), exitCode }).toEqual({
        stdout: 'allowed=false reason=UNAUTHENTICATED',
        exitCode: 1,
      });
    });

    it('denies when no sidecar listens', async (ctx) => {
      const env = { GATEHOUSE_GRPC_ADDR: `127.0.0.1:${await freePort()}` };
      const { stdout, stderr, exitCode } = await check(ctx, { user: 'fbas001', permission: 'login', env });
      expect({ stdout: stdout.trim(), exitCode }).toEqual({ stdout: 'allowed=false reason=UNAVAILABLE', exitCode: 1 });
      expect(stderr).toContain('denied for want of an answer');
    });

    it('denies when the sidecar takes longer than its default of 250 ms', async (ctx) => {
      const silent = createServer().listen(0, '127.0.0.1');
      await once(silent, 'listening');
      const env = { GATEHOUSE_GRPC_ADDR: addressOf(silent), GATEHOUSE_DEADLINE_MS: undefined };
      const { stdout, exitCode } = await check(ctx, { user: 'fbas001', permission: 'login', env });
      silent.close();
      expect({ stdout: stdout.trim(), exitCode }).toEqual({
        stdout: 'allowed=false reason=DEADLINE_EXCEEDED',
        exitCode: 1,
      });
    });

    it('speaks over a Unix socket', async (ctx) => {
      const path = join(copy, 'gatehouse.sock');
      const [host, port] = app.grpcAddress.split(':');
      const socket = createServer((near) => {
        const far = connect(Number(port), host);
        near.on('error', () => far.destroy()).pipe(far);
        far.on('error', () => near.destroy()).pipe(near);
      }).listen(path);
      await once(socket, 'listening');
      const env = { GATEHOUSE_GRPC_ADDR: `unix:${path}` };
      const { stdout, exitCode } = await check(ctx, { user: 'fbas001', permission: 'view_dashboard', env });
      socket.close();
      expect({ stdout: stdout.trim(), exitCode }).toEqual({ stdout: 'allowed=true reason=ALLOWED', exitCode: 0 });
    });

    it('without a key says how it is called', async (ctx) => {
      const { stdout, stderr, exitCode } = await check(ctx, {
        user: 'fbas001',
        permission: 'login',
        env: { GATEHOUSE_KEY: undefined },
      });
      expect(stdout).toBe('');
      expect(stderr).toContain('usage: GATEHOUSE_KEY=ghk_...');
      expect(exitCode).toBe(2);
    });
  },
);

function addressOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port');
  return `${address.address}:${address.port}`;
}
