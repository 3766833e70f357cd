/** Exit codes of every command; part of `--help`. */
export const EXIT = {
  ok: 0,
  checkFailed: 1,
  usage: 2,
  addressTaken: 64,
  dataDirectory: 65,
  brokenPolicy: 66,
  configuration: 67,
  internal: 70,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_HELP: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'done',
  checkFailed: 'a check found problems, or there was nothing to do it to',
  usage: 'the command line is wrong',
  addressTaken: 'an address cannot be listened on',
  dataDirectory: 'the data directory cannot be used',
  brokenPolicy: 'a policy or model cannot be loaded',
  configuration: 'the configuration is wrong',
  internal: 'an unexpected error',
};

/** A failure that one sentence tells in full. */
export class CommandError extends Error {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, sentence: string, cause?: unknown) {
    super(sentence, { cause });
    this.name = 'CommandError';
    this.exitCode = exitCode;
  }
}
