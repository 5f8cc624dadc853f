// Numbers for charts.

/** Where the largest jump is: the index of the gap between frames i and i + 1; -1 without one. */
export function largestJump(distances: (number | null)[]): number {
  let best = -1;
  distances.forEach((each, i) => {
    if (each !== null && (best < 0 || each > (distances[best] ?? -Infinity))) best = i;
  });
  return best;
}

/** losses.csv as columns: the first is the iteration's number, the others by their headings. */
export function parseLosses(csv: string): { names: string[]; columns: (number | null)[][] } {
  const [head = '', ...rows] = csv.trim().split(/\r?\n/);
  const names = head.split(',').map((name) => name.trim());
  const cells = rows.map((row) => row.split(','));
  const columns = names.map((_, i) =>
    cells.map((row) => {
      const text = row[i]?.trim() ?? '';
      const value = Number(text);
      return text === '' || !Number.isFinite(value) ? null : value;
    }),
  );
  return { names, columns };
}

/** How even a travel is: the largest distance against the usual one. */
export function unevenness(distances: (number | null)[]): number | null {
  const known = distances.filter((each): each is number => each !== null).sort((a, b) => a - b);
  const median = known[Math.floor(known.length / 2)];
  const largest = known[known.length - 1];
  if (median === undefined || largest === undefined || median === 0) return null;
  return largest / median;
}
