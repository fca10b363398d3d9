import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { claimLoopbackAddress } from './loopback-address.ts';
import { copyFolder, newRunFolder, removeStale } from './run-folder.ts';
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

/** @throws when Samba cannot run here; ask `sambaAvailability` first. */
export async function startSamba(options: SambaOptions = {}): Promise<SambaDomain> {
  const availability = sambaAvailability();
  if (!availability.available) throw new Error(availability.cause);
  const recipe = { ...sambaRecipe, ...options.recipe };
  await removeStale();
  const loopback = await claimLoopbackAddress();
  const { address } = loopback;
  const folder = newRunFolder();
  const cleanUp = async () => {
    await rm(folder, { recursive: true, force: true });
    await loopback.release();
  };
  try {
    await copyFolder(await sambaTemplate(recipe, loopback), folder);
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
