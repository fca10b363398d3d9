import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { endWithUs } from './reaper.ts';

/** What a laptop process says on its first line of standard output: one JSON object. */
export type Ready = Readonly<Record<string, unknown>>;

export interface Child {
  readonly name: string;
  readonly pid: number;
  readonly ready: Ready;
  readonly process: ChildProcess;
  /** Resolves with the exit code, or the signal's name, once the process is gone. */
  readonly ended: Promise<number | string>;
  /** What it last wrote to standard error. */
  lastWords(): readonly string[];
  /** Later lines of standard output, one call each; replaces the listener set at start. */
  onLine(listener: (line: string) => void): void;
  /** SIGTERM, then SIGKILL after `graceMs`; resolves with the exit code once the process is gone. */
  stop(graceMs?: number): Promise<number | null>;
}

export interface ChildOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly readyMs?: number;
  /** Recognises the ready line; the default takes the first line that is a JSON object. */
  readonly isReady?: (line: string) => Ready | undefined;
  readonly onLine?: (line: string) => void;
  readonly onError?: (line: string) => void;
  /** Told at once, before the process is ready: whoever stops in that time can end it. */
  readonly onSpawn?: (process: ChildProcess) => void;
  /** A process group of its own: Ctrl-C in the terminal reaches the parent alone, which then stops its children in order. */
  readonly hasOwnGroup?: boolean;
}

/**
 * Starts one process and waits until it says that it is ready; its last words are in the error when it is not. It does
 * not outlive this process, even one that is killed.
 */
export async function startChild(
  name: string,
  command: readonly string[],
  options: ChildOptions = {},
): Promise<Child> {
  const [file, ...args] = command;
  if (file === undefined) throw new Error(`${name}: no command to start`);
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: options.hasOwnGroup ?? false,
  });
  endWithUs(child);
  options.onSpawn?.(child);
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const ended = new Promise<number | string>((resolve) =>
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown')),
  );
  const lastWords: string[] = [];
  let listener = options.onLine;
  const errors = createInterface({ input: child.stderr });
  errors.on('line', (line) => {
    lastWords.push(line);
    if (lastWords.length > 20) lastWords.shift();
    options.onError?.(line);
  });
  const ready = await waitForReady(name, child, options, lastWords, (line) => listener?.(line));
  return {
    name,
    pid: child.pid ?? 0,
    ready,
    process: child,
    ended,
    lastWords: () => lastWords,
    onLine(next) {
      listener = next;
    },
    async stop(graceMs = 8_000) {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      const code = await exited;
      clearTimeout(timer);
      return code;
    },
  };
}

function waitForReady(
  name: string,
  child: ChildProcess,
  options: ChildOptions,
  lastWords: readonly string[],
  forward: (line: string) => void,
): Promise<Ready> {
  const isReady = options.isReady ?? readJsonLine;
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`${name} ${why}\n${lastWords.join('\n')}`.trim()));
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      fail(`was not ready after ${options.readyMs ?? 30_000} ms`);
    }, options.readyMs ?? 30_000);
    child.once('error', (error) => fail(`could not be started: ${error.message}`));
    // 'close' comes after the streams have ended, so the last words are complete.
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      fail(`ended before it was ready (${signal ?? `exit ${code ?? 'unknown'}`})`);
    });
    let isWaiting = true;
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).on('line', (line) => {
      const answer = isWaiting ? isReady(line) : undefined;
      if (answer === undefined) {
        forward(line);
        return;
      }
      isWaiting = false;
      clearTimeout(timer);
      resolve(answer);
    });
  });
}

function readJsonLine(line: string): Ready | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Ready;
  } catch {
    return undefined;
  }
}
