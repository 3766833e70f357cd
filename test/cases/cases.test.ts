import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { ROOT, seededOnce, startApp, TestClock } from '../app.ts';
import { grpcClient, httpClient } from '../edge/client.ts';
import { runCase, type CaseFile } from './run-case.ts';

/** When the samples of every case were seeded; a Monday. */
const SEEDED_AT = '2026-03-02T09:00:00Z';
const FOLDER = join(ROOT, 'test/cases');

const files = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => ({ name, file: parse(readFileSync(join(FOLDER, name), 'utf8')) as CaseFile }));

let seeded: Awaited<ReturnType<typeof seededOnce>>;
beforeAll(async () => {
  seeded = await seededOnce(SEEDED_AT);
});
afterAll(() => seeded.remove());

describe.each(files)('$name', ({ file }) => {
  describe.each(['http', 'grpc'] as const)('over %s', (edge) => {
    it.each(file.cases.map((subject) => [`${subject.rules.join(' ')} ${subject.name}`, subject] as const))('%s', async (_, subject) => {
      const { dataDir, keys, remove } = seeded.copy();
      const clock = new TestClock(subject.start ?? SEEDED_AT);
      const app = await startApp({ dataDir, keys, clock });
      const client = edge === 'http' ? httpClient(app.httpOrigin) : grpcClient(app.grpcAddress);
      try {
        for (const [providerId, patch] of Object.entries(subject.patch ?? {})) {
          const policy = parse(readFileSync(join(ROOT, 'policies', `${providerId}.yaml`), 'utf8')) as unknown;
          const applied = await client.call(
            'PolicyService',
            'ApplyPolicy',
            { text: stringify(mergePatch(policy, patch)) },
            keys[providerId],
          );
          expect(applied).toMatchObject({ ok: true, answer: { applied: true } });
        }
        await runCase({ client, keys: app.keys, clock }, subject);
      } finally {
        client.close();
        await app.stop();
        remove();
      }
    });
  });
});

/** RFC 7396. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const merged: Record<string, unknown> =
    typeof target === 'object' && target !== null && !Array.isArray(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}
