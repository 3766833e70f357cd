/**
 * Measures several loads side by side: warms each up, then runs them in turn, round after round, so that what the machine does meanwhile
 * meets all of them alike.
 * @param {Record<string, (seconds: number) => Promise<import('./load/run-ghz.mjs').LoadFigures>>} loads
 * @param {{ rounds: number, seconds: number, warmUpSeconds: number }} settings
 * @returns {Promise<Record<string, import('./load/run-ghz.mjs').LoadFigures[]>>} the rounds of each
 */
export async function measureInTurn(loads, { rounds, seconds, warmUpSeconds }) {
  const measured = {};
  for (const [name, load] of Object.entries(loads)) {
    measured[name] = [];
    await load(warmUpSeconds);
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, load] of Object.entries(loads)) measured[name].push(await load(seconds));
  }
  return measured;
}

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Median of each figure; errors are added up. */
export function summary(figures) {
  return {
    rate: median(figures.map(({ rate }) => rate)),
    p50Ms: median(figures.map(({ p50Ms }) => p50Ms)),
    p99Ms: median(figures.map(({ p99Ms }) => p99Ms)),
    errors: figures.reduce((sum, { errors }) => sum + errors, 0),
  };
}

/** How much of `ceiling` was reached, round by round: the median with the lowest and the highest. */
export function ratioTo(figures, ceiling) {
  const ratios = figures.map(({ rate }, round) => rate / ceiling[round].rate);
  return { median: median(ratios), lowest: Math.min(...ratios), highest: Math.max(...ratios) };
}
