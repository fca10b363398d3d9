import type { RunningDirectory } from '../../../local/directory/start-directory.ts';
import type { DirectoryFixture } from '../../contract/support/directory/fixture.ts';

/** The embedded directory as the suites for any directory want it. */
export function embeddedFixture(running: RunningDirectory): DirectoryFixture {
  return {
    ldapUrl: running.ldap,
    ldapsUrl: running.ldaps,
    tls: { ca: running.ca, servername: running.servername },
    baseDn: running.baseDn,
    admin: running.admin,
    createDelegatedAccount: (name) => Promise.resolve(running.createAccount(name)),
    grantDeletedObjectsRead: (name) => {
      running.grantDeletedObjectsRead(name);
      return Promise.resolve();
    },
    stop: () => running.stop(),
  };
}
