/** Lines of a table whose columns are as wide as their widest cell; empty columns are left out. */
export function textTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const columns = headings
    .map((_, index) => index)
    .filter((index) => rows.some((row) => (row[index] ?? '') !== ''));
  const widths = new Map(
    columns.map((index) => [index, Math.max(...[headings, ...rows].map((row) => (row[index] ?? '').length))]),
  );
  const line = (row: readonly string[]): string =>
    columns
      .map((index) => (row[index] ?? '').padEnd(widths.get(index) ?? 0))
      .join('  ')
      .trimEnd();
  return [
    line(headings),
    columns.map((index) => '-'.repeat(widths.get(index) ?? 0)).join('  '),
    ...rows.map(line),
  ];
}
