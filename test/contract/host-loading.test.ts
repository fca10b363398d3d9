import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fixtureApp, startTestHost } from './support/host/start-fixture.ts';

const hostJson = JSON.stringify({ version: '2.0' });
const library = new URL('../../node_modules/@azure/functions/dist/azure-functions.js', import.meta.url)
  .pathname;

describe('loading an app', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'host-apps-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  const write = (name: string, files: Readonly<Record<string, string>>): string => {
    const app = join(folder, name);
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(app, file)), { recursive: true });
      writeFileSync(join(app, file), text);
    }
    return app;
  };
  /** Runs the host to its end; for what must not start. */
  const fail = (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const run = spawnSync(process.execPath, ['local/host/main.ts', ...args], {
      encoding: 'utf8',
      env: { ...process.env, ...env },
      timeout: 20_000,
    });
    return { code: run.status, out: run.stdout, err: run.stderr };
  };
  const source = (handler: string) =>
    `const { app } = require(${JSON.stringify(library)}); app.get('hello', () => (${handler}));`;

  test.each([
    ['cjs', 'index.cjs'],
    ['esm', 'index.mjs'],
  ] as const)('a bundle (%s) that carries the library inside, alone in its folder', async (format, file) => {
    const app = write(`bundle-${format}`, {
      'host.json': hostJson,
      'package.json': JSON.stringify({ main: file }),
    });
    const banner =
      "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
    await build({
      stdin: {
        contents:
          "import { app } from '@azure/functions'; app.get('hello', () => ({ body: 'from a bundle' }));",
        resolveDir: process.cwd(),
      },
      bundle: true,
      platform: 'node',
      format,
      external: ['@azure/functions-core'],
      outfile: join(app, file),
      ...(format === 'esm' ? { banner: { js: banner } } : {}),
    });
    const host = await startTestHost({}, { app });
    expect(host.functions).toEqual(['hello']);
    expect(await (await fetch(`${host.url}/api/hello`)).text()).toBe('from a bundle');
    expect(await host.child.stop()).toBe(0);
  });

  test('ES modules with top-level await, named by a glob', async () => {
    const module = (name: string) =>
      `import { app } from ${JSON.stringify(library)}; await new Promise((go) => setImmediate(go)); app.get('${name}', () => ({ body: '${name}' }));`;
    const app = write('modules', {
      'host.json': hostJson,
      'package.json': JSON.stringify({ type: 'module', main: 'src/{a,b}.js' }),
      'src/a.js': module('a')
        .replace('import { app } from', 'import functions from')
        .replace('await', 'const { app } = functions; await'),
      'src/b.js': module('b')
        .replace('import { app } from', 'import functions from')
        .replace('await', 'const { app } = functions; await'),
    });
    const host = await startTestHost({}, { app });
    expect([...host.functions].sort()).toEqual(['a', 'b']);
    await host.child.stop();
  });

  test('local.settings.json sets what is not set, host.json gives way to the environment', async () => {
    const app = write('settings', {
      'host.json': JSON.stringify({ version: '2.0', extensions: { http: { routePrefix: 'api' } } }),
      'package.json': JSON.stringify({ main: 'index.cjs' }),
      'index.cjs': source(
        '{ jsonBody: [process.env.FROM_FILE, process.env.FROM_BOTH, process.env.FROM_FLAG] }',
      ),
      'local.settings.json': JSON.stringify({
        IsEncrypted: false,
        Values: { FROM_FILE: 'file', FROM_BOTH: 'file', FROM_FLAG: 'file' },
      }),
    });
    const host = await startTestHost(
      { FROM_BOTH: 'environment', AzureFunctionsJobHost__extensions__http__routePrefix: 'v1' },
      { app, flags: ['--settings', join(app, 'local.settings.json'), '--connections', 'FROM_FLAG=a=b'] },
    );
    expect(await (await fetch(`${host.url}/v1/hello`)).json()).toEqual(['file', 'environment', 'a=b']);
    await host.child.stop();
  });

  test("the app's standard output stays out of ours", async () => {
    const app = write('chatty', {
      'host.json': hostJson,
      'package.json': JSON.stringify({ main: 'index.cjs' }),
      'index.cjs': `console.log('{"not":"ours"}'); ${source('{}')}`,
    });
    const host = await startTestHost({}, { app });
    expect(host.child.ready['ready']).toBe(true);
    expect(host.log).toContain('{"not":"ours"}');
    await host.child.stop();
  });

  test.each([
    ['no host.json', {}, 'host.json cannot be read'],
    ['another version', { 'host.json': '{"version":"1.0"}' }, '"version" must be "2.0"'],
    ['host.json that is no JSON', { 'host.json': '{' }, 'is not valid JSON'],
    ['no package.json', { 'host.json': hostJson }, 'package.json cannot be read'],
    ['no main', { 'host.json': hostJson, 'package.json': '{}' }, '"main" must name the entry file'],
    [
      'main that matches nothing',
      { 'host.json': hostJson, 'package.json': '{"main":"x/*.js"}' },
      'Found zero files',
    ],
    [
      'an app that throws',
      {
        'host.json': hostJson,
        'package.json': '{"main":"i.cjs"}',
        'i.cjs': "throw new Error('cannot begin')",
      },
      'cannot begin',
    ],
    [
      'two functions of one name',
      {
        'host.json': hostJson,
        'package.json': '{"main":"i.cjs"}',
        'i.cjs': `${source('{}')} app.get('hello', () => ({}));`,
      },
      'has already been registered',
    ],
    [
      'streamed HTTP',
      {
        'host.json': hostJson,
        'package.json': '{"main":"i.cjs"}',
        'i.cjs': `${source('{}')} app.setup({ enableHttpStream: true });`,
      },
      'does not stream HTTP',
    ],
    [
      'a bad duration',
      {
        'host.json': '{"version":"2.0","functionTimeout":"ten"}',
        'package.json': '{"main":"i.cjs"}',
        'i.cjs': source('{}'),
      },
      'functionTimeout must be a duration',
    ],
  ] as const)('%s: exit 1 and the reason', (what, files, message) => {
    const { code, out, err } = fail([
      '--app',
      write(`bad-${what.replaceAll(/\W/g, '-')}`, { 'x.txt': '', ...files }),
      '--port',
      '0',
    ]);
    expect(err).toContain(message);
    expect(code).toBe(1);
    expect(out).toBe('');
  });

  test('encrypted settings are refused with what to do', () => {
    for (const document of ['{"IsEncrypted":true}', '{"Values":{}}']) {
      writeFileSync(join(folder, 'encrypted.json'), document);
      const { code, err } = fail(['--app', fixtureApp, '--settings', join(folder, 'encrypted.json')]);
      expect(err).toContain('func settings decrypt');
      expect(code).toBe(1);
    }
  });

  test.each([
    [[], '--app DIR is missing'],
    [['--app', 'x', '--what'], "Unknown option '--what'"],
    [['--app', 'x', '--port', 'high'], '--port must be a number'],
    [['--app', 'x', '--drain', '30'], '--drain must be a time'],
    [['--app', 'x', '--connections', 'NAME'], '--connections must be NAME=VALUE'],
  ])('usage: %j ends with 2', (args, message) => {
    const { code, err } = fail(args);
    expect(err).toContain(message);
    expect(code).toBe(2);
  });

  test('--help explains and ends with 0', () => {
    const { code, out } = fail(['--help']);
    expect(out).toContain('usage: node local/host/main.ts');
    expect(code).toBe(0);
  });
});
