import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import { expect, it } from 'vitest';
import { ROOT } from '../app.ts';
import { drawGuestDay, drawGuestWeek, printExplain, printRateLimitFields } from './guest-drawings.ts';
import { drawLadder } from './ladder-drawing.ts';

/** What stands between `<!-- run: name -->` and `<!-- end of run -->` on the page. */
const RUNS: Readonly<Record<string, () => Promise<string>>> = {
  "a guest's day": drawGuestDay,
  "a guest's week": drawGuestWeek,
  'a ladder': drawLadder,
  'rate limit fields': printRateLimitFields,
  'an explain': printExplain,
};

const PAGE = join(ROOT, 'docs/sessions-and-quotas.md');
const RUN = /<!-- run: (.*?) -->\n[^]*?<!-- end of run -->/g;

it('docs/sessions-and-quotas.md draws what the service does, by its own runs', async () => {
  const page = readFileSync(PAGE, 'utf8');
  const names = [...page.matchAll(RUN)].map(([, name]) => name ?? '');
  expect(names).toEqual(Object.keys(RUNS));
  const drawn = new Map<string, string>();
  for (const [name, run] of Object.entries(RUNS)) drawn.set(name, await run());
  const replayed = page.replaceAll(
    RUN,
    (_, name: string) => `<!-- run: ${name} -->\n\n${drawn.get(name)}\n\n<!-- end of run -->`,
  );
  const formatted = await format(replayed, { parser: 'markdown', printWidth: 120 });
  await expect(formatted).toMatchFileSnapshot(PAGE);
});
