import type { ChildProcess } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { setTimeout as sleep } from 'node:timers/promises';

const living = new Set<ChildProcess>();

/** From now on, whoever starts them: the measurements, and what these use of the tests and of the laptop. */
export function watchChildren(): void {
  subscribe('child_process', (message) => {
    const { process: child } = message as { readonly process: ChildProcess };
    living.add(child);
    child.once('exit', () => living.delete(child));
    child.once('error', () => living.delete(child));
  });
}

/** SIGTERM to all that run, to those as well that are started meanwhile; SIGKILL to whoever is left after `graceMs`. */
export async function endChildren(graceMs: number): Promise<void> {
  const deadline = Date.now() + graceMs;
  const told = new Set<ChildProcess>();
  for (;;) {
    // The reaper (local/reaper.ts) takes no signal; it ends by itself, after us.
    const left = [...living].filter((child) => child.spawnfile !== '/bin/sh');
    if (left.length === 0) return;
    const isLate = Date.now() > deadline;
    for (const child of left.filter((one) => isLate || !told.has(one))) {
      told.add(child);
      child.kill(isLate ? 'SIGKILL' : 'SIGTERM');
    }
    await sleep(50);
  }
}
