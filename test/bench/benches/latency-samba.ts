import type { Bench } from '../bench.ts';
import { measureLatency } from '../lab/measure-latency.ts';

export const latencySamba: Bench = {
  name: 'latency-samba',
  title: 'from the directory (samba) having acknowledged a change to Graph having acknowledged it',
  // A provisioned domain controller is kept there.
  sharesTemporaryFiles: true,
  run: (say, run) => measureLatency('samba', say, run),
};
