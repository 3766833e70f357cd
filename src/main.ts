import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { addKeys } from './commands/keys-command.ts';
import { addModel } from './commands/model-command.ts';
import { addPolicy } from './commands/policy-command.ts';
import { serve } from './commands/serve.ts';
import { configOf, FLAGS, settingFlags, type Options } from './commands/setting-flags.ts';
import type { ExitWith, Surroundings } from './commands/surroundings.ts';
import { ConfigError } from './config.ts';
import { Fault } from './domain/errors.ts';
import { CommandError, EXIT, EXIT_HELP, type ExitCode } from './exit-codes.ts';

/** Runs one command line, without the program's name; answers its exit code (exit-codes.ts) and never rejects. */
export async function main(argv: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok;
  const program = commandTree(surroundings, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    return failure(error, surroundings);
  }
}

function failure(error: unknown, { complain }: Surroundings): ExitCode {
  // Commander has printed its own message by now.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof ConfigError) {
    complain(`${error.message}\n`);
    return EXIT.configuration;
  }
  if (error instanceof CommandError) {
    complain(`${error.message}\n`);
    return error.exitCode;
  }
  if (error instanceof Fault) {
    complain(`${error.message}\n`);
    return EXIT.checkFailed;
  }
  complain(`unexpected error: ${error instanceof Error ? error.message : String(error)}\n`);
  return EXIT.internal;
}

function commandTree(surroundings: Surroundings, exitWith: ExitWith): Command {
  const program = new Command('gatehouse')
    .description('Policy-as-code authorization sidecar.')
    .version(version())
    .exitOverride()
    .configureOutput({ writeOut: surroundings.print, writeErr: surroundings.complain })
    .addHelpText('after', exitCodeHelp);
  addServe(program, surroundings);
  addPolicy(program, surroundings, exitWith);
  addKeys(program, surroundings, exitWith);
  addModel(program, surroundings, exitWith);
  return program;
}

function exitCodeHelp(): string {
  const rows = Object.entries(EXIT).map(
    ([name, code]) => `  ${String(code).padEnd(4)}${EXIT_HELP[name as keyof typeof EXIT]}`,
  );
  return `\nExit codes:\n${rows.join('\n')}`;
}

function addServe(program: Command, surroundings: Surroundings): void {
  settingFlags(program.command('serve'), FLAGS)
    .description('run the service until SIGTERM or SIGINT')
    .action(async (options: Options) => {
      const config = configOf(options, surroundings);
      const { print } = surroundings;
      await serve(await surroundings.composition(), config, {
        version: version(),
        print,
        stopped: surroundings.stopped(),
      });
    });
}

function version(): string {
  const { version: text } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return text;
}
