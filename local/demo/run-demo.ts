import { setTimeout as sleep } from 'node:timers/promises';
import { firstSteps } from '../first-steps.ts';
import type { Laptop } from '../laptop.ts';
import { Cloud } from './cloud.ts';
import { DirectoryClient } from './directory-client.ts';
import type { DemoOptions } from './options.ts';
import { milliseconds, thousands, type Output } from './output.ts';
import type { Comparison, Difference } from './picture.ts';
import { seedDirectory, type Seeded } from './seed-directory.ts';
import { Stage, type StepResult } from './stage.ts';
import { playStory } from './story.ts';
import { World } from './world.ts';

export interface DemoReport {
  readonly pids: Readonly<Record<string, number>>;
  readonly import: { readonly objects: number; readonly perSecond: number; readonly seconds: number };
  readonly compared: readonly Comparison[];
  readonly steps: readonly {
    readonly name: string;
    readonly written: string;
    readonly latencies: readonly number[];
    readonly unexpected: number;
    readonly missing: readonly string[];
  }[];
  readonly p50: number | null;
  readonly isEqual: boolean;
}

/** No progress for so long, and the import is over, as far as it goes. */
const stuckMs = 40_000;

/** Start, import, comparison, story, comparison. */
export async function runDemo(laptop: Laptop, options: DemoOptions, out: Output): Promise<DemoReport> {
  out.doing('starting …');
  await laptop.start();
  const client = await DirectoryClient.open(laptop.directory);
  try {
    out.doing(`making ${options.users} users …`);
    const seeded = await seedDirectory(client, options.users);
    await laptop.startAgent();
    await laptop.writeAddresses();
    const pids = laptop.pids;
    out.line(
      'pids',
      Object.entries(pids)
        .map(([name, pid]) => `${name} ${pid}`)
        .join('  '),
    );
    const world = new World(laptop, client, new Cloud(laptop.graphUrl), options.users);
    out.doing('trusting the agent, publishing the rules …');
    await firstSteps(laptop, 'rules/demo.yaml');
    const imported = await watchImport(world, seeded, out);
    const stage = new Stage(world.cloud, world.laptop.busAdmin, (anchors) => world.isEqual(anchors));
    await stage.untilQuiet();
    // From before the comparison: a write that comes between it and the first step is nobody's.
    await stage.begin();
    const first = await world.compare();
    tellComparison(first, out);
    const steps = await tellStory(stage, world, out);
    const last = await world.compare();
    return finish({ pids, import: imported, compared: [first, last], steps }, out);
  } finally {
    await client.close();
  }
}

async function watchImport(world: World, seeded: Seeded, out: Output): Promise<DemoReport['import']> {
  const total = seeded.users + seeded.groups;
  const startedAt = Date.now();
  const seconds = (): number => (Date.now() - startedAt) / 1_000;
  let [objects, missing, changedAt, allAt] = [-1, -1, performance.now(), 0];
  while (missing !== 0 && performance.now() - changedAt < stuckMs) {
    // Looking costs processor time that the import needs: only once all objects are there is everything compared.
    const before = `${objects} ${missing}`;
    const { picture } = await world.cloud.state();
    objects = picture.size;
    if (objects >= total) missing = (await world.compare()).differences.length;
    if (`${objects} ${missing}` !== before) changedAt = performance.now();
    if (objects >= total && allAt === 0) allAt = seconds();
    const rate = Math.round(objects / Math.max(0.1, allAt === 0 ? seconds() : allAt));
    const detail = objects < total ? `${rate}/s` : `${rate}/s  links: ${missing} to go`;
    out.progress('import', objects, total, detail);
    await sleep(missing === 0 ? 0 : 200);
  }
  const spent = seconds();
  const perSecond = Math.round(objects / (allAt === 0 ? spent : allAt));
  const whole = allAt === 0 ? '' : `  ${allAt.toFixed(1)} s, with all links ${spent.toFixed(1)} s`;
  out.line('import', `${objects}/${total}  ${perSecond}/s${whole}`);
  return { objects, perSecond, seconds: spent };
}

function tellComparison(comparison: Comparison, out: Output): void {
  const { users, groups, members, attributes, differences } = comparison;
  const verdict =
    differences.length === 0 ? out.good('equal') : out.bad(`${thousands(differences.length)} differences`);
  out.line(
    'compare',
    `${thousands(users)} users, ${groups} groups, ${thousands(members)} members, ${thousands(attributes)} attributes: ${verdict}`,
  );
  for (const difference of differences.slice(0, shownMax)) out.print(describe(difference));
  if (differences.length > shownMax) out.print(`… and ${differences.length - shownMax} more`);
}

const shownMax = 40;

const describe = ({ object, attribute, expected, found }: Difference): string =>
  `differs  ${object}, ${attribute}: expected ${expected}, found ${found}`;

async function tellStory(stage: Stage, world: World, out: Output): Promise<readonly StepResult[]> {
  const steps: StepResult[] = [];
  const row = (name: string, written: string, latency: string): void =>
    out.print(`${name.padEnd(18)} ${written.padEnd(52)} ${latency}`.trimEnd());
  row('step', 'written to Graph', 'latency');
  await playStory(
    world,
    stage,
    (result, latency) => {
      steps.push(result);
      row(result.name, result.written, latency ?? spanOf(result.latencies));
      for (const problem of result.missing) out.print(out.bad(`failed   ${result.name}: ${problem}`));
      for (const { method, path, status } of result.unexpected)
        out.print(out.bad(`unasked  ${result.name}: ${method} ${path} (${status ?? 'no answer'})`));
    },
    (name) => out.doing(`${name} …`),
  );
  return steps;
}

function spanOf(latencies: readonly number[]): string {
  if (latencies.length === 0) return '';
  const [least, most] = [Math.min(...latencies), Math.max(...latencies)];
  return milliseconds(least) === milliseconds(most)
    ? milliseconds(most)
    : `${Math.round(least)}-${milliseconds(most)}`;
}

function finish(
  told: Pick<DemoReport, 'pids' | 'import' | 'compared'> & { readonly steps: readonly StepResult[] },
  out: Output,
): DemoReport {
  const steps = told.steps.map(({ name, written, latencies, unexpected, missing }) => ({
    ...{ name, written, latencies, missing },
    unexpected: unexpected.length,
  }));
  const last = told.compared.at(-1);
  const latencies = steps.flatMap((step) => step.latencies).sort((a, b) => a - b);
  const p50 = latencies[Math.floor((latencies.length - 1) / 2)] ?? null;
  const unexpected = steps.reduce((sum, step) => sum + step.unexpected, 0);
  const failures = steps.flatMap((step) => step.missing).length;
  const isSame = told.compared.every(({ differences }) => differences.length === 0);
  const isEqual = isSame && unexpected === 0 && failures === 0;
  if (last !== undefined) tellComparison(last, out);
  const parts = [
    isSame ? out.good('equal') : out.bad('different'),
    `${unexpected} unexpected writes`,
    ...(failures === 0 ? [] : [`${failures} failures`]),
    ...(p50 === null ? [] : [`p50 ${milliseconds(p50)}`]),
    `exit ${isEqual ? 0 : 1}`,
  ];
  out.line('result', parts.join('; '));
  return { ...told, steps, p50, isEqual };
}
