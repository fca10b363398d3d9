import type { SambaDomain } from '../../../local/samba/start-samba.ts';
import type { DirectoryFixture } from '../../contract/support/directory/fixture.ts';

/** A Samba domain as the suites for any directory want it. */
export function sambaFixture(domain: SambaDomain): DirectoryFixture {
  return {
    ldapUrl: domain.ldap,
    ldapsUrl: domain.ldaps,
    tls: { ca: domain.ca, servername: domain.servername },
    baseDn: domain.baseDn,
    admin: domain.admin,
    createDelegatedAccount: (name) => domain.createDelegatedAccount(name),
    grantDeletedObjectsRead: (name) => domain.grantDeletedObjectsRead(name),
    stop: () => domain.stop(),
  };
}
