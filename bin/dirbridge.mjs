#!/usr/bin/env node
// Starts the agent, the operator's command or, from a checkout, what stands in for the cloud on a laptop. Plain
// JavaScript: it must run on a Node that is too old for the rest, and say so.
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, URL } from 'node:url';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `dirbridge needs Node 22.18 or later (Node 24 is what it is tested on); this is Node ${process.versions.node}.\n` +
      'In a checkout "npm ci" brings Node 24: run "npx dirbridge …" instead.',
  );
  process.exit(2);
}

const root = new URL('../', import.meta.url);
const placeOf = (file) => fileURLToPath(new URL(file, root));
const isThere = (file) => existsSync(placeOf(file));
const changedAt = (file) => statSync(file).mtimeMs;

/** The bundle where there is one; the sources where it is missing or, in a checkout, older than they are. */
function bundleOr(bundle, source, folders) {
  if (!isThere(bundle)) return isThere(source) ? source : undefined;
  if (!isThere(source)) return bundle;
  const builtAt = changedAt(placeOf(bundle));
  return folders.some((folder) => hasNewer(placeOf(folder), builtAt)) ? source : bundle;
}

function hasNewer(folder, builtAt) {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).some(
    (entry) => entry.isFile() && changedAt(path.join(entry.parentPath, entry.name)) > builtAt,
  );
}

const laptop = { demo: 'local/demo/main.ts', up: 'local/up.ts' };
const laptopHelp = `usage: dirbridge local <command>

The cloud and a directory on this machine, from a checkout of the sources only.

  demo   start everything, import, compare, change something and tell what it took
  up     start everything and keep it running

Each takes --help.
`;

function chooseEntry(first, second) {
  if (first === 'agent')
    return { file: bundleOr('dist/agent.cjs', 'agent/entry.ts', ['agent', 'shared']), taken: 1 };
  if (first !== 'local')
    return { file: bundleOr('dist/dirbridge.cjs', 'cli/entry.ts', ['cli', 'shared']), taken: 0 };
  if (second === undefined || second === '--help' || second === '-h') {
    process.stdout.write(laptopHelp);
    process.exit(0);
  }
  if (!Object.hasOwn(laptop, second)) {
    process.stderr.write(`error: there is no 'local ${second}'\n\n${laptopHelp}`);
    process.exit(2);
  }
  return { file: isThere(laptop[second]) ? laptop[second] : undefined, taken: 2 };
}

const { file, taken } = chooseEntry(process.argv[2], process.argv[3]);
if (file === undefined) {
  const what = process.argv.slice(2, 2 + Math.max(1, taken)).join(' ');
  process.stderr.write(
    `error: this installation has no '${what}'; it holds neither its bundle (dist) nor its sources\n`,
  );
  process.exit(2);
}
// The entries read their arguments from the third place on, as when they are started themselves.
process.argv.splice(2, taken);
await import(new URL(file, root).href);
