import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const SCRIPT = fileURLToPath(new URL('engine/in-process.mjs', import.meta.url));
/** By the end of a line's name. */
const AIMS = {
  'typed arrays': '≤ 24 bytes',
  loaded: '≥ 500,000 / s',
  '#allowed, allowed': '≤ 2 x Map',
  '#allowed, denied': '≤ 2 x Map',
};

/**
 * The engine without a wire, in a process of its own: its lines of text `name  figure  why`, three columns with two blanks or more
 * between them, as rows.
 * @returns {Promise<import('./table.mjs').Row[]>}
 */
export async function engineRows() {
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', SCRIPT]);
  const rows = [];
  for (const text of stdout.split('\n')) {
    const [name, figures, why] = text.trim().split(/ {2,}/);
    if (why === undefined) continue;
    const [figure, ratio] = figures.split(' = ');
    const aim = Object.entries(AIMS).find(([end]) => name.endsWith(end))?.[1];
    rows.push({ line: `engine: ${name}`, figure, ...(ratio && { ratio }), ...(aim && { aim }), why });
  }
  if (rows.length === 0) throw new Error(`${SCRIPT} printed no line to report`);
  return rows;
}
