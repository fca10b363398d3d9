#!/usr/bin/env node
// Starts the agent, the operator's command or, from a checkout, what stands in for the cloud on a laptop. Plain
// JavaScript: it must run on a Node that is too old for the rest, and say so.
import { existsSync } from 'node:fs';
import { fileURLToPath, URL } from 'node:url';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `dirbridge needs Node 22.18 or later (Node 24 is what it is tested on); this is Node ${process.versions.node}.`,
  );
  process.exit(2);
}

const root = new URL('../', import.meta.url);
const isThere = (path) => existsSync(fileURLToPath(new URL(path, root)));

/** The bundle where there is one, else the sources. */
const firstOf = (...paths) => paths.find(isThere);

const laptop = { demo: 'local/demo/main.ts', up: 'local/up.ts' };
const laptopHelp = `usage: dirbridge local <command>

The cloud and a directory on this machine, from a checkout of the sources only.

  demo   start everything, import, compare, change something and tell what it took
  up     start everything and keep it running

Each takes --help.
`;

function chooseEntry(first, second) {
  if (first === 'agent') return { path: firstOf('dist/agent.cjs', 'agent/entry.ts'), taken: 1 };
  if (first !== 'local') return { path: firstOf('dist/dirbridge.cjs', 'cli/entry.ts'), taken: 0 };
  if (second === undefined || second === '--help' || second === '-h') {
    process.stdout.write(laptopHelp);
    process.exit(0);
  }
  if (!Object.hasOwn(laptop, second)) {
    process.stderr.write(`error: there is no 'local ${second}'\n\n${laptopHelp}`);
    process.exit(2);
  }
  return { path: firstOf(laptop[second]), taken: 2 };
}

const { path, taken } = chooseEntry(process.argv[2], process.argv[3]);
if (path === undefined) {
  const what = process.argv.slice(2, 2 + Math.max(1, taken)).join(' ');
  process.stderr.write(
    `error: this installation has no '${what}'; it holds neither its bundle (dist) nor its sources\n`,
  );
  process.exit(2);
}
// The entries read their arguments from the third place on, as when they are started themselves.
process.argv.splice(2, taken);
await import(new URL(path, root).href);
