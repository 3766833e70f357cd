import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const INSTALL_TIMEOUT_MS = 180_000;
const START_TIMEOUT_MS = 30_000;

/** A tarball, and an otherwise empty folder in which it is installed as an application would. */
let folder: string;
let packed: string[];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-pack-'));
  // Built by the global set-up; packing must not build under the feet of other tests.
  const output = execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
    cwd: root,
    encoding: 'utf8',
  });
  const reported = JSON.parse(output) as Packed[] | Record<string, Packed>;
  const [tarball] = Object.values(reported);
  if (!tarball) throw new Error('nothing was packed');
  packed = tarball.files.map(({ path }) => path);
  writeFileSync(join(folder, 'package.json'), '{"name":"application","private":true}');
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', join(folder, tarball.filename)], {
    cwd: folder,
    stdio: 'pipe',
  });
}, INSTALL_TIMEOUT_MS);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

const gatehouse = (...args: string[]): string =>
  execFileSync('npx', ['gatehouse', ...args], { cwd: folder, encoding: 'utf8' });

/** Starts the installed service on free ports, and gives its HTTP and admin URLs once it prints them. */
async function serve(): Promise<{ service: ChildProcess; output: string; http: string; admin: string }> {
  const free = ['--http-addr', '127.0.0.1:0', '--grpc-addr', '127.0.0.1:0', '--admin-addr', '127.0.0.1:0'];
  const service = spawn(join(folder, 'node_modules/.bin/gatehouse'), ['serve', ...free], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  service.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  await new Promise<void>((done, fail) => {
    service.once('exit', (code) => fail(new Error(`gatehouse ended with ${code}: ${errors}`)));
    service.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (/^ {2}admin .*\n/m.test(output)) done();
    });
  });
  const urlOf = (edge: string): string => new RegExp(`^ {2}${edge} +(\\S+)$`, 'm').exec(output)?.[1] ?? '';
  return { service, output, http: urlOf('http'), admin: urlOf('admin') };
}

async function stop(service: ChildProcess): Promise<number | null> {
  const ended = once(service, 'exit') as Promise<[number | null]>;
  service.kill('SIGTERM');
  return (await ended)[0];
}

describe('the package, installed from its tarball', () => {
  it('carries program, models, policies, protos and licence, and neither sources nor tests', () => {
    for (const path of ['dist/cli.js', 'proto/gatehouse/v1/decision.proto', 'proto/google/rpc/status.proto']) {
      expect(packed).toContain(path);
    }
    for (const path of ['policies/schema.json', 'policies/platform.yaml', 'README.md', 'LICENSE', 'CHANGELOG.md']) {
      expect(packed).toContain(path);
    }
    expect(packed.some((path) => /^models\/.*\.fga$/.test(path))).toBe(true);
    expect(packed).toContain('docs/rules.md');
    expect(packed.some((path) => path.startsWith('policies/samples/'))).toBe(true);
    expect(packed.filter((path) => /^(src|test|bench)\/|\.map$|tsbuildinfo|^data\//.test(path))).toEqual([]);
  });

  it('lists its commands and gives its version', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    for (const command of ['serve', 'policy', 'keys', 'model']) expect(gatehouse('--help')).toContain(`  ${command} `);
    expect(gatehouse('--version')).toBe(`${version}\n`);
  });

  it(
    'serves from there, shows its keys on the first start only, and stops when told',
    async () => {
      const first = await serve();
      expect(first.output).toContain('First start');
      expect((await fetch(`${first.admin}/readyz`)).status).toBe(200);
      expect((await fetch(`${first.http}/v1/check`, { method: 'POST' })).status).toBe(401);
      expect(await stop(first.service)).toBe(0);

      const second = await serve();
      expect(second.output).not.toMatch(/First start|ghk_/);
      expect(await stop(second.service)).toBe(0);
    },
    START_TIMEOUT_MS,
  );
});

describe('the lock file', () => {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Readonly<Record<string, { resolved?: string; optionalDependencies?: Record<string, string> }>>;
  };

  it('names no registry host', () => {
    expect(Object.values(lock.packages).filter(({ resolved }) => resolved?.startsWith('http'))).toEqual([]);
  });

  // `npm ci` refuses a lock file that lacks one, and npm leaves out those that the registry of the day does not carry.
  it('has the optional packages of every platform', () => {
    const names = Object.keys(lock.packages);
    const missing = Object.values(lock.packages)
      .flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies))
      .filter((name) => !names.some((path) => path.endsWith(`node_modules/${name}`)));
    expect(missing).toEqual([]);
  });
});
