import type { Bench } from '../bench.ts';
import { measureLatency } from '../lab/measure-latency.ts';

export const latencyEmbedded: Bench = {
  name: 'latency-embedded',
  title: 'from the directory (embedded) having acknowledged a change to Graph having acknowledged it',
  run: (say, run) => measureLatency('embedded', say, run),
};
