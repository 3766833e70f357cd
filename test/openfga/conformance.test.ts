import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FETCH_TIMEOUT_MS } from '../services/fetch-once.ts';
import { openfgaSuites } from '../services/openfga-suites.ts';
import { readDivergences } from './divergences.ts';
import { referenceTests } from './reference-suite.ts';
import { canBeContextual, runReferenceTest, type TupleWay } from './run-reference-test.ts';
import { startServers, type Servers, type Wire } from './servers.ts';

const suites = await openfgaSuites();
const tests = suites === undefined ? [] : referenceTests(suites);
const listed = new Map(readDivergences().suites.map(({ assertion, reason }) => [assertion, reason]));

/** OpenFGA itself is asked by the same code, once each way, so that a mistake in it is not taken for one of Gatehouse. */
const RUNS: readonly { server: 'gatehouse' | 'openfga'; wire: Wire; way: TupleWay }[] = [
  { server: 'gatehouse', wire: 'gRPC', way: 'stored' },
  { server: 'gatehouse', wire: 'gRPC', way: 'contextual' },
  { server: 'gatehouse', wire: 'HTTP', way: 'stored' },
  { server: 'gatehouse', wire: 'HTTP', way: 'contextual' },
  { server: 'openfga', wire: 'gRPC', way: 'contextual' },
  { server: 'openfga', wire: 'HTTP', way: 'stored' },
];
const TITLED = RUNS.map((run) => [`${run.server} over ${run.wire}, tuples ${run.way}`, run] as const);
/** Assertions of both files: with all tests, and with those whose tuples can be contextual. */
const ASSERTIONS: Readonly<Record<TupleWay, number>> = { stored: 1_575, contextual: 1_290 };

describe("OpenFGA's own suites", () => {
  let servers: Servers | undefined;
  beforeAll(async () => {
    servers = suites === undefined ? undefined : await startServers();
  }, FETCH_TIMEOUT_MS);
  afterAll(() => servers?.stop());

  describe.for(TITLED)('%s', ([, { server, wire, way }]) => {
    let passed = 0;
    const diverged = new Set<string>();
    const run = tests.filter((test) => way === 'stored' || canBeContextual(test));

    it.for(run.map((test) => [test.name, test] as const))('%s', async ([, test], ctx) => {
      if (servers === undefined) return ctx.skip('OpenFGA cannot be had on this machine');
      const made = await runReferenceTest(servers.client(server, wire), test, way);
      const failed = made.filter(({ failure }) => failure !== undefined);
      passed += made.length - failed.length;
      const unlisted = failed.filter(({ assertion }) => server === 'openfga' || !listed.has(assertion));
      expect(unlisted).toEqual([]);
      for (const { assertion } of failed) diverged.add(assertion);
    });

    it('holds to all assertions but those listed, each of which still differs', (ctx) => {
      if (servers === undefined) return ctx.skip('OpenFGA cannot be had on this machine');
      console.log(
        `${server} over ${wire}, tuples ${way}: ${passed} assertions hold, ${diverged.size} are listed divergences`,
      );
      expect(passed + diverged.size).toBe(ASSERTIONS[way]);
      // A test that cannot be run with contextual tuples has its listed assertions in the stored run only.
      const due =
        server === 'openfga'
          ? []
          : [...listed.keys()].filter((one) => run.some(({ name }) => one.startsWith(`${name} / `)));
      expect([...diverged].toSorted()).toEqual(due.toSorted());
    });
  });

  it('names no assertion in the list that there is not', (ctx) => {
    if (suites === undefined) return ctx.skip('the suites cannot be had on this machine');
    const names = new Set(tests.map(({ name }) => name));
    expect([...listed.keys()].filter((assertion) => !names.has(assertion.split(' / ')[0]!))).toEqual([]);
  });
});
