import { startDirectory } from '../../local/directory/start-directory.ts';
import { describeDirectoryContract } from './directory.contract.ts';
import type { DirectoryFixture } from './support/directory/fixture.ts';

async function makeFixture(): Promise<DirectoryFixture> {
  // A small page, so that the paging of DirSync is met without thousands of objects.
  const running = await startDirectory({ dirSyncPage: 10 });
  const control = async (call: string, body: unknown) => {
    const response = await fetch(`${running.control}${call}`, { method: 'POST', body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${call}: ${await response.text()}`);
  };
  return {
    ldapUrl: running.ldap,
    ldapsUrl: running.ldaps,
    tls: { ca: running.ca, servername: running.servername },
    baseDn: running.baseDn,
    admin: running.admin,
    createDelegatedAccount: (name) => Promise.resolve(running.createAccount(name)),
    grantDeletedObjectsRead: (name) => control('/grants/deleted-objects', { account: name }),
    stop: () => running.stop(),
  };
}

describeDirectoryContract('embedded directory', makeFixture);
