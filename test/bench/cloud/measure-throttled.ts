import type { Figure, Measurement } from '../bench.ts';
import { cloudOptions, startBenchCloud } from './bench-cloud.ts';
import { costFigures } from './import-figures.ts';
import { runImport, type ImportOutcome } from './import-run.ts';
import { importSize } from './import-size.ts';
import { population, type Population } from './population.ts';

/** Graph's bucket holds 3,000 writes and refills in 150 s. */
const bucket = 3_000;
const refillSeconds = 150;
/** What bulk leaves of the bucket to what is more urgent (shared/state/write-bucket.ts). */
const bulkShare = 0.75;
const limitMs = 1_800_000;

/** A first import while Graph refuses what exceeds its bucket, by one host and by two, held against what the bucket lets through. */
export async function measureThrottled(
  speed: number,
  isQuick: boolean,
  say: (text: string) => void,
): Promise<Measurement> {
  const size = importSize(isQuick);
  const people = population(size);
  const writesPerSecond = (bucket / refillSeconds) * speed;
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
      const outcome = await runImport(cloud, people, { limitMs, say });
      figures.push(...figuresOf(outcome, people, { hosts, writesPerSecond }));
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
}

const notes = [
  'The floor is the time in which the bucket lets so many writes through, less the quarter of it that bulk leaves to others.',
];

function figuresOf(
  outcome: ImportOutcome,
  people: Population,
  { hosts, writesPerSecond }: { readonly hosts: number; readonly writesPerSecond: number },
): readonly Figure[] {
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
