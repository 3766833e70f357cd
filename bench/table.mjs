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
