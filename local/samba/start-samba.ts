import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { claimLoopbackAddress } from './loopback-address.ts';
import { sambaAvailability } from './samba-availability.ts';
import { runSamba } from './samba-process.ts';
import { domainDn, sambaRecipe, serverName, type SambaRecipe } from './samba-recipe.ts';
import { sambaRights, type SambaRights } from './samba-rights.ts';
import { sambaTemplate } from './samba-template.ts';
import { withSystemSession } from './system-session.ts';

interface SambaOptions {
  readonly recipe?: Partial<SambaRecipe>;
  /** Whether simple binds without TLS are answered (loopback only); otherwise they get result code 8. */
  readonly isPlainBindAllowed?: boolean;
}

/** A running domain controller of its own, made from the template and gone with `stop`. */
export interface SambaDomain extends SambaRights {
  readonly ldap: string;
  readonly ldaps: string;
  readonly address: string;
  readonly servername: string;
  /** Certificate authority, PEM. */
  readonly ca: string;
  readonly caFile: string;
  readonly baseDn: string;
  readonly admin: { readonly user: string; readonly password: string };
  readonly pid: number;
  readonly exited: Promise<void>;
  stop(): Promise<void>;
}

const folderPattern = /^dirbridge-samba-(?:run|.*\.building)-(\d+)-[0-9a-f]{6}$/;

/** @throws when Samba cannot run here; ask `sambaAvailability` first. */
export async function startSamba(options: SambaOptions = {}): Promise<SambaDomain> {
  const availability = sambaAvailability();
  if (!availability.available) throw new Error(availability.cause);
  const recipe = { ...sambaRecipe, ...options.recipe };
  await removeStale();
  const loopback = await claimLoopbackAddress();
  const { address } = loopback;
  const folder = join(tmpdir(), `dirbridge-samba-run-${process.pid}-${randomBytes(3).toString('hex')}`);
  const cleanUp = async () => {
    await rm(folder, { recursive: true, force: true });
    await loopback.release();
  };
  try {
    await copyTemplate(await sambaTemplate(recipe, loopback), folder);
    const samba = await runSamba({
      recipe,
      folder,
      address,
      isPlainBindAllowed: options.isPlainBindAllowed ?? false,
    });
    const baseDn = domainDn(recipe);
    const caFile = join(folder, 'private', 'tls', 'ca.pem');
    return {
      ldap: `ldap://${address}`,
      ldaps: `ldaps://${address}`,
      address,
      servername: serverName(recipe),
      ca: await readFile(caFile, 'utf8'),
      caFile,
      baseDn,
      admin: { user: `administrator@${recipe.domain}`, password: recipe.adminPassword },
      pid: samba.pid,
      exited: samba.exited,
      async stop() {
        await samba.stop();
        await cleanUp();
      },
      ...sambaRights(baseDn, recipe.domain, (work) => withSystemSession(folder, work)),
    };
  } catch (error) {
    await cleanUp();
    throw error;
  }
}

/** `cp -a` keeps the extended attributes that hold sysvol's access lists, which Node's own copy would lose. */
async function copyTemplate(template: string, folder: string): Promise<void> {
  await promisify(execFile)('cp', ['-a', '--reflink=auto', template, folder]);
}

/** Folders of processes that died without stopping; their Samba ended with its standard input, or is ended here. */
async function removeStale(): Promise<void> {
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
