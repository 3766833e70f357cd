import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { parse } from 'yaml';
import type { ProviderId } from '../../src/domain/values.ts';
import type { Scope } from '../../src/ports/document-store.ts';
import { ROOT, seededOnce, startApp, TestClock } from '../app.ts';
import { grpcClient, httpClient } from '../edge/client.ts';
import { runCase, type CaseFile } from './run-case.ts';

/** When the samples of every case were seeded; a Monday. */
const SEEDED_AT = '2026-03-02T09:00:00Z';
const FOLDER = join(ROOT, 'test/cases');

const files = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => ({ name, file: parse(readFileSync(join(FOLDER, name), 'utf8')) as Partial<CaseFile> }))
  // Other data lives beside them.
  .flatMap(({ name, file: { cases } }) => (cases ? [{ name, cases }] : []));

/** Another store than the data directory. */
interface Elsewhere {
  /** Files of cases that it matters to. */
  readonly files: RegExp;
  /** An empty store for one case: settings of the service that names it. */
  fresh(): Promise<NodeJS.ProcessEnv>;
}

/** Replays every case over one edge; a test file an edge, so that they run beside each other. */
export function replayCases(edge: 'http' | 'grpc', elsewhere?: Elsewhere): void {
  const replayed = files.filter(({ name }) => elsewhere?.files.test(name) ?? true);
  let seeded: Awaited<ReturnType<typeof seededOnce>>;
  beforeAll(async () => {
    seeded = await seededOnce(SEEDED_AT);
  });
  afterAll(() => seeded.remove());

  describe.each(replayed)('$name', ({ cases }) => {
    it.each(cases.map((subject) => [`${subject.rules.join(' ')} ${subject.name}`, subject] as const))(
      '%s',
      async (_, subject) => {
        const { dataDir, keys, remove } = seeded.copy();
        const clock = new TestClock(subject.start ?? SEEDED_AT);
        const env = (await elsewhere?.fresh()) ?? {};
        const app = await startApp({ dataDir, keys, clock, env });
        const client = edge === 'http' ? httpClient(app.httpOrigin) : grpcClient(app.grpcAddress);
        try {
          const made: Record<string, string> = {};
          for (const [name, { provider_id: providerId, scopes }] of Object.entries(subject.keys ?? {})) {
            const request = {
              providerId: providerId as ProviderId | undefined,
              scopes: scopes as Scope[],
              label: name,
            };
            made[name] = (await app.app.services.keys.create(request, { kind: 'system', id: 'case' })).token;
          }
          await runCase({ client, keys: { ...app.keys, ...made }, clock }, subject);
        } finally {
          client.close();
          await app.stop();
          remove();
        }
      },
    );
  });
}
