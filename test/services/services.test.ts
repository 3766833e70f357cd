import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { FETCH_TIMEOUT_MS } from './fetch-once.ts';
import { ghz } from './ghz.ts';
import { grpcurl } from './grpcurl.ts';
import { openfgaSuites } from './openfga-suites.ts';
import { pythonGrpc } from './python-grpc.ts';
import { pythonOpenFgaSdk } from './python-openfga-sdk.ts';
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

  it('Python imports the SDK of OpenFGA', async (ctx) => {
    const packages = await serviceOrSkip(ctx, pythonOpenFgaSdk);
    const printed = await runToSuccess('python3', ['-c', 'import openfga_sdk; print(openfga_sdk.__name__)'], {
      env: { PYTHONPATH: packages },
      timeoutMs: RUN_TIMEOUT_MS,
    });
    expect(printed.trim()).toBe('openfga_sdk');
  });

  it('the suites of OpenFGA are there', async (ctx) => {
    const directory = await serviceOrSkip(ctx, openfgaSuites);
    expect(await readdir(directory)).toEqual(
      expect.arrayContaining(['abac_tests.yaml', 'consolidated_1_1_tests.yaml']),
    );
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
