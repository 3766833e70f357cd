/** The nodes of a graph from which a circle is reached, with what each leads to: those that are left when all that end are taken away. */
export function leadingToCircles(
  graph: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, readonly string[]> {
  const left = new Map(graph);
  for (let before = -1; before !== left.size;) {
    before = left.size;
    for (const [node, targets] of left) if (!targets.some((target) => left.has(target))) left.delete(node);
  }
  return left;
}
