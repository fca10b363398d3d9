import { randomInt } from 'node:crypto';
import { attribute } from '../schema/schema.ts';
import { fileTime } from './ad-time.ts';
import { accountDefaults, sAMAccountTypeOfGroup } from './account-defaults.ts';
import type { DirectoryObject, Value } from './directory-object.ts';
import { DirectoryStore } from './directory-store.ts';
import { setLink } from './links.ts';
import { digestPassword } from './password-digest.ts';
import { plant } from './plant.ts';
import { seedConfiguration } from './seed-configuration.ts';
import { sidToBytes } from './sid.ts';

interface SeedOptions {
  readonly domain: string;
  readonly adminPassword: string;
  readonly now: number;
}

/** systemFlags of what may not be deleted, renamed or moved. */
const PROTECTED_FLAGS = '-1946157056';
const GLOBAL_SECURITY = '-2147483646';
const LOCAL_SECURITY = '-2147483644';
const UNIVERSAL_SECURITY = '-2147483640';
const BUILTIN_SECURITY = '-2147483643';

const domainGroups: readonly (readonly [name: string, rid: number, groupType: string])[] = [
  ['Domain Users', 513, GLOBAL_SECURITY],
  ['Domain Guests', 514, GLOBAL_SECURITY],
  ['Domain Computers', 515, GLOBAL_SECURITY],
  ['Domain Controllers', 516, GLOBAL_SECURITY],
  ['Domain Admins', 512, GLOBAL_SECURITY],
  ['Schema Admins', 518, UNIVERSAL_SECURITY],
  ['Enterprise Admins', 519, UNIVERSAL_SECURITY],
  ['Group Policy Creator Owners', 520, GLOBAL_SECURITY],
  ['Read-only Domain Controllers', 521, GLOBAL_SECURITY],
  ['Protected Users', 525, GLOBAL_SECURITY],
  ['Cert Publishers', 517, LOCAL_SECURITY],
  ['RAS and IAS Servers', 553, LOCAL_SECURITY],
  ['Allowed RODC Password Replication Group', 571, LOCAL_SECURITY],
  ['Denied RODC Password Replication Group', 572, LOCAL_SECURITY],
];

const builtinGroups: readonly (readonly [name: string, rid: number])[] = [
  ['Administrators', 544],
  ['Users', 545],
  ['Guests', 546],
  ['Account Operators', 548],
  ['Server Operators', 549],
  ['Print Operators', 550],
  ['Backup Operators', 551],
  ['Replicator', 552],
  ['Pre-Windows 2000 Compatible Access', 554],
  ['Remote Desktop Users', 555],
  ['Network Configuration Operators', 556],
  ['Incoming Forest Trust Builders', 557],
  ['Performance Monitor Users', 558],
  ['Performance Log Users', 559],
  ['Windows Authorization Access Group', 560],
  ['Terminal Server License Servers', 561],
  ['Distributed COM Users', 562],
  ['IIS_IUSRS', 568],
  ['Cryptographic Operators', 569],
  ['Event Log Readers', 573],
  ['Certificate Service DCOM Access', 574],
];

const memberships: readonly (readonly [group: string, member: string])[] = [
  ['Domain Admins,CN=Users', 'Administrator,CN=Users'],
  ['Schema Admins,CN=Users', 'Administrator,CN=Users'],
  ['Enterprise Admins,CN=Users', 'Administrator,CN=Users'],
  ['Group Policy Creator Owners,CN=Users', 'Administrator,CN=Users'],
  ['Administrators,CN=Builtin', 'Administrator,CN=Users'],
  ['Administrators,CN=Builtin', 'Domain Admins,CN=Users'],
  ['Administrators,CN=Builtin', 'Enterprise Admins,CN=Users'],
  ['Users,CN=Builtin', 'Domain Users,CN=Users'],
  ['Guests,CN=Builtin', 'Guest,CN=Users'],
  ['Guests,CN=Builtin', 'Domain Guests,CN=Users'],
  ['Denied RODC Password Replication Group,CN=Users', 'krbtgt,CN=Users'],
];

/** A directory with what a freshly promoted domain controller holds, as far as synchronization meets it. */
export function seedDomain(options: SeedOptions): DirectoryStore {
  const labels = options.domain.split('.');
  const store = new DirectoryStore({
    domain: options.domain,
    netbios: (labels[0] ?? '').toUpperCase().slice(0, 15),
    baseDn: labels.map((label) => `DC=${label}`).join(','),
    domainSid: `S-1-5-21-${randomInt(1e9, 4e9)}-${randomInt(1e9, 4e9)}-${randomInt(1e9, 4e9)}`,
    hostName: `dc1.${options.domain}`,
  });
  const head = plantHead(store, options.now);
  seedConfiguration(store, options.now);
  seedContainers(store, head, options.now);
  seedAccounts(store, options);
  for (const [group, member] of memberships) {
    const definition = attribute('member');
    const source = at(store, `CN=${group}`);
    setLink(source, definition, at(store, `CN=${member}`), true, source.usnChanged);
  }
  return store;
}

