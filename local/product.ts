import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { copyFile, cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

const outputs = [
  'dist/app/index.cjs',
  'dist/app/identity.cjs',
  'dist/app/host.json',
  'dist/agent.cjs',
  'dist/dirbridge.cjs',
];
const sources = ['agent', 'cli', 'functions', 'shared', 'host.json', 'package-lock.json', 'scripts/build.ts'];

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end. */
export function run(
  command: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly signal?: AbortSignal } = {},
): Promise<Finished> {
  const [file = '', ...args] = command;
  const child = spawn(file, args, {
    cwd: root,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 1, stdout, stderr }));
  });
}

/** @throws Error with the bundler's words when the sources do not build. */
export async function build(): Promise<void> {
  const { code, stdout, stderr } = await run([process.execPath, 'scripts/build.ts', '--quiet']);
  if (code !== 0) throw new Error(`the build failed:\n${`${stderr}${stdout}`.trim()}`);
}

/** Builds where dist/ is missing or older than the sources. */
export async function buildIfStale(): Promise<boolean> {
  const built = outputs.map((path) => join(root, path));
  if (built.every(existsSync)) {
    const oldest = Math.min(...built.map(modifiedAt));
    if (sources.every((path) => newest(join(root, path)) <= oldest)) return false;
  }
  await build();
  return true;
}

/**
 * The laptop runs copies: a build that goes on meanwhile must not take the files from under it. A build empties dist/
 * first, so a copy counts only when the files were there before and unchanged after.
 */
export async function copyProduct(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const deadline = Date.now() + 60_000;
  for (;;) {
    const before = stampsOfBuild();
    try {
      await cp(join(root, 'dist/app'), join(folder, 'app'), { recursive: true });
      for (const name of ['agent.cjs', 'dirbridge.cjs'])
        await copyFile(join(root, 'dist', name), join(folder, name));
      if (before !== null && before === stampsOfBuild()) return;
    } catch (error) {
      if (Date.now() >= deadline) throw error;
    }
    if (Date.now() >= deadline)
      throw new Error('dist/ is being built again and again; try once that has ended');
    await sleep(250);
  }
}

function stampsOfBuild(): string | null {
  const stamps = outputs.map((path) => modifiedAt(join(root, path)));
  return stamps.includes(0) ? null : stamps.join(' ');
}

const modifiedAt = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

function newest(path: string): number {
  const own = statSync(path, { throwIfNoEntry: false });
  if (own === undefined) return 0;
  if (!own.isDirectory()) return own.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))));
}
