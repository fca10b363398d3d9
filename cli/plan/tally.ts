/** How many, and the first few of them by name. */
export interface Tally {
  count: number;
  readonly examples: string[];
}

const examplesMax = 5;

export const newTally = (): Tally => ({ count: 0, examples: [] });

export function add(tally: Tally, example: string): void {
  tally.count += 1;
  if (tally.examples.length < examplesMax) tally.examples.push(example);
}

/** Into the tally of that name, which is made where there is none. */
export function addTo(tallies: Map<string, Tally>, name: string, example: string): void {
  const tally = tallies.get(name) ?? newTally();
  tallies.set(name, tally);
  add(tally, example);
}
