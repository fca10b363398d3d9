import type { ChildProcess } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { startChild, type Child, type ChildOptions } from './children.ts';

/** One process that ended though nobody had asked it to. */
export interface Death {
  readonly name: string;
  readonly how: number | string;
  readonly lastWords: readonly string[];
}

/**
 * Processes that belong together: each writes NAME.log, all are stopped in the reverse order of their start, and a death
 * among them is told. Stopping works at any time, while some are still being started too.
 */
export class Family {
  readonly #folder: string;
  readonly #members = new Map<string, Child>();
  readonly #unborn = new Set<ChildProcess>();
  readonly #leaving = new Set<Child>();
  readonly #onDeath: (death: Death) => void;
  #isStopping = false;

  constructor(folder: string, onDeath: (death: Death) => void) {
    this.#folder = folder;
    this.#onDeath = onDeath;
  }

  async start(name: string, command: readonly string[], options: ChildOptions = {}): Promise<Child> {
    if (this.#isStopping) throw new Error('stopped');
    const log = createWriteStream(join(this.#folder, `${name}.log`), { flags: 'a' });
    let spawned: ChildProcess | undefined;
    try {
      const child = await startChild(name, command, {
        ...options,
        hasOwnGroup: true,
        onLine: tee(log, options.onLine),
        onError: tee(log, options.onError),
        onSpawn: (process) => {
          spawned = process;
          this.#unborn.add(process);
        },
      });
      this.#members.set(name, child);
      void child.ended.then((how) => {
        log.end();
        if (this.#members.get(name) === child) this.#members.delete(name);
        if (!this.#isStopping && !this.#leaving.has(child))
          this.#onDeath({ name, how, lastWords: child.lastWords() });
      });
      return child;
    } finally {
      if (spawned !== undefined) this.#unborn.delete(spawned);
    }
  }

  get(name: string): Child | undefined {
    return this.#members.get(name);
  }

  /** Stops one of them, to be started again. */
  async stopOne(name: string): Promise<void> {
    const child = this.#members.get(name);
    if (child === undefined) return;
    this.#leaving.add(child);
    await child.stop();
    await child.ended;
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all([...this.#unborn].map(endUnborn));
    for (const child of [...this.#members.values()].reverse()) await child.stop();
  }
}

function tee(log: WriteStream, next: ((line: string) => void) | undefined): (line: string) => void {
  return (line) => {
    if (!log.writableEnded) log.write(`${line}\n`);
    next?.(line);
  };
}

function endUnborn(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve();
      return;
    }
    // A domain controller that is just being provisioned finishes that first.
    const timer = setTimeout(() => child.kill('SIGKILL'), 30_000);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill('SIGTERM');
  });
}
