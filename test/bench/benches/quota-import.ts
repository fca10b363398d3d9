import type { Bench } from '../bench.ts';
import { measureThrottled } from '../cloud/measure-throttled.ts';

/** The same at the speed of the service: twenty minutes, mostly of waiting, as people will see it. */
export const quotaImport: Bench = {
  name: 'quota-import',
  title: 'time of a first import at the quota that Graph has, one host and two',
  run: (say, { isQuick }) => measureThrottled(1, isQuick, say),
};
