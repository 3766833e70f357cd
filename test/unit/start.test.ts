import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkModel, compose } from '../../src/compose.ts';
import { loadConfig } from '../../src/config.ts';
import { EXIT } from '../../src/exit-codes.ts';
import { KeyService } from '../../src/services/keys.ts';
import { quietLog, ROOT } from '../app.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gatehouse-start-'));
  for (const name of ['policies', 'models']) cpSync(join(ROOT, name), join(dir, name), { recursive: true });
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const configOf = () =>
  loadConfig({
    env: {
      GATEHOUSE_DATA_DIR: join(dir, 'data'),
      GATEHOUSE_POLICIES: join(dir, 'policies'),
      GATEHOUSE_MODELS: join(dir, 'models'),
      GATEHOUSE_SEED: 'false',
    },
  });

const start = () => compose(configOf(), quietLog());

describe('a start', () => {
  it('refuses a policy whose model is broken, in one sentence that names both', async () => {
    appendFileSync(join(dir, 'models', 'gatehouse.fga'), '\ntype document\n  relations\n    define owner: [nobody]\n');
    await expect(start()).rejects.toMatchObject({
      exitCode: EXIT.brokenPolicy,
      message: expect.stringMatching(
        /policies.BTOB\.yaml has \d+ problems?, .* \/model .*gatehouse\.fga:\d+: /,
      ) as string,
    });
  });
});

it('the offline check of a model finds what would keep a partner from using it', () => {
  const config = configOf();
  const shipped = checkModel(config, readFileSync(join(dir, 'models', 'gatehouse.fga'), 'utf8'));
  expect(shipped.filter(({ severity }) => severity === 'error')).toEqual([]);
  const application = 'model\n  schema 1.1\ntype user\ntype document\n  relations\n    define owner: [user]\n';
  const problems = checkModel(config, application);
  expect(problems.map(({ message }) => message)).toContainEqual(expect.stringContaining('`partner#stopped`'));
});

describe('a first start', () => {
  it('makes a key for a partner whose name is as long as names may be', async () => {
    const file = join(dir, 'policies', 'BTOB.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^name: .*$/m, `name: ${'n'.repeat(100)}`));
    const app = await start();
    expect(app.firstStart?.partners[0]).toMatchObject({ providerId: 'BTOB', name: 'n'.repeat(100) });
    await app.stop();
  });
});

describe('a first start that was cut short', () => {
  const create = KeyService.prototype.create;
  afterEach(() => {
    KeyService.prototype.create = create;
  });

  it.each([1, 3])('after %d of its keys is made good by the next one, which shows all', async (made) => {
    let left = made;
    KeyService.prototype.create = function (...given) {
      left -= 1;
      return left < 0 ? Promise.reject(new Error('cut short')) : create.apply(this, given);
    };
    await expect(start()).rejects.toThrow('cut short');
    KeyService.prototype.create = create;
    const app = await start();
    expect(app.firstStart?.operatorKey).toMatch(/^ghk_/);
    expect(app.firstStart?.partners.map(({ providerId }) => providerId)).toEqual(['BTOB', 'FINT', 'MDIA']);
    await app.stop();
    const later = await start();
    expect(later.firstStart).toBeUndefined();
    await later.stop();
  });
});
