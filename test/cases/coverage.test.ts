import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ROOT } from '../app.ts';
import { ROUTES } from '../edge/client.ts';
import type { CaseFile, Step } from './run-case.ts';

/** Rules of the rule book that some case has to show. */
const RULES =
  'P-2 P-5 P-6 P-7 ' +
  'R-1 R-2 R-3 R-4 R-5 R-6 R-7 R-8 R-9 R-10 ' +
  'K-1 K-3 F-1 F-2 F-3 ' +
  'S-1 S-2 S-3 S-4 S-5 S-6 S-7 S-8 S-9 S-10 S-11 S-12 S-13 S-14 S-16 ' +
  'B-1 B-2 B-3 B-4 B-5 B-6 B-7 B-8 B-12 C-2';
const RULE = /^[PRKFSBC]-\d{1,2}$/;

const FOLDER = join(ROOT, 'test/cases');
const cases = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => parse(readFileSync(join(FOLDER, name), 'utf8')) as Partial<CaseFile>)
  .flatMap(({ cases: found = [] }) => found);

/** Calls of a step, those that its rows name included. */
function callsOf({ call, each }: Step): string[] {
  const named = [...JSON.stringify(each ?? []).matchAll(/"call":"(\w+\.\w+)"/g)].map(([, name = '']) => name);
  return call === undefined || call.startsWith('$') ? named : [call];
}

describe('the cases', () => {
  it('show every rule that cases can show', () => {
    const shown = new Set(cases.flatMap(({ rules }) => rules));
    expect(RULES.split(' ').filter((rule) => !shown.has(rule))).toEqual([]);
  });

  it('each name rules, by their ids', () => {
    const odd = cases.filter(({ rules }) => rules.length === 0 || rules.some((rule) => !RULE.test(rule)));
    expect(odd.map(({ name }) => name)).toEqual([]);
  });

  it('make every call of the API, and no other', () => {
    const made = new Set(cases.flatMap(({ steps }) => steps.flatMap(callsOf)));
    expect([...made].sort()).toEqual(Object.keys(ROUTES).sort());
  });

  it('have names of their own', () => {
    const names = cases.map(({ name }) => name);
    expect(names.filter((name, position) => names.indexOf(name) !== position)).toEqual([]);
  });
});
