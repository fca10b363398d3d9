const quotedText = /'(?:[^']|'')*'/g;

/**
 * The partition that all rows of a filter are in: its first comparison names it, and nothing is or-ed to that. Null where
 * that is not certain.
 */
export function partitionOfFilter(filter: string): string | null {
  const first = /^\s*PartitionKey\s+eq\s+'((?:[^']|'')*)'(?=\s+and\s|\s*$)/.exec(filter);
  if (first === null) return null;
  // Texts may hold anything, and what stands in brackets is and-ed as a whole.
  let rest = filter.slice(first[0].length).replace(quotedText, "''");
  for (let before = ''; rest !== before;) {
    before = rest;
    rest = rest.replace(/\([^()]*\)/g, ' ');
  }
  if (/[()]/.test(rest) || /\bor\b/i.test(rest)) return null;
  return (first[1] ?? '').replaceAll("''", "'");
}
