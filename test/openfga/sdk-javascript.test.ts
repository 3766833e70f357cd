import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../app.ts';
import { FETCH_TIMEOUT_MS } from '../services/fetch-once.ts';
import { startOpenFga, type RunningOpenFga } from '../services/start-openfga.ts';
import type { OpenFgaServer } from './openfga-client.ts';
import { SdkTour, tourSteps, type TourStep } from './sdk-tour.ts';

const steps = tourSteps().map((step, at) => [at, step.call, step] as const);
const wantsKey = ({ without_key, with_key }: TourStep) => without_key === true || with_key !== undefined;

describe('the JavaScript SDK takes the tour', () => {
  let app: TestApp | undefined;
  let openfga: RunningOpenFga | undefined;
  const tours: { gatehouse?: SdkTour; openfga?: SdkTour } = {};

  beforeAll(async () => {
    app = await startApp();
    const gatehouse: OpenFgaServer = { ...app, key: app.keys['operator']! };
    tours.gatehouse = new SdkTour(gatehouse);
    openfga = await startOpenFga();
    if (openfga) tours.openfga = new SdkTour(openfga);
  }, FETCH_TIMEOUT_MS);
  afterAll(async () => {
    await app?.stop();
    await openfga?.stop();
  });

  it.for(steps)('gatehouse: %i %s', async ([, , step]) => {
    expect(await tours.gatehouse!.take(step)).toMatchObject(step.gives);
  });

  it.for(steps.filter(([, , step]) => !wantsKey(step)))('openfga: %i %s', async ([, , step], ctx) => {
    const tour = tours.openfga ?? ctx.skip('OpenFGA cannot be had on this machine');
    expect(await tour.take(step)).toMatchObject(step.gives);
  });
});
