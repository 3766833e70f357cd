import type { Command } from 'commander';
import { loadConfig, SETTINGS, type Config, type Flags, type SettingName } from '../config.ts';
import type { Surroundings } from './surroundings.ts';

/** Secrets, which every user of the machine could read on a command line, and what no line has room for. */
const NO_FLAG: readonly SettingName[] = ['operator_key', 'redis_url', 'redis_ca'];

/** Settings that are flags too. */
export const FLAGS = (Object.keys(SETTINGS) as SettingName[]).filter((name) => !NO_FLAG.includes(name));

/** What commander read: flags by their names in camel case. */
export type Options = Readonly<Record<string, string | undefined>>;

export function settingFlags(command: Command, names: readonly SettingName[]): Command {
  command.option('--config <file>', 'YAML file of settings');
  for (const name of names) {
    const { fallback, help } = SETTINGS[name];
    const shown =
      name === 'models' || name === 'policies' || name === 'protos' ? "the package's own" : (fallback ?? 'none');
    command.option(`--${name.replaceAll('_', '-')} <value>`, `${help} (default: ${shown})`);
  }
  return command;
}

export function configOf(options: Options, { env }: Surroundings): Config {
  const flags: { -readonly [K in keyof Flags]: Flags[K] } = {};
  for (const name of FLAGS) {
    const value = options[name.replaceAll(/_(\w)/g, (_match, letter: string) => letter.toUpperCase())];
    if (value !== undefined) flags[name] = value;
  }
  return loadConfig({ flags, file: options['config'], ...(env && { env }) });
}
