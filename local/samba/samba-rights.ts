import { randomBytes } from 'node:crypto';

import { Attribute, type Client } from 'ldapts';

import { accessMask, addAccessEntry } from './access-control.ts';

export interface DelegatedAccount {
  readonly user: string;
  readonly password: string;
  readonly dn: string;
}

export interface SambaRights {
  /** An ordinary user with no rights beyond those of every authenticated user. */
  createDelegatedAccount(name: string): Promise<DelegatedAccount>;
  /** List and read on CN=Deleted Objects, which only SYSTEM and administrators have at first. */
  grantDeletedObjectsRead(name: string): Promise<void>;
  /** DS-Replication-Get-Changes on the domain: DirSync without the object-security flag. */
  grantReplicationChanges(name: string): Promise<void>;
  /** Hides an object and all below it, or one attribute of them, from that account. */
  denyRead(name: string, dn: string, attribute?: string): Promise<void>;
}

const replicationGetChanges = guidBytes('1131f6aa-9c07-11d1-f79f-00c04fc2dcd2');

export function sambaRights(
  domain: string,
  dnsName: string,
  session: <T>(work: (client: Client) => Promise<T>) => Promise<T>,
): SambaRights {
  const dnOf = (name: string) => `CN=${name},CN=Users,${domain}`;
  return {
    createDelegatedAccount: (name) =>
      session(async (client) => {
        const account = {
          user: `${name}@${dnsName}`,
          password: `Aa1!${randomBytes(12).toString('base64url')}`,
          dn: dnOf(name),
        };
        await client.add(account.dn, [
          new Attribute({ type: 'objectClass', values: ['user'] }),
          new Attribute({ type: 'sAMAccountName', values: [name] }),
          new Attribute({ type: 'userPrincipalName', values: [account.user] }),
          new Attribute({ type: 'userAccountControl', values: ['512'] }),
          new Attribute({ type: 'unicodePwd', values: [Buffer.from(`"${account.password}"`, 'utf16le')] }),
        ]);
        return account;
      }),
    grantDeletedObjectsRead: (name) =>
      session(async (client) => {
        const mask =
          accessMask.readProperty | accessMask.listChildren | accessMask.readControl | accessMask.listObject;
        const sid = await readSid(client, dnOf(name));
        await addAccessEntry(client, `CN=Deleted Objects,${domain}`, {
          effect: 'allow',
          sid,
          mask,
          isInherited: true,
        });
      }),
    grantReplicationChanges: (name) =>
      session(async (client) => {
        const sid = await readSid(client, dnOf(name));
        const right = { mask: accessMask.controlAccess, objectType: replicationGetChanges };
        await addAccessEntry(client, domain, { effect: 'allow', sid, ...right, isInherited: false });
      }),
    denyRead: (name, dn, attribute) =>
      session(async (client) => {
        const sid = await readSid(client, dnOf(name));
        const hidden =
          attribute === undefined
            ? { mask: accessMask.readProperty | accessMask.listChildren | accessMask.listObject }
            : { mask: accessMask.readProperty, objectType: await readSchemaGuid(client, domain, attribute) };
        await addAccessEntry(client, dn, { effect: 'deny', sid, ...hidden, isInherited: true });
      }),
  };
}

async function readSid(client: Client, dn: string): Promise<Buffer> {
  return readBytes(client, dn, 'base', '(objectClass=*)', 'objectSid');
}

async function readSchemaGuid(client: Client, domain: string, attribute: string): Promise<Buffer> {
  const schema = `CN=Schema,CN=Configuration,${domain}`;
  return readBytes(client, schema, 'one', `(lDAPDisplayName=${attribute})`, 'schemaIDGUID');
}

async function readBytes(
  client: Client,
  dn: string,
  scope: 'base' | 'one',
  filter: string,
  attribute: string,
): Promise<Buffer> {
  const options = { scope, filter, attributes: [attribute], explicitBufferAttributes: [attribute] };
  const { searchEntries } = await client.search(dn, options);
  const value = searchEntries[0]?.[attribute];
  if (!Buffer.isBuffer(value)) throw new Error(`${dn} ${filter}: no ${attribute}`);
  return value;
}

/** Text form to the mixed byte order of Windows. */
function guidBytes(text: string): Buffer {
  const bytes = Buffer.from(text.replaceAll('-', ''), 'hex');
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return bytes;
}
