/** The candidate a person most likely meant; null when none is close. */
export function suggest(wrong: string, candidates: Iterable<string>): string | null {
  const lower = wrong.toLowerCase();
  let best: string | null = null;
  let bestDistance = Math.max(1, Math.floor(wrong.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance =
      candidate.toLowerCase() === lower ? 0 : editDistance(lower, candidate.toLowerCase(), bestDistance);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Edits (insert, drop, change, swap neighbours) from one word to the other; `limit` where it is at least that. */
function editDistance(from: string, to: string, limit: number): number {
  if (Math.abs(from.length - to.length) >= limit) return limit;
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const isSame = from[row - 1] === to[column - 1];
      const isSwap =
        row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current.push(
        Math.min(
          (current[column - 1] ?? limit) + 1,
          (last[column] ?? limit) + 1,
          (last[column - 1] ?? limit) + (isSame ? 0 : 1),
          isSwap ? (beforeLast[column - 2] ?? limit) + 1 : limit,
        ),
      );
    }
    beforeLast = last;
    last = current;
  }
  return last[to.length] ?? limit;
}
