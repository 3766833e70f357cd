import { spawn } from 'node:child_process';
import { once } from 'node:events';

const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 15_000;
const OUTPUT_CHARACTERS_MAX = 64 * 1024;

/**
 * Starts a Node script and waits until its standard output has a line for each of `names`: the name, blanks, an address.
 * @param {string[]} args the script and its arguments
 * @param {string[]} names
 * @param {Record<string, string>} [env] added to this process's
 * @param {number} [timeoutMs] until it must be ready
 * @returns {Promise<{ addresses: Record<string, string>, stop(): Promise<void> }>} `stop` throws for one that has ended by itself
 */
export async function startProcess(args, names, env = {}, timeoutMs = READY_TIMEOUT_MS) {
  const child = spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const dieWithParent = () => child.kill('SIGKILL');
  process.once('exit', dieWithParent);
  let output = '';
  const keep = (text) => (output = (output + text).slice(-OUTPUT_CHARACTERS_MAX));
  child.stderr.setEncoding('utf8').on('data', keep);
  const addresses = {};
  await new Promise((resolve, reject) => {
    const timeout = setTimeout(() => reject(new Error(`${args[0]} was not ready in time:\n${output}`)), timeoutMs);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${args[0]} ended with ${code}:\n${output}`)));
    child.stdout.setEncoding('utf8').on('data', (text) => {
      keep(text);
      for (const name of names) addresses[name] ??= new RegExp(`^\\s*${name}\\s+(\\S+)$`, 'm').exec(output)?.[1];
      if (names.some((name) => addresses[name] === undefined)) return;
      clearTimeout(timeout);
      resolve();
    });
  });
  return {
    addresses,
    async stop() {
      process.off('exit', dieWithParent);
      const early = child.exitCode ?? child.signalCode;
      if (early !== null) throw new Error(`${args[0]} ended with ${early} before it was stopped:\n${output}`);
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await ended;
      clearTimeout(force);
    },
  };
}
