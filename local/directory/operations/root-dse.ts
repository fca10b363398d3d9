import type { DirectoryStore } from '../store/directory-store.ts';
import { generalizedTime } from '../store/ad-time.ts';
import { controlOid } from '../wire/controls.ts';
import type { SearchOperation } from '../wire/ldap-request.ts';
import type { ResponseEntry } from '../wire/write-response.ts';

export const START_TLS = '1.3.6.1.4.1.1466.20037';
export const WHO_AM_I = '1.3.6.1.4.1.4203.1.11.3';

/** The server's own entry, readable without a bind. */
export function readRootDse(store: DirectoryStore, operation: SearchOperation, now: number): ResponseEntry {
  const { baseDn, hostName, domain } = store.names;
  const configuration = `CN=Configuration,${baseDn}`;
  const settings = store.settingsDn;
  const all: readonly (readonly [name: string, ...values: string[]])[] = [
    ['configurationNamingContext', configuration],
    ['currentTime', generalizedTime(now)],
    ['defaultNamingContext', baseDn],
    ['dnsHostName', hostName],
    ['domainControllerFunctionality', '6'],
    ['domainFunctionality', '6'],
    ['dsServiceName', settings],
    ['forestFunctionality', '6'],
    ['highestCommittedUSN', String(store.highestUsn)],
    ['isGlobalCatalogReady', 'FALSE'],
    ['isSynchronized', 'TRUE'],
    ['ldapServiceName', `${domain}:${hostName.split('.')[0] ?? ''}$@${domain.toUpperCase()}`],
    ['namingContexts', baseDn, configuration, `CN=Schema,${configuration}`],
    ['rootDomainNamingContext', baseDn],
    ['schemaNamingContext', `CN=Schema,${configuration}`],
    ['serverName', settings.slice(settings.indexOf(',') + 1)],
    ['subschemaSubentry', `CN=Aggregate,CN=Schema,${configuration}`],
    ['supportedCapabilities', '1.2.840.113556.1.4.800', '1.2.840.113556.1.4.1670', '1.2.840.113556.1.4.1791'],
    ['supportedControl', ...Object.values(controlOid)],
    ['supportedExtension', START_TLS, WHO_AM_I],
    ['supportedLDAPVersion', '3'],
    ['vendorName', 'Dirbridge embedded directory'],
  ];
  const wanted = new Set(operation.attributes.map((name) => name.toLowerCase()));
  const isAll = wanted.size === 0 || wanted.has('*') || wanted.has('+');
  return {
    dn: '',
    attributes: all
      .filter(([name]) => isAll || wanted.has(name.toLowerCase()))
      .map(([name, ...values]) => ({ name, values: operation.typesOnly ? [] : values })),
  };
}
