import { InvalidArgumentError, type Command } from 'commander';
import type { KeySummary } from '../app.ts';
import { EXIT } from '../exit-codes.ts';
import { SCOPES, type Scope } from '../ports/document-store.ts';
import { settingFlags, type Options } from './setting-flags.ts';
import type { ExitWith, Surroundings } from './surroundings.ts';
import { OPENING, withAdmin } from './with-admin.ts';

/** A key has a label, so that a listing says something of each. */
const LABEL_DEFAULT = 'made by hand';

export function addKeys(program: Command, surroundings: Surroundings, exitWith: ExitWith): void {
  const keys = program.command('keys').description('API keys of callers');
  settingFlags(keys.command('create'), OPENING)
    .description('make a key and show it, this once')
    .option('--provider <provider_id>', "the partner's id; an operator's key without it")
    .option('--scopes <list>', `comma list of ${SCOPES.join(', ')}`, parseScopes, [...SCOPES])
    .option('--label <text>', 'what the key is for', LABEL_DEFAULT)
    .option('--expires-in-days <days>', 'never expires without it', parseDays)
    .action(async (options: Options & { scopes: Scope[]; expiresInDays?: number }) => {
      await withAdmin(options, surroundings, async (admin) => {
        const { expiresInDays } = options;
        const { key } = await admin.createKey({
          providerId: options['provider'],
          scopes: options.scopes,
          label: options['label'] ?? LABEL_DEFAULT,
          ...(expiresInDays !== undefined && { expiresInDays }),
        });
        surroundings.print(`${key}\n`);
      });
    });
  settingFlags(keys.command('list'), OPENING)
    .description('list keys, never their secrets')
    .action(async (options: Options) => {
      await withAdmin(options, surroundings, async (admin) => {
        for (const key of await admin.listKeys()) surroundings.print(`${keyLine(key)}\n`);
      });
    });
  settingFlags(keys.command('revoke'), OPENING)
    .description('revoke a key, at once in every process')
    .argument('<key_id>')
    .action(async (keyId: string, options: Options) => {
      await withAdmin(options, surroundings, async (admin) => {
        if (await admin.revokeKey(keyId)) return surroundings.print(`${keyId} is revoked\n`);
        surroundings.complain(`there is no key ${keyId}\n`);
        exitWith(EXIT.checkFailed);
      });
    });
}

function keyLine(key: KeySummary): string {
  const owner = key.providerId ?? 'operator';
  return [key.keyId, owner, key.state, key.scopes.join(','), key.createdAt, key.expiresAt ?? 'never', key.label]
    .join('\t')
    .trimEnd();
}

function parseScopes(list: string): Scope[] {
  const scopes = list.split(',');
  const unknown = scopes.find((scope) => !(SCOPES as readonly string[]).includes(scope));
  if (unknown !== undefined) throw new InvalidArgumentError(`There is no scope ${unknown}.`);
  return scopes as Scope[];
}

function parseDays(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('Days are a whole number from 1 to 99999.');
  return Number(text);
}
