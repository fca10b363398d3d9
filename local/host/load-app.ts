import { globSync } from 'node:fs';
import { createRequire, findPackageJSON } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { errorText } from './error-text.ts';
import { HostError } from './host-error.ts';
import { readJson } from './host-settings.ts';
import type { Registration } from './registration.ts';

/** Loads the entry files named by package.json `main` (a glob) as the worker does, then locks registration and runs appStart. */
export async function loadApp(app: string, registration: Registration): Promise<void> {
  const document = readJson(
    join(app, 'package.json'),
    'It names the entry file of the function app ("main").',
  );
  const main = (document as Record<string, unknown> | null)?.['main'];
  if (typeof main !== 'string')
    throw new HostError(`${join(app, 'package.json')}: "main" must name the entry file.`);
  const files = globSync(main, { cwd: app }).sort();
  if (files.length === 0)
    throw new HostError(`Found zero files matching the supplied pattern "${main}" in ${app}.`);
  for (const file of files) {
    try {
      await loadFile(resolve(app, file));
    } catch (error) {
      const stack = error instanceof Error ? (error.stack ?? error.message) : errorText(error);
      throw new HostError(`Worker was unable to load entry point "${file}": ${stack}`, 1, { cause: error });
    }
  }
  registration.lock();
  if (registration.wantsHttpStream) {
    throw new HostError(
      'The app calls app.setup({ enableHttpStream: true }). This host does not stream HTTP (the library would open a port on ' +
        'every network interface): leave the option out.',
    );
  }
  await registration.model?.getCapabilities({});
  await registration.runHooks('appStart', {
    hookData: {},
    appHookData: registration.appHookData,
    functionAppDirectory: app,
  });
}

async function loadFile(file: string): Promise<void> {
  const url = pathToFileURL(file);
  if (file.endsWith('.mjs') || (!file.endsWith('.cjs') && isModulePackage(url))) {
    await import(url.href);
  } else {
    createRequire(url)(file);
  }
}

function isModulePackage(url: URL): boolean {
  const file = findPackageJSON(url);
  if (file === undefined) return false;
  return (readJson(file, '') as Record<string, unknown> | null)?.['type'] === 'module';
}
