import { spawn } from 'node:child_process';

/** Output kept of a command, its last part; more is dropped from the front. */
const OUTPUT_CHARACTERS_MAX = 64 * 1024;
/** Lines of output that a failure quotes. */
const QUOTED_LINES_MAX = 12;

export interface CommandOutcome {
  /** `null` when a signal, or `timeoutMs`, ended it. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  /** Added to the environment of this process; `undefined` removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The command is killed then. */
  readonly timeoutMs: number;
}

/** Runs a program without a shell and without standard input. Rejects only when it cannot be started. */
export function runCommand(program: string, args: readonly string[], options: CommandOptions): Promise<CommandOutcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.timeoutMs,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let stderr = '';
    child.stdout
      .setEncoding('utf8')
      .on('data', (text: string) => (stdout = (stdout + text).slice(-OUTPUT_CHARACTERS_MAX)));
    child.stderr
      .setEncoding('utf8')
      .on('data', (text: string) => (stderr = (stderr + text).slice(-OUTPUT_CHARACTERS_MAX)));
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
}

/** As `runCommand`; rejects, quoting the end of the output, unless the program exits with 0. Resolves with standard output. */
export async function runToSuccess(program: string, args: readonly string[], options: CommandOptions): Promise<string> {
  const { exitCode, stdout, stderr } = await runCommand(program, args, options);
  if (exitCode === 0) return stdout;
  const quoted = `${stdout}\n${stderr}`.trim().split('\n').slice(-QUOTED_LINES_MAX).join('\n');
  throw new Error(`${program} ${args[0] ?? ''} ended with ${exitCode ?? 'a signal'}:\n${quoted}`);
}
