import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/** A quarter of the function app, and asked for with the first token only: what is not read while it loads costs nothing. */
const identityApart: Plugin = {
  name: 'identity apart',
  setup(it) {
    it.onResolve({ filter: /^@azure\/identity$/ }, () => ({ path: './identity.cjs', external: true }));
  },
};

/** What is deployed: the function app as CommonJS beside host.json, the agent and the command as one file each. */
const bundles: readonly { readonly entry: string; readonly out: string; readonly plugins?: Plugin[] }[] = [
  { entry: 'functions/index.ts', out: 'dist/app/index.cjs', plugins: [identityApart] },
  { entry: 'node_modules/@azure/identity', out: 'dist/app/identity.cjs' },
  { entry: 'agent/entry.ts', out: 'dist/agent.cjs' },
  { entry: 'cli/entry.ts', out: 'dist/dirbridge.cjs' },
];

const isQuiet = process.argv.includes('--quiet');

await rm(`${root}dist`, { recursive: true, force: true });
await mkdir(`${root}dist/app`, { recursive: true });
for (const { entry, out, plugins = [] } of bundles) {
  const startedAt = performance.now();
  const result = await build({
    entryPoints: [`${root}${entry}`],
    outfile: `${root}${out}`,
    bundle: true,
    plugins,
    platform: 'node',
    target: 'node22',
    format: 'cjs',
    // Of libraries that bring both, the modules: what is not used of them is left out. Loading dist/app takes a quarter less.
    mainFields: ['module', 'main'],
    // The Functions host provides it; outside the host the library does without.
    external: ['@azure/functions-core'],
    // Loading takes a sixth less time so (`npm run bench -- --only bundle-import`). Identifiers stay as they are, so that a
    // stack trace names its functions without the source map too.
    minifyWhitespace: true,
    minifySyntax: true,
    sourcemap: 'linked',
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  });
  const bytes =
    Object.entries(result.metafile.outputs).find(([name]) => name.endsWith('.cjs'))?.[1].bytes ?? 0;
  if (!isQuiet)
    console.log(
      `${out.padEnd(20)} ${(bytes / 1024).toFixed(0).padStart(6)} KiB  ${(performance.now() - startedAt).toFixed(0)} ms`,
    );
}
await cp(`${root}host.json`, `${root}dist/app/host.json`);
await writeFile(
  `${root}dist/app/package.json`,
  `${JSON.stringify({ name: 'dirbridge-app', private: true, main: 'index.cjs' }, null, 2)}\n`,
);
