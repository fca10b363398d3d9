import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { LoopbackAddress } from './loopback-address.ts';
import { kerberosSettings } from './replicate.ts';
import { copyFolder } from './run-folder.ts';
import { runSamba } from './samba-process.ts';
import type { SambaRecipe } from './samba-recipe.ts';
import { buildAside, refuseForeign, sambaTemplate } from './samba-template.ts';
import { renderSmbConf } from './smb-conf.ts';

const run = promisify(execFile);

/** The second domain controller of a recipe's domain. */
export function secondOf(recipe: SambaRecipe): SambaRecipe {
  return { ...recipe, host: 'DC2' };
}

/**
 * Returns a folder with two domain controllers of one domain, in `first` and `second`: the recipe's template, and one
 * that joined it. Made once for each Samba and recipe, as the template itself.
 */
export async function sambaPairTemplate(
  recipe: SambaRecipe,
  loopbacks: readonly [LoopbackAddress, LoopbackAddress],
): Promise<string> {
  const single = await sambaTemplate(recipe, loopbacks[0]);
  const code = await readFile(new URL('samba-pair-template.ts', import.meta.url));
  const fingerprint = createHash('sha256').update(single).update(code).digest('hex').slice(0, 12);
  // Short, since the sockets in it have names of 107 bytes at most: beyond that Samba starts without RPC.
  const folder = join(tmpdir(), `dirbridge-samba-pair-${fingerprint}`);
  if (!existsSync(folder))
    await buildAside(folder, (aside) =>
      build(aside, single, recipe, [loopbacks[0].address, loopbacks[1].address]),
    );
  await refuseForeign(folder);
  return folder;
}

async function build(
  aside: string,
  single: string,
  recipe: SambaRecipe,
  [firstAddress, secondAddress]: readonly [string, string],
): Promise<void> {
  const [first, second] = [join(aside, 'first'), join(aside, 'second')];
  await copyFolder(single, first);
  const common = { isPlainBindAllowed: false, isReplicating: true };
  const samba = await runSamba({ recipe, folder: first, address: firstAddress, ...common });
  try {
    await joinDomain(
      { recipe: secondOf(recipe), folder: second, address: secondAddress, ...common },
      firstAddress,
    );
  } finally {
    await samba.stop();
  }
  // Both show the certificate of the first: clients that know them by address name one server for all.
  const tls = ['private', 'tls'];
  await rm(join(second, ...tls), { recursive: true, force: true });
  await copyFolder(join(first, ...tls), join(second, ...tls));
}

async function joinDomain(options: Parameters<typeof renderSmbConf>[0], server: string): Promise<void> {
  const { folder, recipe } = options;
  await mkdir(folder);
  for (const part of ['etc', 'run', 'state', 'cache', 'private', 'bind-dns']) await mkdir(join(folder, part));
  const conf = join(folder, 'etc', 'smb.conf');
  await writeFile(conf, renderSmbConf(options));
  const args = ['domain', 'join', recipe.domain, 'DC', '-s', conf, `--server=${server}`, '-UAdministrator'];
  args.push(`--password=${recipe.adminPassword}`, '--dns-backend=SAMBA_INTERNAL');
  const env = { ...process.env, KRB5_CONFIG: await kerberosSettings(folder, recipe, server) };
  await run('/usr/bin/samba-tool', args, { env, maxBuffer: 16 * 1024 * 1024 });
}
