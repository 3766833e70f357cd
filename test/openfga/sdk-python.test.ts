import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../app.ts';
import { FETCH_TIMEOUT_MS } from '../services/fetch-once.ts';
import { pythonOpenFgaSdk } from '../services/python-openfga-sdk.ts';
import { tourSteps, type TourStep } from './sdk-tour.ts';

const SCRIPT = fileURLToPath(new URL('sdk_tour.py', import.meta.url));
const TOUR_TIMEOUT_MS = 60_000;
const steps = tourSteps();

describe('the Python SDK takes the tour', () => {
  let app: TestApp | undefined;
  let cameTo: readonly unknown[] | undefined;

  beforeAll(async () => {
    const packages = await pythonOpenFgaSdk();
    if (packages === undefined) return;
    app = await startApp();
    cameTo = await takeTour(packages, { api_url: app.httpOrigin, key: app.keys['operator']!, steps });
  }, FETCH_TIMEOUT_MS);
  afterAll(() => app?.stop());

  it.for(steps.map((step, at) => [at, step.call, step] as const))('%i %s', ([at, , step], ctx) => {
    const all = cameTo ?? ctx.skip('the Python SDK cannot be had on this machine');
    expect(all[at]).toMatchObject(step.gives);
  });
});

interface Tour {
  readonly api_url: string;
  readonly key: string;
  readonly steps: readonly TourStep[];
}

/** What each step came to. */
function takeTour(packages: string, tour: Tour): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      'python3',
      [SCRIPT],
      { env: { ...process.env, PYTHONPATH: packages }, timeout: TOUR_TIMEOUT_MS },
      (error, stdout, stderr) => {
        if (error) reject(new Error(`the tour ended early: ${stderr}`, { cause: error }));
        else
          resolve(
            stdout
              .trim()
              .split('\n')
              .map((line) => JSON.parse(line) as unknown),
          );
      },
    );
    child.stdin?.end(JSON.stringify(tour));
  });
}
