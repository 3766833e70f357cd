import { describe, expect, it } from 'vitest';
import { FETCH_TIMEOUT_MS } from './fetch-once.ts';
import { ghz } from './ghz.ts';
import { grpcurl } from './grpcurl.ts';
import { pythonGrpc } from './python-grpc.ts';
import { runCommand, runToSuccess } from './run-command.ts';
import { serviceOrSkip } from './service-or-skip.ts';
import { startOpenFga } from './start-openfga.ts';

const RUN_TIMEOUT_MS = 60_000;

describe('the tools that tests use', { timeout: FETCH_TIMEOUT_MS }, () => {
  it.for([
    { tool: grpcurl, args: ['-help'], says: 'grpcurl [flags] [address]' },
    { tool: ghz, args: ['--help'], says: 'ghz [<flags>] [<host>]' },
  ])('$tool.name runs', async ({ tool, args, says }, ctx) => {
    const { stdout, stderr } = await runCommand(await serviceOrSkip(ctx, tool), args, { timeoutMs: RUN_TIMEOUT_MS });
    expect(stdout + stderr).toContain(says);
  });

  it('Python imports gRPC and its generator', async (ctx) => {
    const packages = await serviceOrSkip(ctx, pythonGrpc);
    const script = 'import grpc, grpc_tools.protoc; print(grpc.__name__)';
    const printed = await runToSuccess('python3', ['-c', script], {
      env: { PYTHONPATH: packages },
      timeoutMs: RUN_TIMEOUT_MS,
    });
    expect(printed.trim()).toBe('grpc');
  });

  it('OpenFGA serves a new store, and is gone after stop', async (ctx) => {
    const server = await serviceOrSkip(ctx, startOpenFga);
    const create = () =>
      fetch(`${server.httpOrigin}/stores`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'FINT' }),
      });
    try {
      const answer = await create();
      expect(answer.status).toBe(201);
      expect(await answer.json()).toMatchObject({ name: 'FINT' });
    } finally {
      await server.stop();
      await server.stop();
    }
    await expect(create()).rejects.toThrow('fetch failed');
  });
});
