import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPolicyFormat } from '../../../src/adapters/files/policy-format.ts';
import { checkModelText, readPolicy } from '../../../src/services/compile-partner.ts';

const CORE = readFileSync('models/gatehouse.fga', 'utf8').replace(/^[\s\S]*?model\s+schema 1\.[12]/, 'module core');
const WIKI = `module wiki

extend type partner
  relations
    define editor: [user]

type page
  relations
    define owner: [partner]
    define banned: [user]
    define viewer: editor from owner
    define reader: [user, user:*] but not banned
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-modules-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The files of a modular model `shop` below a folder of models. */
function given(files: Readonly<Record<string, string>>) {
  const modelsDir = mkdtempSync(join(folder, 'models-'));
  for (const [name, text] of Object.entries(files)) {
    const file = join(modelsDir, 'shop', name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  const format = createPolicyFormat({ policiesDir: 'policies', modelsDir });
  return { format, list: join(modelsDir, 'shop', 'fga.mod'), modelsDir };
}

const LIST = "schema: '1.2'\ncontents:\n  - core.fga\n  - wiki/wiki.fga\n";
const whole = { 'fga.mod': LIST, 'core.fga': CORE, 'wiki/wiki.fga': WIKI };
const POLICY = `${readFileSync('policies/FINT.yaml', 'utf8')}\nmodel: shop\n`;

describe('a modular model', () => {
  it('is checked as one model, and warned of in the module and line that defines it', () => {
    const { format, list } = given(whole);
    const problems = checkModelText(format, LIST, list);
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(problems.filter(({ file }) => file === 'wiki/wiki.fga')).toEqual([
      expect.objectContaining({ severity: 'warning', line: 12, path: '/page/reader', rule: 'userset-with-exclusion' }),
    ]);
  });

  it('is what a policy may name by the folder, pinned as one text of schema 1.2', () => {
    const { format } = given(whole);
    const { compilation, modelText } = readPolicy(format, POLICY);
    expect(compilation.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(compilation.policy?.model).toBe('shop');
    expect(modelText).toMatch(/^model\n {2}schema 1\.2\n/);
    expect(modelText).toContain('define editor: [user]');
    expect(format.parseModel(modelText).problems).toEqual([]);
  });

  it('gives way to a model of one file of that name', () => {
    const { format, modelsDir } = given(whole);
    cpSync('models/gatehouse.fga', join(modelsDir, 'shop.fga'));
    expect(format.modelText('shop')).toBe(readFileSync('models/gatehouse.fga', 'utf8'));
  });

  it.each([
    {
      what: 'a type that no module has',
      files: { 'wiki/wiki.fga': WIKI.replace('[partner]', '[shop]') },
      expected: { file: 'wiki/wiki.fga', line: 9, rule: 'invalid-type' },
    },
    {
      what: 'a syntax that is none',
      files: { 'wiki/wiki.fga': WIKI.replace('define owner', 'defin owner') },
      expected: { file: 'wiki/wiki.fga', line: 9, rule: 'invalid-syntax' },
    },
    {
      what: 'an extension of nothing',
      files: { 'wiki/wiki.fga': WIKI.replace('extend type partner', 'extend type shop') },
      expected: { file: 'wiki/wiki.fga', line: 3, rule: 'invalid-syntax' },
    },
    {
      what: 'a module that is not there',
      files: { 'fga.mod': LIST.replace('wiki/wiki.fga', 'wiki/other.fga') },
      expected: { file: 'fga.mod', line: 4, rule: 'invalid-syntax' },
    },
    {
      what: 'a module outside of the folder',
      files: { 'fga.mod': LIST.replace('wiki/wiki.fga', '../core.fga') },
      expected: { file: 'fga.mod', line: 4, rule: 'invalid-syntax' },
    },
    {
      what: 'another schema',
      files: { 'fga.mod': LIST.replace('1.2', '1.1') },
      expected: { file: 'fga.mod', line: 1, rule: 'invalid-syntax' },
    },
    {
      what: 'no YAML',
      files: { 'fga.mod': 'schema: [\n' },
      expected: { file: 'fga.mod', rule: 'invalid-syntax' },
    },
    {
      what: 'more than the size of a model',
      files: { 'core.fga': `${CORE}\n${'# comment\n'.repeat(30_000)}` },
      expected: { file: 'fga.mod', line: 3, rule: 'invalid-syntax' },
    },
  ])('is refused by module and line, by the check and in a policy: $what', ({ files, expected }) => {
    const { format, list } = given({ ...whole, ...files });
    const problems = checkModelText(format, LIST, list);
    expect(problems).toContainEqual(expect.objectContaining({ severity: 'error', ...expected }));
    const { compilation } = readPolicy(format, POLICY);
    const named = `shop/${expected.file}:${expected.line ?? ''}`;
    expect(compilation.policy).toBeUndefined();
    expect(compilation.problems).toContainEqual(
      expect.objectContaining({ path: '/model', message: expect.stringContaining(named) as string }),
    );
    expect(format.modelText('shop')).toBeUndefined();
  });
});
