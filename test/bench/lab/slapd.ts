import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../../../local/product.ts';
import { endWithUs } from '../../../local/reaper.ts';

/** OpenLDAP's server with users that look like Active Directory's, on 127.0.0.1, in a folder of its own. */
export interface Slapd {
  readonly url: string;
  readonly baseDn: string;
  /** Key of the container of all users, as its objectGUID says. */
  readonly unitKey: string;
  readonly version: string;
  stop(): Promise<void>;
}

export const slapdHint = 'slapd and ldapsearch are needed: apt-get install slapd ldap-utils';

const places = {
  server: ['/usr/sbin/slapd', '/usr/libexec/slapd', '/usr/local/libexec/slapd'],
  loader: ['/usr/sbin/slapadd', '/usr/local/sbin/slapadd'],
  schema: ['/etc/ldap/schema/core.schema', '/etc/openldap/schema/core.schema'],
  modules: ['/usr/lib/ldap', '/usr/lib64/openldap', '/usr/libexec/openldap'],
} as const;

const baseDn = 'DC=bench,DC=test';
const unit = `OU=People,${baseDn}`;
const unitKey = keyOf('unit');

/** @throws Error naming what is to be installed. */
export async function startSlapd(users: number, say: (text: string) => void): Promise<Slapd> {
  const server = places.server.find(existsSync);
  const loader = places.loader.find(existsSync);
  const schema = places.schema.find(existsSync);
  if (server === undefined || loader === undefined || schema === undefined) throw new Error(slapdHint);
  const folder = await mkdtemp(join(tmpdir(), 'dirbridge-slapd-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    await mkdir(join(folder, 'data'));
    const config = join(folder, 'slapd.conf');
    await writeFile(config, configuration(schema, folder));
    say(`loading ${users} entries into slapd`);
    await writeEntries(join(folder, 'entries.ldif'), users);
    const loaded = await run([loader, '-q', '-f', config, '-l', join(folder, 'entries.ldif')]);
    if (loaded.code !== 0) throw new Error(`slapadd: ${loaded.stderr.trim()}`);
    const port = await freePort();
    const url = `ldap://127.0.0.1:${port}`;
    // Debug level 0 keeps it in the foreground without a word.
    const child = spawn(server, ['-f', config, '-h', url, '-d', '0'], { stdio: 'ignore' });
    endWithUs(child);
    const ended = once(child, 'exit');
    await untilListening(port, () => child.exitCode !== null);
    const { stderr } = await run([server, '-VV']);
    return {
      url,
      baseDn,
      unitKey,
      version: /slapd ([\d.]+)/.exec(stderr)?.[1] ?? 'unknown',
      async stop() {
        child.kill('SIGTERM');
        await ended;
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Active Directory's names and syntaxes, as far as they are read here; OIDs below 1.1 belong to nobody. */
const attributeTypes: Readonly<Record<string, 'text' | 'number' | 'bytes'>> = {
  ...{ objectGUID: 'bytes', objectSid: 'bytes', 'mS-DS-ConsistencyGuid': 'bytes' },
  ...{ uSNCreated: 'number', uSNChanged: 'number', userAccountControl: 'number' },
  ...{ sAMAccountType: 'number', accountExpires: 'number', primaryGroupID: 'number' },
  ...{ sAMAccountName: 'text', userPrincipalName: 'text', displayName: 'text', mailNickname: 'text' },
  ...{ company: 'text', department: 'text', employeeID: 'text', employeeType: 'text', mobile: 'text' },
  ...{ co: 'text', preferredLanguage: 'text', whenCreated: 'text' },
  // slapd knows no extended-DN control: the value is kept in the form in which Active Directory would send it.
  manager: 'text',
  ...{ extensionAttribute1: 'text', extensionAttribute2: 'text', extensionAttribute3: 'text' },
};

const syntaxes = {
  text: 'EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15',
  number: 'EQUALITY integerMatch ORDERING integerOrderingMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27',
  bytes: 'EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40',
} as const;

function configuration(schema: string, folder: string): string {
  const modules = places.modules.find((path) => existsSync(join(path, 'back_mdb.so')));
  const names = Object.entries(attributeTypes);
  return [
    `include ${schema}`,
    ...(modules === undefined ? [] : [`modulepath ${modules}`, 'moduleload back_mdb']),
    ...names.map(
      ([name, type], index) =>
        `attributetype ( 1.1.1.${index + 1} NAME '${name}' ${syntaxes[type]} SINGLE-VALUE )`,
    ),
    `objectclass ( 1.1.2.1 NAME 'user' SUP person STRUCTURAL MAY ( ${[...names.map(([name]) => name), ...coreNames].join(' $ ')} ) )`,
    `objectclass ( 1.1.2.2 NAME 'group' SUP top STRUCTURAL MUST cn )`,
    `objectclass ( 1.1.2.3 NAME 'computer' SUP user STRUCTURAL )`,
    `objectclass ( 1.1.2.4 NAME 'container' SUP top AUXILIARY MAY objectGUID )`,
    'sizelimit unlimited',
    'timelimit unlimited',
    `pidfile ${join(folder, 'slapd.pid')}`,
    'database mdb',
    `suffix "${baseDn}"`,
    `directory ${join(folder, 'data')}`,
    `maxsize ${2 ** 31}`,
    'dbnosync',
    'access to * by * read',
    '',
  ].join('\n');
}

/** Of core.schema, which is also where AD has them from. */
const coreNames = [
  'name',
  'givenName',
  'mail',
  'title',
  'c',
  'l',
  'st',
  'postalCode',
  'physicalDeliveryOfficeName',
];

function keyBytes(name: string): Buffer {
  return createHash('sha256').update(name).digest().subarray(0, 16);
}

/** Source key of the GUID with these bytes: the first three groups are numbers of the least byte first. */
function keyOf(name: string): string {
  const bytes = Buffer.from(keyBytes(name));
  for (const [from, to] of [
    [0, 4],
    [4, 6],
    [6, 8],
  ])
    bytes.subarray(from, to).reverse();
  return bytes.toString('hex');
}

const guidOf = (name: string): string =>
  keyOf(name).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

async function writeEntries(path: string, users: number): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.write(
      `dn: ${baseDn}\nobjectClass: organization\nobjectClass: dcObject\no: bench\ndc: bench\n\n`,
    );
    const key = keyBytes('unit').toString('base64');
    await file.write(
      `dn: ${unit}\nobjectClass: organizationalUnit\nobjectClass: container\nou: People\nobjectGUID:: ${key}\n\n`,
    );
    for (let from = 0; from < users; from += 1_000) {
      const count = Math.min(1_000, users - from);
      await file.write(Array.from({ length: count }, (_, index) => userEntry(from + index + 1)).join(''));
    }
  } finally {
    await file.close();
  }
}

function userEntry(index: number): string {
  const number = String(index).padStart(6, '0');
  const boss = String(Math.max(1, index - (index % 20))).padStart(6, '0');
  const sid = Buffer.alloc(28, index);
  const lines = [
    `dn: CN=User ${number},${unit}`,
    ...['top', 'person', 'user'].map((name) => `objectClass: ${name}`),
    `cn: User ${number}`,
    `name: User ${number}`,
    `sn: Müller`,
    `givenName: Jürgen`,
    `displayName: Jürgen Müller ${number}`,
    `sAMAccountName: user${number}`,
    `userPrincipalName: user${number}@corp.example`,
    `mail: user${number}@corp.example`,
    `mailNickname: user${number}`,
    'title: Engineer',
    'department: Research',
    'company: Contoso',
    `employeeID: ${number}`,
    'employeeType: Employee',
    `mobile: +49 170 ${number}`,
    'c: DE',
    'co: Germany',
    'l: Berlin',
    'postalCode: 10115',
    'physicalDeliveryOfficeName: B 1.204',
    'preferredLanguage: de-DE',
    'extensionAttribute1: cost centre 4711',
    'userAccountControl: 512',
    'sAMAccountType: 805306368',
    'accountExpires: 9223372036854775807',
    'primaryGroupID: 513',
    `uSNCreated: ${index}`,
    `uSNChanged: ${index}`,
    `manager: <GUID=${guidOf(boss)}>;<SID=S-1-5-21-1-2-3-${1_000 + index}>;CN=User ${boss},${unit}`,
  ];
  const bytes = [
    `objectGUID:: ${keyBytes(number).toString('base64')}`,
    `objectSid:: ${sid.toString('base64')}`,
  ];
  return `${[...lines.map(asLdif), ...bytes].join('\n')}\n\n`;
}

/** LDIF takes plain ASCII that does not begin with a sign of its own; all else goes in base64 (RFC 2849). */
function asLdif(line: string): string {
  const [name = '', value = ''] = line.split(/: (.*)/s);
  const isPlain = /^[\x20-\x7e]*$/.test(value) && !/^[ :<]/.test(value);
  return isPlain ? `${name}: ${value}` : `${name}:: ${Buffer.from(value).toString('base64')}`;
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function untilListening(port: number, isGone: () => boolean): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline && !isGone()) {
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
    if (isThere) return;
    await sleep(50);
  }
  throw new Error('slapd did not start');
}
