import { mkdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Death } from '../family.ts';
import { makeLaptop, type Laptop } from '../laptop.ts';
import { buildIfStale, root } from '../product.ts';
import { prepareSamba } from '../samba-ready.ts';
import { readOptions, usage, type DemoOptions } from './options.ts';
import { Output } from './output.ts';
import { runDemo } from './run-demo.ts';

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function options(): DemoOptions {
  try {
    const read = readOptions(process.argv.slice(2));
    if (read !== undefined) return read;
  } catch (error) {
    console.error(`demo: ${messageOf(error)}\n\n${usage}`);
    process.exit(2);
  }
  process.stdout.write(usage);
  process.exit(0);
}

const chosen = options();
const out = new Output(chosen.json ? process.stderr : process.stdout, { color: chosen.color });
let laptop: Laptop | undefined;
let ending: Promise<never> | undefined;

function end(code: number): Promise<never> {
  ending ??= (async () => {
    await laptop?.stop();
    return process.exit(code);
  })();
  return ending;
}

function onDeath({ name, how, lastWords }: Death): void {
  if (ending !== undefined) return;
  out.print(`demo: ${name} ended by itself (${how}); its last words:\n${lastWords.join('\n')}`);
  void end(1);
}

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)
  process.on(signal, () => void end(code));

async function keepRunning(running: Laptop, code: number): Promise<void> {
  const env = join(root, '.dirbridge/dev.env');
  await mkdir(join(root, '.dirbridge'), { recursive: true });
  await running.writeEnvironment(env);
  out.line('running', JSON.stringify(running.addresses));
  out.line('operator', `npx dirbridge --env-file ${relative(process.cwd(), env)} status`);
  out.line('files', `${running.folder}; Ctrl-C stops everything`);
  process.removeAllListeners('SIGINT');
  process.once('SIGINT', () => void end(code));
}

try {
  if (chosen.directory === 'samba') await prepareSamba();
  out.doing('building …');
  await buildIfStale();
  const { directory, lag, folder } = chosen;
  laptop = await makeLaptop({
    ...{ directory, lag, onDeath, domains: ['contoso.com'] },
    ...(folder === undefined ? {} : { folder }),
  });
  const report = await runDemo(laptop, chosen, out);
  if (chosen.json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  if (chosen.keep) await keepRunning(laptop, report.isEqual ? 0 : 1);
  else await end(report.isEqual ? 0 : 1);
} catch (error) {
  // What fails because it is being stopped is no failure.
  if (ending === undefined) out.print(`demo: ${messageOf(error)}`);
  await end(1);
}
