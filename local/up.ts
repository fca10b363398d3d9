import { existsSync, watch, type FSWatcher } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { DirectoryClient } from './demo/directory-client.ts';
import { seedDirectory } from './demo/seed-directory.ts';
import type { Death } from './family.ts';
import { firstSteps, publish } from './first-steps.ts';
import { Laptop, makeLaptop } from './laptop.ts';
import { build, buildIfStale, copyProduct, root } from './product.ts';
import { prepareSamba } from './samba-ready.ts';

const usage = `Keeps the whole laptop running: tables, bus, Graph, a directory, the function app and a relay agent.

  npm run dev [-- options]

  --rules PATH               rules to publish (rules/users-and-groups.yaml)
  --users N                  people to make at the start (25)
  --directory embedded|samba (embedded)
  --lag A-B                  milliseconds until Graph shows a write (50-300)
  --help

Edits of functions/ and shared/ restart the function app, edits of agent/ and shared/ the agent; edits of the rules
are published. Ctrl-C stops everything.
`;

interface Options {
  readonly rules: string;
  readonly users: number;
  readonly directory: 'embedded' | 'samba';
  readonly lag: string;
}

function readOptions(): Options {
  try {
    const { values } = parseArgs({
      options: {
        rules: { type: 'string', default: 'rules/users-and-groups.yaml' },
        users: { type: 'string', default: '25' },
        directory: { type: 'string', default: 'embedded' },
        lag: { type: 'string', default: '50-300' },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(usage);
      process.exit(0);
    }
    const { rules, directory, lag } = values;
    if (directory !== 'embedded' && directory !== 'samba')
      throw new Error(`--directory takes embedded or samba, not '${directory}'`);
    const users = Number(values.users);
    if (!Number.isInteger(users) || users < 2 || users > 5_000)
      throw new Error(`--users takes a number from 2 to 5000, not '${values.users}'`);
    if (!existsSync(join(root, rules))) throw new Error(`--rules: there is no ${rules}`);
    return { rules, users, directory, lag };
  } catch (error) {
    console.error(`dev: ${messageOf(error)}\n\n${usage}`);
    process.exit(2);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const say = (text: string): void => console.error(`dev: ${text}`);

let laptop: Laptop | undefined;
let isStopping = false;
async function end(code: number): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  for (const watcher of watchers) watcher.close();
  await laptop?.stop();
  process.exit(code);
}

/** The function app ends itself when a function runs too long, and is started again by its supervisor: here, by us. */
function onDeath(death: Death): void {
  if (isStopping) return;
  console.error(`dev: ${death.name} ended (${death.how}); its last words:\n${death.lastWords.join('\n')}`);
  void end(1);
}

const watchers: FSWatcher[] = [];

/** Edits come in bursts: an editor writes several files, a checkout hundreds. */
function onEdits(folders: readonly string[], act: (path: string) => Promise<void>): void {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  for (const given of folders) {
    // A file is watched through its folder: editors and checkouts replace it, and a watch on the old one hears nothing.
    const isFile = /\.ya?ml$/.test(given);
    const folder = isFile ? dirname(given) : given;
    const watcher = watch(join(root, folder), { recursive: !isFile }, (_event, name) => {
      if (isFile && name !== basename(given)) return;
      const path = join(folder, name ?? '');
      if (!/\.(ts|json|ya?ml)$/.test(path)) return;
      clearTimeout(timer);
      timer = setTimeout(() => {
        running = running
          .then(() => (isStopping ? undefined : act(path)))
          .catch((error: unknown) => (isStopping ? undefined : say(messageOf(error))));
      }, 200);
    });
    watchers.push(watcher);
  }
}

async function rebuild(up: Laptop, path: string): Promise<void> {
  say(`${path} was edited`);
  await build();
  await copyProduct(up.folder);
  const isAgents = path.startsWith('agent/');
  if (!isAgents) {
    await up.stopHost();
    await up.startHost();
  }
  if (!path.startsWith('functions/')) {
    await up.stopAgent();
    await up.startAgent();
  }
  say(isAgents ? 'the agent runs the new build' : 'the new build runs');
}

async function up(options: Options): Promise<void> {
  if (options.directory === 'samba') await prepareSamba();
  if (await buildIfStale()) say('built');
  await mkdir(join(root, '.dirbridge'), { recursive: true });
  laptop = await makeLaptop({
    directory: options.directory,
    domains: ['contoso.com', 'corp.example'],
    lag: options.lag,
    onDeath,
  });
  await laptop.start();
  const client = await DirectoryClient.open(laptop.directory);
  await seedDirectory(client, options.users);
  await client.close();
  await laptop.startAgent();
  await firstSteps(laptop, options.rules);
  const env = join(root, '.dirbridge/dev.env');
  await laptop.writeEnvironment(env);
  console.log(JSON.stringify(laptop.addresses));
  const { admin, servername, caFile } = laptop.directory;
  say(`files and logs: ${laptop.folder}`);
  say(
    `directory: ${admin.user}, password ${admin.password}, authority ${caFile}, certificate of ${servername}`,
  );
  say(`what Graph holds: curl ${laptop.graphUrl}/_local/objects`);
  say(`operator: npx dirbridge --env-file ${relative(process.cwd(), env)} status`);
  const running = laptop;
  onEdits(['functions', 'shared', 'agent'], (path) => rebuild(running, path));
  onEdits([options.rules], async () => say(await publish(running, options.rules)));
}

/** What fails because it is being stopped is no failure. */
async function fail(error: unknown): Promise<void> {
  if (!isStopping) console.error(`dev: ${messageOf(error)}`);
  await end(1);
}

const options = readOptions();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end(0));
await up(options).catch(fail);
