import type { Command } from 'commander';
import { reportFiles } from './report-problems.ts';
import { configOf, settingFlags, type Options } from './setting-flags.ts';
import type { ExitWith, Surroundings } from './surroundings.ts';

export function addModel(program: Command, surroundings: Surroundings, exitWith: ExitWith): void {
  settingFlags(program.command('model').description('authorization models').command('check'), ['models'])
    .description(
      'report every problem of model files (.fga, or fga.mod with its modules), offline, and what OpenFGA will change',
    )
    .argument('<files...>')
    .action(async (files: string[], options: Options) => {
      const { checkModel } = await surroundings.composition();
      const config = configOf(options, surroundings);
      exitWith(reportFiles(files, (text, file) => checkModel(config, text, file), surroundings));
    });
}
