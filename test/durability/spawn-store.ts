import { execFileSync, fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const ROOT = resolve(import.meta.dirname, '../..');
/** The built files: Node 20 runs no TypeScript. */
const DIST = join(ROOT, 'dist');
const SCRIPT = fileURLToPath(new URL('./store-process.mjs', import.meta.url));

export interface StoreProcess {
  /** One call at a time. */
  call<T>(name: string, argument?: unknown): Promise<T>;
  end(): Promise<void>;
}

/** Another process that has the data directory open, and answers calls. */
export async function startStore(dataDir: string): Promise<StoreProcess> {
  const child = fork(SCRIPT, [DIST, dataDir, 'serve']);
  const answer = async <T>(): Promise<T> => {
    const [message] = (await once(child, 'message')) as [{ answer: T }];
    return message.answer;
  };
  await answer();
  return {
    async call(name, argument) {
      const answered = answer();
      child.send({ call: name, argument });
      return (await answered) as never;
    },
    async end() {
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}

export interface Writer {
  readonly child: ChildProcess;
  /** The lines that it wrote, as they come. */
  readonly lines: string[];
  /** Resolves when `count` lines are there, or none will follow. */
  reached(count: number): Promise<void>;
  /** Resolves when it is gone and all it wrote has been read. */
  gone(): Promise<void>;
}

/** Another process that writes `count` users from number `from` on, twice each; see store-process.mjs. */
export function startWriter(
  dataDir: string,
  work: { from: number; count: number; lanes: number; fileBlocksMax?: number },
): Writer {
  const run = [process.execPath, SCRIPT, DIST, dataDir, 'write', work.from, work.count, work.lanes].map(String);
  const limit = work.fileBlocksMax === undefined ? '' : `ulimit -f ${work.fileBlocksMax}; `;
  const child = spawn('bash', ['-c', `${limit}exec "$@"`, 'bash', ...run], { stdio: ['ignore', 'pipe', 'ignore'] });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  const ended = once(reader, 'close');
  const exited = once(child, 'exit');
  reader.on('line', (line) => lines.push(line));
  return {
    child,
    lines,
    async reached(count) {
      while (lines.length < count && child.exitCode === null && child.signalCode === null) {
        await Promise.race([once(reader, 'line'), ended]);
      }
    },
    async gone() {
      await Promise.all([exited, ended]);
    },
  };
}

/** Another process writes user number `n` twice, and this one does nothing until it is done: not one turn of its events. */
export function writeWithinThisTurn(dataDir: string, n: number): void {
  execFileSync(process.execPath, [SCRIPT, DIST, dataDir, 'write', String(n), '1', '1']);
}
