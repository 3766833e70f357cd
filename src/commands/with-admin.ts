import type { AdminApp } from '../app.ts';
import type { SettingName } from '../config.ts';
import { configOf, type Options } from './setting-flags.ts';
import type { Surroundings } from './surroundings.ts';

/** Flags of a command that opens a data directory. */
export const OPENING: readonly SettingName[] = ['data_dir', 'models', 'policies', 'log_level'];

/** Opens the data directory for one act, and closes it after. */
export async function withAdmin(
  options: object,
  surroundings: Surroundings,
  act: (admin: AdminApp) => Promise<void>,
): Promise<void> {
  const composition = await surroundings.composition();
  const config = configOf(options as Options, surroundings);
  const admin = await composition.openForAdmin(config, composition.createLog(config));
  try {
    await act(admin);
  } finally {
    await admin.stop();
  }
}
