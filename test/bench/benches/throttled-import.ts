import type { Bench } from '../bench.ts';
import { measureThrottled } from '../cloud/measure-throttled.ts';

/** How close a first import comes to what Graph's bucket lets through when it refills ten times as fast. */
export const throttledImport: Bench = {
  name: 'throttled-import',
  title: 'time of the same import under throttling at ten times the speed, one host and two',
  run: (say, { isQuick }) => measureThrottled(10, isQuick, say),
};
