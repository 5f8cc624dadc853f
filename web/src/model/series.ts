// Numbers for charts.

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
