import { allClasses } from '../schema/schema.ts';
import type { DirectoryObject, Value } from './directory-object.ts';
import type { DirectoryStore } from './directory-store.ts';
import { guidToBytes } from './guid.ts';
import { categoryDn, plant } from './plant.ts';

/** Configuration and Schema: the domain controller's own object, the partitions, and the classes that objectCategory names. */
export function seedConfiguration(store: DirectoryStore, now: number): void {
  const { baseDn, netbios, domain, hostName } = store.names;
  const entry = (
    parent: DirectoryObject,
    value: string,
    className: string,
    attributes: Record<string, readonly Value[]> = {},
  ) => {
    return plant(store, {
      name: { type: 'CN', value },
      parent,
      className,
      now,
      attributes: new Map(Object.entries(attributes)),
    });
  };
  const head = (value: string, suffix: string, className: string) =>
    plant(store, {
      name: { type: 'CN', value },
      parent: undefined,
      suffix,
      className,
      now,
      attributes: new Map<string, readonly Value[]>([['isCriticalSystemObject', ['TRUE']]]),
    });
  const configuration = head('Configuration', baseDn, 'configuration');
  const schema = head('Schema', `CN=Configuration,${baseDn}`, 'dMD');
  const categories = new Set([...allClasses()].map((one) => one.row.category));
  for (const category of categories) entry(schema, category, 'classSchema');
  nameClasses(store);
  const sites = entry(configuration, 'Sites', 'sitesContainer');
  const site = entry(sites, 'Default-First-Site-Name', 'site');
  const servers = entry(site, 'Servers', 'serversContainer');
  const server = entry(servers, (hostName.split('.')[0] ?? '').toUpperCase(), 'server', {
    dNSHostName: [hostName],
  });
  entry(server, 'NTDS Settings', 'nTDSDSA', { invocationId: [guidToBytes(store.invocationId)] });
  const partitions = entry(configuration, 'Partitions', 'crossRefContainer');
  entry(partitions, netbios, 'crossRef', {
    nCName: [store.domainHead],
    nETBIOSName: [netbios],
    dnsRoot: [domain],
    systemFlags: ['3'],
  });
}

/** The heads and first classes came before the class objects they point to. */
function nameClasses(store: DirectoryStore): void {
  for (const one of allClasses()) {
    const object = store.findByDn(categoryDn(store, one.row.category));
    if (object === undefined || object === 'malformed') continue;
    if (object.text('ldapdisplayname') === undefined) {
      object.set('lDAPDisplayName', [one.row.name], object.usnChanged);
    }
  }
  for (const head of store.namingContexts) {
    for (const object of head.subtree()) {
      const category = store.findByDn(categoryDn(store, object.structuralClass.row.category));
      if (category !== undefined && category !== 'malformed') {
        object.set('objectCategory', [category], object.usnChanged);
      }
    }
  }
}
