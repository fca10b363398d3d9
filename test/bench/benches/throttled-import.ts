import type { Bench, Figure } from '../bench.ts';
import { cloudOptions, startBenchCloud } from '../cloud/bench-cloud.ts';
import { costFigures } from '../cloud/import-figures.ts';
import { runImport, type ImportOutcome } from '../cloud/import-run.ts';
import { importSize } from '../cloud/import-size.ts';
import { population, type Population } from '../cloud/population.ts';

/** Graph's bucket holds 3,000 writes and refills in 150 s; here it refills ten times faster. */
const bucket = 3_000;
const speed = 10;
const writesPerSecond = (bucket / 150) * speed;
/** What bulk leaves of the bucket to what is more urgent (shared/state/write-bucket.ts). */
const bulkShare = 0.75;
const limitMs = 1_800_000;

/** How close a first import comes to what Graph's bucket lets through, by one host and by two. */
export const throttledImport: Bench = {
  name: 'throttled-import',
  title: 'time of the same import under throttling at ten times the speed, one host and two',
  async run(say, { isQuick }) {
    const size = importSize(isQuick);
    const people = population(size);
    const figures: Figure[] = [];
    for (const hosts of [1, 2]) {
      const cloud = await startBenchCloud({
        hosts,
        graphArguments: ['--speed', String(speed), '--tenant-size', 'L'],
        settings: {
          DIRBRIDGE_GRAPH_WRITES_PER_150S: String(bucket * speed),
          DIRBRIDGE_GRAPH_BURST: String(bucket),
        },
      });
      try {
        figures.push(...figuresOf(await runImport(cloud, people, { limitMs, say }), people, hosts));
      } finally {
        await cloud.stop();
      }
    }
    const options = {
      ...cloudOptions,
      ...size,
      'Graph writes at once': bucket,
      'Graph writes a second': writesPerSecond,
    };
    return { figures, options, notes };
  },
};

const notes = [
  'The floor is the time in which the bucket lets so many writes through, less the quarter of it that bulk leaves to others.',
];

function figuresOf(outcome: ImportOutcome, people: Population, hosts: number): readonly Figure[] {
  const of = hosts === 1 ? ', one host' : ', two hosts';
  const { graph, seconds, workMessages } = outcome;
  const floorSeconds = Math.max(0, people.floor - bucket * bulkShare) / writesPerSecond;
  const ratio = seconds / floorSeconds;
  const refused = graph.throttled / graph.requests;
  const works = workMessages / seconds;
  const time: Figure = { what: `time of a throttled import${of}`, value: seconds, unit: 's' };
  // An import that fits into the bucket has no floor.
  const isThrottled = floorSeconds > 0;
  const reference = { what: 'throttle floor', value: floorSeconds, unit: 's' };
  return [
    isThrottled ? { ...time, reference, ratio, aim: { text: '≤ 1.10x', isMet: ratio <= 1.1 } } : time,
    {
      what: `requests refused with 429${of}`,
      value: refused * 100,
      unit: '%',
      aim: { text: '≤ 1 %', isMet: refused <= 0.01 },
    },
    {
      what: `work messages a second${of}`,
      value: works,
      unit: '/s',
      aim: { text: '≤ 2 /s', isMet: works <= 2 },
    },
    ...costFigures(outcome, of),
  ];
}
