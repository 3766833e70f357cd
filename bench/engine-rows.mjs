import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const SCRIPT = fileURLToPath(new URL('engine/in-process.mjs', import.meta.url));
/** Bytes that a tuple may take. */
const AIMS = { 'typed arrays': '≤ 40 bytes' };

/**
 * The engine without a wire, in a process of its own: its lines of text `name  figure  why`, three columns with two blanks or more
 * between them, as rows.
 * @param {number} tuples
 * @returns {Promise<import('./table.mjs').Row[]>}
 */
export async function engineRows(tuples) {
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', SCRIPT, String(tuples)]);
  const rows = [];
  for (const text of stdout.split('\n')) {
    const [name, figures, why] = text.trim().split(/ {2,}/);
    if (why === undefined) continue;
    const [figure, ratio] = figures.split(' = ');
    rows.push({
      line: `engine: ${name}`,
      figure,
      ...(ratio && { ratio }),
      ...(AIMS[name] && { aim: AIMS[name] }),
      why,
    });
  }
  if (rows.length === 0) throw new Error(`${SCRIPT} printed no line to report`);
  return rows;
}
