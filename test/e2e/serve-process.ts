import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ROOT } from '../app.ts';

const CLI = join(ROOT, 'dist/cli.js');
const READY_TIMEOUT_MS = 30_000;

/** The built service as a process of its own, on loopback ports of its choice. */
export interface ServeProcess {
  readonly httpOrigin: string;
  readonly grpcAddress: string;
  readonly adminOrigin: string;
  /** All that it printed at its start. */
  readonly printed: string;
  /** By provider_id, and `operator`; of a first start only. */
  readonly keys: Readonly<Record<string, string>>;
  /** Sends a signal; answers the exit code, `null` where the signal ended it. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
}

export interface ServeOutcome {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function launch(args: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd: ROOT,
    env: {
      PATH: process.env['PATH'] ?? '',
      GATEHOUSE_HTTP_ADDR: '127.0.0.1:0',
      GATEHOUSE_GRPC_ADDR: '127.0.0.1:0',
      GATEHOUSE_ADMIN_ADDR: '127.0.0.1:0',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const dieWithParent = (): void => void child.kill('SIGKILL');
  process.once('exit', dieWithParent);
  child.once('exit', () => process.off('exit', dieWithParent));
  return child;
}

/** Starts the service and waits until it says where it listens. Throws with what it complained of when it ends before. */
export async function startServe(dataDir: string, env: Readonly<Record<string, string>> = {}): Promise<ServeProcess> {
  const child = launch(['serve'], { GATEHOUSE_DATA_DIR: dataDir, ...env });
  let printed = '';
  let complained = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (complained += text));
  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`not serving in time:\n${printed}${complained}`)), READY_TIMEOUT_MS);
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      if (!/^ {2}admin .*\n/m.test(printed)) return;
      clearTimeout(late);
      resolve();
    });
    child.once('exit', (code) => {
      clearTimeout(late);
      reject(new Error(`ended with ${code} before it was serving:\n${printed}${complained}`));
    });
  });
  const word = (pattern: RegExp): string => pattern.exec(printed)?.[1] ?? '';
  const keyLines = printed.matchAll(/^ {2}(operator|[A-Za-z0-9]{4}) .*(ghk_\S+)$/gm);
  return {
    httpOrigin: word(/^ {2}http +(\S+)$/m),
    grpcAddress: word(/^ {2}grpc +(\S+)$/m),
    adminOrigin: word(/^ {2}admin +(\S+)$/m),
    printed,
    keys: Object.fromEntries([...keyLines].map(([, owner, key]) => [owner, key])),
    async end(signal) {
      if (child.exitCode === null && child.signalCode === null) {
        const ended = once(child, 'exit');
        child.kill(signal);
        await ended;
      }
      return child.exitCode;
    },
  };
}

/** Runs one command line to its end. */
export async function runGatehouse(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<ServeOutcome> {
  const child = launch(args, env);
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { exitCode, stdout, stderr };
}
