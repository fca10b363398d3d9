import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { root } from '../../../local/product.ts';
import type { Bench } from '../bench.ts';
import { median } from '../frame/percentile.ts';

/** What the function app is made of, as packages load it that are not bundled. */
const packages = [
  '@azure/functions',
  '@azure/service-bus',
  '@azure/data-tables',
  '@azure/identity',
  '@microsoft/microsoft-graph-client',
  'zod',
];

const subjects = {
  empty: '',
  bundle: `require(${JSON.stringify(join(root, 'dist/app/index.cjs'))});`,
  packages: packages.map((name) => `require(${JSON.stringify(name)});`).join(''),
} as const;

type Subject = keyof typeof subjects;

export const bundleImport: Bench = {
  name: 'bundle-import',
  title: 'time until the function app is loaded, against its libraries unbundled',
  async run(say, { isQuick, signal }) {
    const rounds = isQuick ? 5 : 15;
    const times: Record<Subject, number[]> = { empty: [], bundle: [], packages: [] };
    // The first round brings the files into memory and is not counted.
    for (let round = -1; round < rounds; round += 1) {
      signal.throwIfAborted();
      for (const subject of Object.keys(subjects) as Subject[]) {
        const took = await load(subjects[subject]);
        if (round >= 0) times[subject].push(took);
      }
      if (round >= 0 && (round + 1) % 5 === 0) say(`${round + 1} of ${rounds}`);
    }
    const empty = median(times.empty);
    const bundle = median(times.bundle) - empty;
    const unbundled = median(times.packages) - empty;
    const ratio = bundle / unbundled;
    return {
      figures: [
        {
          what: 'loading dist/app',
          value: bundle,
          unit: 'ms',
          reference: { what: 'its libraries unbundled', value: unbundled, unit: 'ms' },
          ratio,
          aim: { text: '<= 0.4x', isMet: ratio <= 0.4 },
        },
        { what: 'empty process', value: empty, unit: 'ms' },
      ],
      options: { rounds, 'each in': 'a process of its own, alternating; medians', packages: packages.length },
      notes: ['both less the time of an empty process'],
    };
  },
};

/** From the start of a process to its end. What it says is shown only when it fails: the library warns that no host runs it. */
async function load(code: string): Promise<number> {
  const began = performance.now();
  const child = spawn(process.execPath, ['-e', `${code}process.exit(0)`], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
    // A cache of compiled code would measure itself: a new instance in the cloud has none.
    env: { ...process.env, NODE_COMPILE_CACHE: undefined },
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [exitCode] = (await once(child, 'close')) as [number | null];
  const took = performance.now() - began;
  if (exitCode !== 0)
    throw new Error(`a process that only loads ended with ${exitCode ?? 'a signal'}\n${said}`.trim());
  return took;
}
