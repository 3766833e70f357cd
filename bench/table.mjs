import { ratioTo, summary } from './rounds.mjs';

/**
 * One line of the report.
 * @typedef {object} Row
 * @property {string} line what is measured
 * @property {string} figure
 * @property {string} [ratio]
 * @property {string} [aim]
 * @property {string} why one sentence that explains the line
 */

const COLUMNS = ['line', 'figure', 'ratio', 'aim', 'why'];

/** The rows as one Markdown table with aligned columns. @param {Row[]} rows */
export function table(rows) {
  const cells = [COLUMNS, ...rows.map((row) => COLUMNS.map((column) => row[column] ?? '–'))];
  const widths = COLUMNS.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const render = (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [render(cells[0]), rule, ...cells.slice(1).map(render)].join('\n');
}

/**
 * The row of a load. `ceiling`: figures that it is a part of. `compared`: figures that are said as a part (`%`) or a multiple (`x`) of it.
 * `items`: answers in one call.
 * @param {string} line
 * @param {import('./load/run-ghz.mjs').LoadFigures[]} figures
 * @returns {Row}
 */
export function loadRow(line, figures, { ceiling, compared, unit = '%', items = 1, aim, why }) {
  const { rate, p50Ms, p99Ms, errors } = summary(figures);
  const failed = errors === 0 ? '' : `, ${errors} ERRORS`;
  const each = items === 1 ? '/s' : ' items/s';
  const figure = `${Math.round(rate * items).toLocaleString('en')}${each}, p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms${failed}`;
  const [part, whole] = ceiling ? [figures, ceiling] : [compared, figures];
  return { line, figure, ...(part && { ratio: ratioText(ratioTo(part, whole), unit) }), ...(aim && { aim }), why };
}

function ratioText({ median, lowest, highest }, unit) {
  const text = (ratio) => (unit === '%' ? String(Math.round(ratio * 100)) : ratio.toFixed(1));
  return `${text(median)} ${unit} (${text(lowest)}–${text(highest)})`;
}
