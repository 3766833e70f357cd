import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One Lua file with the parts that it includes: what the server runs. */
export interface Script {
  readonly name: string;
  readonly source: string;
  /** What the server knows it by once it has run it. */
  readonly sha: string;
}

/** Parts that stand here, in the order in which they build on each other: `-- include state.lua session.lua`. */
const INCLUDE = /^ *-- include (.+)$/gm;

export function loadScript(name: string): Script {
  const whole = read(name).replaceAll(INCLUDE, (_, parts: string) => parts.split(' ').map(read).join('\n'));
  const source = shortened(whole);
  return { name, source, sha: createHash('sha1').update(source).digest('hex') };
}

const read = (name: string): string => readFileSync(join(import.meta.dirname, name), 'utf8');

/** Without lines of comment: they are for readers of the file. */
const shortened = (source: string): string => source.replaceAll(/^ *--.*\n/gm, '');
