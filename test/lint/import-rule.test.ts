import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const fixtures = 'test/lint/fixtures';

interface Finding {
  readonly filename: string;
  readonly code: string;
  readonly line: number;
}

/** With the configuration of the whole repository: none is named, so it is the one that `npm run lint` finds. */
function lint(path: string): Finding[] {
  let output: string;
  try {
    output = execFileSync('npx', ['oxlint', '--format=json', path], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch (error) {
    output = (error as { stdout: string }).stdout;
  }
  const { diagnostics } = JSON.parse(output) as {
    diagnostics: { filename: string; code: string; labels: { span: { line: number } }[] }[];
  };
  return diagnostics.map(({ filename, code, labels }) => ({ filename, code, line: labels[0]?.span.line ?? 0 }));
}

describe('the import rule', () => {
  it('bites: each deliberate violation is reported, and nothing else', () => {
    const found = lint(fixtures)
      .map(({ filename, code, line }) => `${relative(fixtures, filename)}:${line} ${code}`)
      .sort();
    expect(found).toEqual([
      'src/adapters/one/nosy.ts:1 eslint(no-restricted-imports)',
      'src/adapters/one/nosy.ts:2 eslint(no-restricted-imports)',
      'src/domain/impure.ts:2 eslint(no-restricted-imports)',
      'src/domain/impure.ts:3 eslint(no-restricted-imports)',
      'src/domain/impure.ts:5 eslint(no-restricted-properties)',
      'src/domain/impure.ts:5 eslint(no-restricted-properties)',
      'src/domain/impure.ts:5 node(no-process-env)',
      'src/services/worldly.ts:1 eslint(no-restricted-imports)',
      'src/services/worldly.ts:2 eslint(no-restricted-imports)',
      'src/services/worldly.ts:3 eslint(no-restricted-imports)',
      'src/wire/edge.ts:1 eslint(no-restricted-imports)',
      'src/wire/edge.ts:2 eslint(no-restricted-imports)',
    ]);
  });

  it('is kept by the sources', () => {
    expect(lint('src').filter(({ code }) => /no-restricted|no-process-env|no-cycle/.test(code))).toEqual([]);
  });
});

/** Layers, and what each may import. What the linter sees only as a path (`../config.ts`), this resolves. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  domain: ['domain'],
  ports: ['domain', 'ports'],
  services: ['domain', 'ports', 'services'],
  wire: ['domain', 'ports', 'services', 'wire'],
  adapters: ['domain', 'ports', 'adapters'],
};

/** The composition: the only files above the layers that know adapters. */
const COMPOSITION: readonly string[] = ['compose.ts', 'first-start.ts', 'policy-folder.ts'];

const IMPORT = /(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g;

function imports(folder: string): { file: string; text: string; imported: string[] }[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => {
      const text = readFileSync(join(folder, name), 'utf8');
      const imported = [...text.matchAll(IMPORT)].map(([, path = '']) =>
        relative(folder, resolve(folder, dirname(name), path)),
      );
      return { file: name, text, imported };
    });
}

const layerOf = (file: string): string => (file.includes('/') ? (file.split('/')[0] ?? '') : 'root');

function violations(folder: string): string[] {
  return imports(folder).flatMap(({ file, imported }) => {
    const layer = layerOf(file);
    const allowed = MAY_IMPORT[layer];
    return imported
      .filter((path) =>
        allowed ? !allowed.includes(layerOf(path)) : layerOf(path) === 'adapters' && !COMPOSITION.includes(file),
      )
      .map((path) => `${file} -> ${path}`);
  });
}

describe('the layers', () => {
  it('import downwards only', () => {
    expect(violations(join(root, 'src'))).toEqual([]);
  });

  it('would be seen to import upwards', () => {
    expect(violations(join(root, fixtures, 'src')).sort()).toEqual([
      'adapters/one/nosy.ts -> services/worldly.ts',
      'domain/impure.ts -> ports/clock.ts',
      'services/worldly.ts -> adapters/two/other.ts',
      'services/worldly.ts -> wire/edge.ts',
      'wire/edge.ts -> adapters/two/other.ts',
    ]);
  });

  it('have a domain that never asks the time', () => {
    const asking = imports(join(root, 'src/domain')).filter(({ text }) =>
      /new Date\(\s*\)|Temporal\.Now|\bDate\(\s*\)/.test(text),
    );
    expect(asking.map(({ file }) => file)).toEqual([]);
  });
});
