import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadScript } from '../../../src/adapters/redis/script.ts';

const folder = resolve(import.meta.dirname, '../../../src/adapters/redis');
const files = readdirSync(folder).filter((name) => name.endsWith('.lua'));
const isPart = (name: string): boolean => readFileSync(`${folder}/${name}`, 'utf8').startsWith('-- Part of ');
const scripts = files.filter((name) => !isPart(name));

describe('scripts of Redis', () => {
  it.each(scripts)('%s says what it takes and returns', (name) => {
    const header = /^(--.*\n)+/.exec(readFileSync(`${folder}/${name}`, 'utf8'))?.[0];
    for (const word of ['-- KEYS ', '-- ARGV ', '-- returns ']) expect(header).toContain(word);
  });

  it.each(scripts)('%s is loaded with its parts, without comments, under a name of its content', (name) => {
    const { source, sha } = loadScript(name);
    expect(source).toContain('local call = redis.call');
    expect(source).not.toMatch(/^ *--/m);
    expect(sha).toMatch(/^[0-9a-f]{40}$/);
  });

  it('there are seven, and every other file is a part of one', () => {
    expect(scripts.toSorted()).toEqual(
      ['admit', 'close', 'count', 'open', 'preflight', 'recall', 'sessions'].map((name) => `${name}.lua`),
    );
    const included = scripts.map((name) => readFileSync(`${folder}/${name}`, 'utf8')).join('\n');
    for (const name of files.filter(isPart)) expect(included).toMatch(new RegExp(`-- include .*\\b${name}`));
  });
});
