import type { PopulationSize } from './population.ts';

/** What the benches of a first import bring in. */
export function importSize(isQuick: boolean): PopulationSize {
  return isQuick
    ? { users: 500, groups: 50, memberships: 2_500 }
    : { users: 5_000, groups: 500, memberships: 25_000 };
}
