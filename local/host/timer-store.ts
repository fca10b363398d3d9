import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface TimerStatus {
  readonly last: string;
  readonly next: string;
  readonly lastUpdated: string;
}

export interface TimerStore {
  read(name: string): TimerStatus | undefined;
  write(name: string, status: TimerStatus): void;
}

/** Where the real host uses blobs: one small file a timer, or memory alone when no folder is named. */
export function openTimerStore(folder: string | undefined): TimerStore {
  if (folder === undefined) return { read: () => undefined, write: () => undefined };
  const file = (name: string) => join(folder, `${name}.timer.json`);
  return {
    read(name) {
      try {
        const status = JSON.parse(readFileSync(file(name), 'utf8')) as TimerStatus;
        return Number.isNaN(Date.parse(status.next)) ? undefined : status;
      } catch {
        // No file, or a torn one: as if the timer had never run.
        return undefined;
      }
    },
    write(name, status) {
      mkdirSync(folder, { recursive: true });
      const target = file(name);
      writeFileSync(`${target}.new`, JSON.stringify(status));
      renameSync(`${target}.new`, target);
    },
  };
}
