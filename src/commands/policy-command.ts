import type { Command } from 'commander';
import { EXIT } from '../exit-codes.ts';
import { readText, reportFiles, reportProblems } from './report-problems.ts';
import { configOf, settingFlags, type Options } from './setting-flags.ts';
import type { ExitWith, Surroundings } from './surroundings.ts';
import { OPENING, withAdmin } from './with-admin.ts';

export function addPolicy(program: Command, surroundings: Surroundings, exitWith: ExitWith): void {
  const policy = program.command('policy').description('policy files of partners');
  settingFlags(policy.command('check'), ['models', 'policies'])
    .description('report every problem of policy files, offline')
    .argument('<files...>')
    .action(async (files: string[], options: Options) => {
      const { checkPolicy } = await surroundings.composition();
      const config = configOf(options, surroundings);
      exitWith(reportFiles(files, (text) => checkPolicy(config, text), surroundings));
    });
  settingFlags(policy.command('apply'), OPENING)
    .description('apply a policy file whole to the partner that it names')
    .argument('<file>')
    .option('--cause <text>', 'why, for the audit log', 'applied from the command line')
    .action(async (file: string, options: Options) => {
      const text = readText(file);
      await withAdmin(options, surroundings, async (admin) => {
        const outcome = await admin.applyPolicy(text, options['cause'] ?? '');
        reportProblems(file, outcome.problems, surroundings);
        if (!outcome.applied) return exitWith(EXIT.checkFailed);
        surroundings.print(`${file}: partner ${outcome.providerId} is at policy version ${outcome.policyVersion}\n`);
      });
    });
}
