import type { Composition } from '../app.ts';
import type { ExitCode } from '../exit-codes.ts';

/** The process around a command. */
export interface Surroundings {
  readonly env?: NodeJS.ProcessEnv;
  print(text: string): void;
  complain(text: string): void;
  /** Loaded only by the commands that need it. */
  composition(): Promise<Composition>;
  /** Resolves when the service is to stop. */
  stopped(): Promise<void>;
}

/** Sets the exit code of a command that ends well but found something. */
export type ExitWith = (code: ExitCode) => void;
