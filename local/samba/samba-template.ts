import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { lstat, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { Attribute, Change } from 'ldapts';

import { addExchangeSchema } from './exchange-schema.ts';
import type { LoopbackAddress } from './loopback-address.ts';
import { runSamba } from './samba-process.ts';
import { domainDn, type SambaRecipe } from './samba-recipe.ts';
import { renderSmbConf } from './smb-conf.ts';
import { withSystemSession } from './system-session.ts';

const run = promisify(execFile);

/** NORMAL_ACCOUNT and DONT_EXPIRE_PASSWORD: a template may lie about for longer than the 42 days of a password. */
const administratorAccountControl = '66048';

/**
 * Returns a folder with the provisioned domain, making it first where this Samba and recipe have none yet.
 * Two processes may build at once: each builds aside, the first rename wins and the other's work is dropped.
 */
export async function sambaTemplate(recipe: SambaRecipe, loopback: LoopbackAddress): Promise<string> {
  const folder = join(tmpdir(), `dirbridge-samba-${await sambaVersion()}-${await fingerprint(recipe)}`);
  if (!existsSync(folder)) await buildAside(folder, (aside) => build(aside, recipe, loopback.address));
  await refuseForeign(folder);
  return folder;
}

/** Builds beside the folder and gives the whole its name. Somebody else may have been faster: his is as good. */
export async function buildAside(folder: string, build: (aside: string) => Promise<void>): Promise<void> {
  const aside = `${folder}.building-${process.pid}-${randomBytes(3).toString('hex')}`;
  await mkdir(aside, { mode: 0o700 });
  try {
    await build(aside);
    await rename(aside, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

async function build(folder: string, recipe: SambaRecipe, address: string): Promise<void> {
  for (const part of ['etc', 'run', 'state', 'cache', 'private', 'bind-dns']) await mkdir(join(folder, part));
  const conf = join(folder, 'etc', 'smb.conf');
  const options = { recipe, folder, address, isPlainBindAllowed: false };
  await writeFile(conf, renderSmbConf(options));
  const provision = [
    'domain',
    'provision',
    '-s',
    conf,
    `--realm=${recipe.domain}`,
    `--domain=${recipe.workgroup}`,
  ];
  provision.push(`--host-name=${recipe.host.toLowerCase()}`, `--host-ip=${address}`, '--server-role=dc');
  provision.push('--dns-backend=SAMBA_INTERNAL', `--adminpass=${recipe.adminPassword}`);
  await run('/usr/bin/samba-tool', provision, { maxBuffer: 16 * 1024 * 1024 });
  // The first start also makes the TLS key, which takes seconds; copies of the template share it.
  const samba = await runSamba(options);
  try {
    await withSystemSession(folder, async (client) => {
      const modification = new Attribute({
        type: 'userAccountControl',
        values: [administratorAccountControl],
      });
      const administrator = `CN=Administrator,CN=Users,${domainDn(recipe)}`;
      await client.modify(administrator, new Change({ operation: 'replace', modification }));
      if (recipe.hasExchangeAttributes) await addExchangeSchema(client, domainDn(recipe));
    });
  } finally {
    await samba.stop();
  }
}

/** Of everything that shapes the template: the recipe's values and the code that carries them out. */
async function fingerprint(recipe: SambaRecipe): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(recipe));
  for (const file of ['samba-template.ts', 'smb-conf.ts', 'exchange-schema.ts']) {
    hash.update(await readFile(new URL(file, import.meta.url)));
  }
  return hash.digest('hex').slice(0, 12);
}

async function sambaVersion(): Promise<string> {
  const { stdout } = await run('/usr/sbin/samba', ['--version']);
  return stdout
    .replace(/^Version /, '')
    .trim()
    .replaceAll(/[^\w.-]/g, '_');
}

/** The temporary folder is everybody's: a template that somebody else put there would run as root. */
export async function refuseForeign(folder: string): Promise<void> {
  const found = await lstat(folder);
  const isOurs = found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0;
  if (!isOurs) throw new Error(`${folder} is not a folder of this user alone; remove it`);
}
