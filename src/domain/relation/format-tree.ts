import type { EvaluatedNode } from './trace.ts';

/** The tree as indented text, a line for each node: `allowed`, `denied` or `unknown (reason)`, then what was evaluated. */
export function formatTree(tree: EvaluatedNode): string {
  const lines: string[] = [];
  const write = (node: EvaluatedNode, depth: number): void => {
    const why = node.reason === undefined ? (node.cycle === true ? ' (cycle)' : '') : ` (${node.reason})`;
    const kind =
      node.kind === node.label || node.kind === 'relation' || node.kind === 'exclusion'
        ? ''
        : `${node.kind.replaceAll('_', ' ')} `;
    lines.push(`${'  '.repeat(depth)}${node.result}${why}: ${kind}${node.label}`);
    for (const child of node.children) write(child, depth + 1);
    if (node.omitted !== undefined) lines.push(`${'  '.repeat(depth + 1)}… ${node.omitted} more`);
  };
  write(tree, 0);
  return lines.join('\n');
}

/** The tuples that counted (condition met, userset or parent leading to the user), in the order of the tree, each once. */
export function relationshipsMet(tree: EvaluatedNode): string[] {
  const met = new Set<string>();
  const walk = (node: EvaluatedNode): void => {
    if (node.kind === 'tuple' && node.result === 'allowed') met.add(node.label);
    for (const child of node.children) walk(child);
  };
  walk(tree);
  return [...met];
}
