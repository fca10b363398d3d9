import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { domainDn, type SambaRecipe } from './samba-recipe.ts';

/**
 * Brings the domain in `folder` up to date from another domain controller, as replication would. Two of them on loopback
 * do not find each other by name, so nothing replicates but by this call.
 */
export async function replicate(
  recipe: SambaRecipe,
  to: { readonly folder: string; readonly address: string },
  from: { readonly address: string },
): Promise<void> {
  const args = ['drs', 'replicate', to.address, from.address, domainDn(recipe)];
  args.push(
    '-s',
    join(to.folder, 'etc', 'smb.conf'),
    '-UAdministrator',
    `--password=${recipe.adminPassword}`,
    '--local',
  );
  const env = { ...process.env, KRB5_CONFIG: await kerberosSettings(to.folder, recipe, from.address) };
  await promisify(execFile)('/usr/bin/samba-tool', args, { env, maxBuffer: 16 * 1024 * 1024 });
}

/** Writes Kerberos settings that ask nobody's DNS; returns their path. */
export async function kerberosSettings(folder: string, recipe: SambaRecipe, server: string): Promise<string> {
  const realm = recipe.domain.toUpperCase();
  const path = join(folder, 'etc', 'krb5.conf');
  await writeFile(
    path,
    `[libdefaults]
 default_realm = ${realm}
 dns_lookup_realm = false
 dns_lookup_kdc = false
[realms]
 ${realm} = {
  kdc = ${server}
 }
`,
  );
  return path;
}
