import { constants } from 'node:fs';
import { access, readdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { FETCH_TIMEOUT_MS, fetchOnce } from './fetch-once.ts';
import { runToSuccess } from './run-command.ts';
import versions from './versions.json' with { type: 'json' };

/** Debian's packages of the server, and of the libraries that a small system may lack. */
const PACKAGES = ['redis-server', 'redis-tools', 'libjemalloc2', 'liblzf1', 'libatomic1', 'libssl3', 'libsystemd0'];

/**
 * The binary of the Redis server: that of the machine, else the one of Debian's packages, unpacked and not installed.
 * `undefined` where it cannot be had, and an error then under `CI=true`.
 */
export async function redis(): Promise<string | undefined> {
  return (await onPath('redis-server')) ?? unpacked();
}

async function onPath(name: string): Promise<string | undefined> {
  for (const directory of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(directory, name);
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return undefined;
}

async function unpacked(): Promise<string | undefined> {
  const directory = await fetchOnce({
    name: 'redis',
    version: versions.redis,
    async install(into) {
      const options = { cwd: into, timeoutMs: FETCH_TIMEOUT_MS };
      await runToSuccess('apt-get', ['download', ...PACKAGES], options);
      for (const file of await readdir(into)) await runToSuccess('dpkg-deb', ['-x', file, 'root'], options);
      // The libraries stand beside the server; the script finds both from where it stands itself.
      const lines = [
        '#!/bin/sh',
        'root="$(dirname "$0")/root"',
        'LD_LIBRARY_PATH="$(echo "$root"/usr/lib/*-linux-gnu | tr " " ":")" exec "$root/usr/bin/redis-server" "$@"',
      ];
      await writeFile(join(into, 'redis-server'), `${lines.join('\n')}\n`, { mode: 0o755 });
    },
  });
  return directory === undefined ? undefined : join(directory, 'redis-server');
}
