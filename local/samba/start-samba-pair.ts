import { randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { Attribute, Change } from 'ldapts';

import { claimLoopbackAddress, type LoopbackAddress } from './loopback-address.ts';
import { replicate } from './replicate.ts';
import { copyFolder, newRunFolder, removeStale } from './run-folder.ts';
import { sambaAvailability } from './samba-availability.ts';
import { sambaPairTemplate, secondOf } from './samba-pair-template.ts';
import { runSamba } from './samba-process.ts';
import { domainDn, sambaRecipe, serverName, type SambaRecipe } from './samba-recipe.ts';
import { sambaRights, type SambaRights } from './samba-rights.ts';
import { withSystemSession } from './system-session.ts';

/** One of two domain controllers. It keeps its address and its folder while it is stopped. */
export class SambaController {
  readonly ldap: string;
  readonly ldaps: string;
  readonly address: string;
  readonly folder: string;
  readonly #recipe: SambaRecipe;
  #running: Awaited<ReturnType<typeof runSamba>> | null = null;

  constructor(recipe: SambaRecipe, folder: string, address: string) {
    this.#recipe = recipe;
    this.folder = folder;
    this.address = address;
    this.ldap = `ldap://${address}`;
    this.ldaps = `ldaps://${address}`;
  }

  async start(): Promise<void> {
    const { folder, address } = this;
    this.#running ??= await runSamba({
      recipe: this.#recipe,
      folder,
      address,
      isPlainBindAllowed: false,
      isReplicating: true,
    });
  }

  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = null;
    await running?.stop();
  }

  /** Pulls what the other has and this one lacks. */
  async pullFrom(other: SambaController): Promise<void> {
    await replicate(this.#recipe, this, other);
  }

  /** What a restore of a backup does besides: the database gets a name of its own, and all numbers begin anew under it. */
  async renewInvocationId(): Promise<void> {
    await withSystemSession(this.folder, async (client) => {
      const rootDse = await client.search('', { scope: 'base', attributes: ['dsServiceName'] });
      const settings = String(rootDse.searchEntries[0]?.['dsServiceName']);
      const modification = new Attribute({ type: 'invocationId', values: [randomBytes(16)] });
      await client.modify(settings, new Change({ operation: 'replace', modification }));
    });
    await this.stop();
    await this.start();
  }

  /** Copies its state while it is stopped; the result puts that state back, while it is stopped again. */
  async snapshot(): Promise<() => Promise<void>> {
    const copy = `${this.folder}.snapshot`;
    await rm(copy, { recursive: true, force: true });
    await copyFolder(this.folder, copy);
    return async () => {
      await rm(this.folder, { recursive: true, force: true });
      await copyFolder(copy, this.folder);
    };
  }
}

/** Two domain controllers of one domain, made from the template and gone with `stop`. Nothing replicates by itself. */
export interface SambaPair extends SambaRights {
  readonly first: SambaController;
  readonly second: SambaController;
  /** The name in the certificate of both. */
  readonly servername: string;
  /** Certificate authority, PEM. */
  readonly ca: string;
  readonly baseDn: string;
  readonly admin: { readonly user: string; readonly password: string };
  stop(): Promise<void>;
}

/** @throws when Samba cannot run here; ask `sambaAvailability` first. */
export async function startSambaPair(recipe: SambaRecipe = sambaRecipe): Promise<SambaPair> {
  const availability = sambaAvailability();
  if (!availability.available) throw new Error(availability.cause);
  await removeStale();
  const loopbacks = [await claimLoopbackAddress(), await claimLoopbackAddress()] as const;
  const [first, second] = [
    new SambaController(recipe, newRunFolder(), loopbacks[0].address),
    new SambaController(secondOf(recipe), newRunFolder(), loopbacks[1].address),
  ];
  const stop = () => stopAll([first, second], loopbacks);
  try {
    const template = await sambaPairTemplate(recipe, loopbacks);
    await Promise.all([
      copyFolder(join(template, 'first'), first.folder),
      copyFolder(join(template, 'second'), second.folder),
    ]);
    await Promise.all([first.start(), second.start()]);
    const baseDn = domainDn(recipe);
    return {
      first,
      second,
      servername: serverName(recipe),
      ca: await readFile(join(first.folder, 'private', 'tls', 'ca.pem'), 'utf8'),
      baseDn,
      admin: { user: `administrator@${recipe.domain}`, password: recipe.adminPassword },
      stop,
      ...sambaRights(baseDn, recipe.domain, (work) => withSystemSession(first.folder, work)),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function stopAll(
  controllers: readonly SambaController[],
  loopbacks: readonly LoopbackAddress[],
): Promise<void> {
  await Promise.all(controllers.map((one) => one.stop()));
  for (const { folder } of controllers)
    for (const path of [folder, `${folder}.snapshot`]) await rm(path, { recursive: true, force: true });
  await Promise.all(loopbacks.map((one) => one.release()));
}
