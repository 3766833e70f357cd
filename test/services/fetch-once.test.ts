import { access, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fetchOnce, type Fetched } from './fetch-once.ts';
import { serviceOrSkip } from './service-or-skip.ts';

describe('fetchOnce', () => {
  let cacheDir: string;
  let told: string[];
  const tell = (line: string): void => void told.push(line);

  beforeEach(async () => {
    cacheDir = await mkdtemp(join(tmpdir(), 'fetch-once-'));
    told = [];
  });
  afterEach(() => rm(cacheDir, { recursive: true }));

  function tool(overrides: Partial<Fetched> = {}): Fetched & { installs(): number } {
    let installs = 0;
    return {
      name: 'tool',
      version: '1.0.0',
      async install(directory) {
        installs += 1;
        await writeFile(join(directory, 'tool'), `install ${installs}`);
      },
      ...overrides,
      installs: () => installs,
    };
  }

  it('installs once, says so, and finds the tool again without a word', async () => {
    const it = tool();
    const first = await fetchOnce(it, { cacheDir, tell });
    const second = await fetchOnce(it, { cacheDir, tell });
    expect(second).toBe(first);
    expect(it.installs()).toBe(1);
    expect(told).toEqual(['fetching tool 1.0.0 for the tests; this first time may take some minutes']);
    expect(await readdir(cacheDir)).toEqual(['tool-1.0.0']);
  });

  it('installs once for twenty callers at the same time', async () => {
    const it = tool();
    const directories = await Promise.all(Array.from({ length: 20 }, () => fetchOnce(it, { cacheDir, tell })));
    expect(new Set(directories).size).toBe(1);
    expect(it.installs()).toBe(1);
  });

  it('keeps versions apart', async () => {
    const one = await fetchOnce(tool(), { cacheDir, tell });
    const two = await fetchOnce(tool({ version: '2.0.0' }), { cacheDir, tell });
    expect(one).not.toBe(two);
  });

  it('takes over from a process that died at it', async () => {
    const lock = join(cacheDir, 'tool-1.0.0.lock');
    await mkdir(lock);
    await utimes(lock, new Date(0), new Date(0));
    const directory = await fetchOnce(tool(), { cacheDir, tell });
    expect(await readFile(join(directory ?? '', 'tool'), 'utf8')).toBe('install 1');
    await expect(access(lock)).rejects.toThrow();
  });

  const broken = tool({ install: () => Promise.reject(new Error('no network')) });

  it('where a tool cannot be had, gives nothing, says why and leaves nothing behind', async () => {
    expect(await fetchOnce(broken, { cacheDir, tell, required: false })).toBeUndefined();
    expect(told.at(-1)).toMatch(/tool 1\.0\.0 cannot be had.*no network/);
    expect(await readdir(cacheDir)).toEqual([]);
  });

  it('tries a tool that cannot be had no second time in one process', async () => {
    let tries = 0;
    const hopeless = tool({
      install() {
        tries += 1;
        return Promise.reject(new Error('no network'));
      },
    });
    const callers = Array.from({ length: 3 }, () => fetchOnce(hopeless, { cacheDir, tell, required: false }));
    expect(await Promise.all(callers)).toEqual([undefined, undefined, undefined]);
    expect(tries).toBe(1);
  });

  it('fails instead where the tool is required, as in CI', async () => {
    await expect(fetchOnce(broken, { cacheDir, tell, required: true })).rejects.toMatchObject({
      message: 'tool 1.0.0 cannot be had',
      cause: { message: 'no network' },
    });
  });
});

describe('serviceOrSkip', () => {
  const ctx = {
    skip(note?: string): never {
      throw new Error(`skipped: ${note ?? ''}`);
    },
  };

  it('hands over what the fetcher gives', async () => {
    expect(await serviceOrSkip(ctx, async () => '/bin/tool')).toBe('/bin/tool');
  });

  it('skips the test by the name of what is missing', async () => {
    await expect(
      serviceOrSkip(ctx, async function grpcurl() {
        return undefined;
      }),
    ).rejects.toThrow(/skipped: grpcurl cannot be had/);
  });
});
