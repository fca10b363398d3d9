import { startDirectory } from '../../local/directory/start-directory.ts';
import type { DirectoryFixture } from '../contract/support/directory/fixture.ts';
import { describeAgentJourneys } from './agent-journeys.ts';

/** A small page, so that DirSync in several pages is met with few objects. */
async function startFixture(): Promise<DirectoryFixture> {
  const running = await startDirectory({ dirSyncPage: 10 });
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

describeAgentJourneys('embedded directory', startFixture);