function plantHead(store: DirectoryStore, now: number): DirectoryObject {
  const [first = '', ...rest] = store.names.domain.split('.');
  return plant(store, {
    name: { type: 'DC', value: first },
    parent: undefined,
    suffix: rest.map((label) => `DC=${label}`).join(','),
    className: 'domainDNS',
    now,
    attributes: values({
      objectSid: sidToBytes(store.names.domainSid),
      isCriticalSystemObject: 'TRUE',
      systemFlags: PROTECTED_FLAGS,
      lockoutThreshold: '0',
      lockoutDuration: '-18000000000',
      lockOutObservationWindow: '-18000000000',
      maxPwdAge: '-36288000000000',
      minPwdAge: '-864000000000',
      minPwdLength: '7',
      pwdProperties: '1',
      pwdHistoryLength: '24',
      'ms-DS-MachineAccountQuota': '10',
      'msDS-Behavior-Version': '4',
      nTMixedDomain: '0',
    }),
  });
}

function seedContainers(store: DirectoryStore, head: DirectoryObject, now: number): void {
  const container = (type: string, value: string, className: string, extra: Record<string, Value>) =>
    plant(store, {
      name: { type, value },
      parent: head,
      className,
      now,
      attributes: values({ isCriticalSystemObject: 'TRUE', systemFlags: PROTECTED_FLAGS, ...extra }),
    });
  const shown = { showInAdvancedViewOnly: 'FALSE' };
  const hidden = { showInAdvancedViewOnly: 'TRUE' };
  container('CN', 'Users', 'container', {
    ...shown,
    description: 'Default container for upgraded user accounts',
  });
  container('CN', 'Computers', 'container', {
    ...shown,
    description: 'Default container for upgraded computer accounts',
  });
  container('CN', 'System', 'container', { ...hidden, description: 'Builtin system settings' });
  container('CN', 'LostAndFound', 'lostAndFound', hidden);
  container('CN', 'ForeignSecurityPrincipals', 'container', shown);
  container('CN', 'Managed Service Accounts', 'container', shown);
  container('CN', 'Builtin', 'builtinDomain', { ...shown, objectSid: sidToBytes('S-1-5-32') });
  container('OU', 'Domain Controllers', 'organizationalUnit', shown);
  container('CN', 'Deleted Objects', 'container', { ...hidden, isDeleted: 'TRUE' });
}

function seedAccounts(store: DirectoryStore, { now, adminPassword }: SeedOptions): void {
  const users = at(store, 'CN=Users');
  for (const [name, rid, groupType] of domainGroups) {
    plantGroup(store, users, name, groupType, `${store.names.domainSid}-${rid}`, now);
  }
  const builtin = at(store, 'CN=Builtin');
  for (const [name, rid] of builtinGroups) {
    plantGroup(store, builtin, name, BUILTIN_SECURITY, `S-1-5-32-${rid}`, now);
  }
  const account = (name: string, rid: number, control: number, extra: Record<string, Value>) =>
    plant(store, {
      name: { type: 'CN', value: name },
      parent: users,
      className: 'user',
      now,
      attributes: values({
        ...Object.fromEntries(accountDefaults(control)),
        sAMAccountName: name,
        objectSid: sidToBytes(`${store.names.domainSid}-${rid}`),
        isCriticalSystemObject: 'TRUE',
        ...extra,
      }),
    });
  const set = { pwdLastSet: fileTime(now), adminCount: '1' };
  const administrator = account('Administrator', 500, 0x10200, set);
  administrator.passwords = [digestPassword(adminPassword)];
  account('Guest', 501, 0x10222, { primaryGroupID: '514' });
  account('krbtgt', 502, 0x202, {
    ...set,
    showInAdvancedViewOnly: 'TRUE',
    servicePrincipalName: 'kadmin/changepw',
  });
}

function plantGroup(
  store: DirectoryStore,
  parent: DirectoryObject,
  name: string,
  groupType: string,
  sid: string,
  now: number,
): void {
  plant(store, {
    name: { type: 'CN', value: name },
    parent,
    className: 'group',
    now,
    attributes: values({
      sAMAccountName: name,
      groupType,
      sAMAccountType: sAMAccountTypeOfGroup(Number(groupType)),
      objectSid: sidToBytes(sid),
      isCriticalSystemObject: 'TRUE',
    }),
  });
}

function values(single: Readonly<Record<string, Value>>): Map<string, readonly Value[]> {
  return new Map(Object.entries(single).map(([name, value]) => [name, [value]]));
}

function at(store: DirectoryStore, relative: string): DirectoryObject {
  const found = store.findByDn(`${relative},${store.names.baseDn}`);
  if (found === undefined || found === 'malformed') throw new Error(`${relative} has not been seeded`);
  return found;
}
