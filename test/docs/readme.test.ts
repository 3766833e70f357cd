import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../app.ts';
import { grpcurl } from '../services/grpcurl.ts';
import { serviceOrSkip } from '../services/service-or-skip.ts';

const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
const tour = readme.slice(readme.indexOf('## Five minutes'), readme.indexOf('## How it works'));
/** The shell lines of the tour, in its order: setting up, the guest, explain, the subscription, gRPC, OpenFGA, policy. */
const [setUp = '', guest = '', explain = '', subscription = '', grpc = '', openfga = '', policy = ''] = [
  ...tour.matchAll(/```sh\n([^`]*)```/g),
].map(([, lines]) => lines ?? '');

describe('the five-minute tour of the README', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-readme-'));
  const env = {
    ...process.env,
    GATEHOUSE_DATA_DIR: dataDir,
    GATEHOUSE_HTTP_ADDR: '127.0.0.1:0',
    GATEHOUSE_GRPC_ADDR: '127.0.0.1:0',
    GATEHOUSE_ADMIN_ADDR: '127.0.0.1:0',
  };
  let server: ChildProcess;
  let started = '';

  beforeAll(async () => {
    server = spawn(process.execPath, ['dist/cli.js', 'serve'], { cwd: ROOT, env });
    server.stdout?.setEncoding('utf8').on('data', (text: string) => (started += text));
    while (!started.includes('Try:')) await once(server.stdout as NodeJS.ReadableStream, 'data');
  });
  afterAll(async () => {
    const ended = once(server, 'exit');
    server.kill();
    await ended;
    rmSync(dataDir, { recursive: true });
  });

  const printed = (pattern: RegExp): string => pattern.exec(started)?.[1] ?? '';

  /** Runs lines of the README as they stand, but for the key and the ports, which are this server's. */
  async function run(lines: string, path = process.env['PATH'] ?? ''): Promise<string> {
    const script = `${setUp}\n${lines}`
      .replace('ghk_…', printed(/FINT .*?(ghk_\S+)/))
      .replaceAll('127.0.0.1:8480', printed(/http\s+http:\/\/(\S+)/))
      .replaceAll('127.0.0.1:8481', printed(/grpc\s+(\S+)/));
    const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], {
      cwd: ROOT,
      env: { ...env, PATH: path },
    });
    return stdout;
  }

  it('lets a guest do five operations and refuses the sixth, with the reset (S-2, S-4)', async () => {
    const answers = (await run(guest))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(answers.map(({ allowed, admitted }) => allowed ?? admitted)).toEqual([
      true,
      true,
      true,
      true,
      true,
      true,
      false,
    ]);
    expect(answers.at(-1)).toMatchObject({ reason: 'QUOTA_DAILY', reset_at: expect.any(String) as string });
  });

  it('explains that the user is idle, and what lifts it (R-4, C-4)', async () => {
    const answer = JSON.parse(await run(explain)) as { causes: unknown[] };
    expect(answer.causes[0]).toMatchObject({
      reason: 'USER_IDLE',
      rule: 'R-4',
      remedy: expect.stringContaining('verification') as string,
    });
  });

  it('opens a feature with a confirmed subscription (B-5, F-2)', async () => {
    const [before, confirmed, after] = (await run(subscription))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(before).toMatchObject({ allowed: false, reason: 'PLAN_REQUIRED' });
    expect(confirmed).toMatchObject({ done: true, subscription: { sub_status: 'signed', plan_id: 'plus' } });
    expect(after).toMatchObject({ allowed: true });
  });

  it('gives the same answer over gRPC', async (ctx) => {
    const tool = await serviceOrSkip(ctx, grpcurl);
    const answer = JSON.parse(await run(grpc, `${dirname(tool)}:${process.env['PATH'] ?? ''}`)) as unknown;
    expect(answer).toMatchObject({ allowed: true, reason: 'ALLOWED' });
  });

  it('keeps relationships for the clients of OpenFGA', async () => {
    const [model, written, listed] = (await run(openfga)).trim().split('\n');
    expect(model).toContain('authorization_model_id');
    expect([written, listed]).toEqual(['{}', '{"objects":["doc:1"]}']);
  });

  it('checks and applies the policy file', async () => {
    expect(await run(policy)).toMatch(/FINT\.yaml: ok\n[^]*FINT/);
  });
});
