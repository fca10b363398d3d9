import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const folderPattern = /^dirbridge-samba-(?:run|.*\.building)-(\d+)-[0-9a-f]{6}$/;

/** Where one domain controller of this process lives; `removeStale` of a later process finds it by its name. */
export function newRunFolder(): string {
  return join(tmpdir(), `dirbridge-samba-run-${process.pid}-${randomBytes(3).toString('hex')}`);
}

/** `cp -a` keeps the extended attributes that hold sysvol's access lists, which Node's own copy would lose. */
export async function copyFolder(from: string, to: string): Promise<void> {
  await promisify(execFile)('cp', ['-a', '--reflink=auto', from, to]);
}

/** Folders of processes that died without stopping; their Samba ended with its standard input, or is ended here. */
export async function removeStale(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const owner = folderPattern.exec(name)?.[1];
    if (owner === undefined || isAlive(Number(owner))) continue;
    const folder = join(tmpdir(), name);
    endSambaOf(folder);
    await rm(folder, { recursive: true, force: true });
  }
}

function endSambaOf(folder: string): void {
  try {
    const pid = Number(readFileSync(join(folder, 'run', 'samba.pid'), 'utf8'));
    // The number may belong to another process by now.
    if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder)) process.kill(pid, 'SIGKILL');
  } catch {
    // No file or no such process: it has ended.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
