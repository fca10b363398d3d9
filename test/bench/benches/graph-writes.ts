import type { Bench } from '../bench.ts';
import { cloudOptions, startBenchCloud } from '../cloud/bench-cloud.ts';
import { costFigures } from '../cloud/import-figures.ts';
import { runImport } from '../cloud/import-run.ts';
import { importSize } from '../cloud/import-size.ts';
import { population } from '../cloud/population.ts';

const writesPer150s = 30_000;
const limitMs = 1_800_000;

/** Writes that a first import costs, held against what no use of Graph gets below. */
export const graphWrites: Bench = {
  name: 'graph-writes',
  title: 'writes to Graph for a first import of 5,000 users, 500 groups and 25,000 memberships',
  async run(say, { isQuick }) {
    const size = importSize(isQuick);
    const people = population(size);
    const cloud = await startBenchCloud({
      graphArguments: ['--no-throttle'],
      settings: { DIRBRIDGE_GRAPH_WRITES_PER_150S: String(writesPer150s) },
    });
    try {
      const outcome = await runImport(cloud, people, { limitMs, say });
      const ratio = outcome.graph.writes / people.floor;
      return {
        figures: [
          {
            what: 'Graph writes of a first import',
            value: outcome.graph.writes,
            unit: 'writes',
            reference: {
              what: 'one an object, one a manager, one for 20 members',
              value: people.floor,
              unit: 'writes',
            },
            ratio,
            aim: { text: '≤ 1.02x', isMet: ratio <= 1.02 },
          },
          {
            what: 'requests that are no writes',
            value: outcome.graph.requests - outcome.graph.writes,
            unit: '',
          },
          { what: 'time of the import, unthrottled', value: outcome.seconds, unit: 's' },
          ...costFigures(outcome),
        ],
        options: {
          ...cloudOptions,
          ...size,
          'largest group': people.groupSizes[0] ?? 0,
          hosts: 1,
          throttling: 'off',
        },
      };
    } finally {
      await cloud.stop();
    }
  },
};
