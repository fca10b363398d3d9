import { Attribute, Change, Client } from 'ldapts';
import {
  startSambaPair,
  type SambaController,
  type SambaPair,
} from '../../../local/samba/start-samba-pair.ts';
import { keyFromGuidBytes } from '../../../shared/model/guid.ts';
import type { DirectoryFixture } from '../../contract/support/directory/fixture.ts';
import { undelete } from '../../contract/support/directory/undelete.ts';
import { openDoor, type Door } from '../../support/door.ts';

export interface Person {
  readonly dn: string;
  readonly guid: Buffer;
  readonly key: string;
}

/** One of the two, as its administrator and as the relay agent see it. */
export interface Side {
  readonly controller: SambaController;
  /** The way that the relay agent takes. */
  readonly door: Door;
  readonly url: string;
  add(name: string, values?: Readonly<Record<string, string>>): Promise<Person>;
  /** A write that is no change of the domain: it moves the number of this domain controller only. */
  addElsewhere(name: string): Promise<void>;
  set(person: Person, attribute: string, value: string): Promise<void>;
  delete(person: Person): Promise<void>;
  undelete(person: Person): Promise<void>;
}

export interface PairStage {
  readonly pair: SambaPair;
  readonly first: Side;
  readonly second: Side;
  readonly fixture: DirectoryFixture;
  stop(): Promise<void>;
}

export async function openPairStage(): Promise<PairStage> {
  const pair = await startSambaPair();
  const [first, second] = [await sideOf(pair, pair.first), await sideOf(pair, pair.second)];
  return {
    pair,
    first,
    second,
    fixture: {
      ldapUrl: pair.first.ldap,
      ldapsUrl: pair.first.ldaps,
      tls: { ca: pair.ca, servername: pair.servername },
      baseDn: pair.baseDn,
      admin: pair.admin,
      createDelegatedAccount: (name) => pair.createDelegatedAccount(name),
      grantDeletedObjectsRead: (name) => pair.grantDeletedObjectsRead(name),
      stop: () => pair.stop(),
    },
    async stop() {
      await Promise.allSettled([first.door.shut(), second.door.shut()]);
      await pair.stop();
    },
  };
}

async function sideOf(pair: SambaPair, controller: SambaController): Promise<Side> {
  /** A connection for each, since the domain controller is stopped now and then. */
  const as = async <T>(work: (client: Client) => Promise<T>): Promise<T> => {
    const tlsOptions = { ca: pair.ca, servername: pair.servername };
    const client = new Client({ url: controller.ldaps, tlsOptions, timeout: 60_000 });
    try {
      await client.bind(pair.admin.user, pair.admin.password);
      return await work(client);
    } finally {
      await client.unbind();
    }
  };
  const door = await openDoor({ host: controller.address, port: 636 });
  return {
    controller,
    door,
    url: `ldaps://127.0.0.1:${door.port}`,
    add: (name, values = {}) =>
      as(async (client) => {
        const dn = `CN=${name},CN=Users,${pair.baseDn}`;
        await client.add(dn, { objectClass: ['user'], sAMAccountName: name, ...values });
        const options = {
          scope: 'base' as const,
          attributes: ['objectGUID'],
          explicitBufferAttributes: ['objectGUID'],
        };
        const guid = (await client.search(dn, options)).searchEntries[0]?.['objectGUID'] as Buffer;
        return { dn, guid, key: keyFromGuidBytes(guid) };
      }),
    addElsewhere: (name) =>
      as((client) =>
        client.add(`CN=${name},CN=Sites,CN=Configuration,${pair.baseDn}`, { objectClass: ['site'] }),
      ),
    set: ({ dn }, type, value) =>
      as((client) =>
        client.modify(
          dn,
          new Change({ operation: 'replace', modification: new Attribute({ type, values: [value] }) }),
        ),
      ),
    delete: ({ dn }) => as((client) => client.del(dn)),
    undelete: ({ guid, dn }) => as((client) => undelete(client, guid, dn)),
  };
}
