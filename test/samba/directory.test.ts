import { sambaAvailability } from '../../local/samba/samba-availability.ts';
import { startSamba } from '../../local/samba/start-samba.ts';
import { describeDirectoryContract } from '../contract/directory.contract.ts';
import type { DirectoryFixture } from '../contract/support/directory/fixture.ts';

const availability = sambaAvailability();

async function makeFixture(): Promise<DirectoryFixture> {
  const domain = await startSamba();
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

describeDirectoryContract('Samba', makeFixture, {
  unavailable: availability.available ? undefined : availability.cause,
  exceptions: {
    'DirSync: small answers come in several pages, each object once': 'Samba never pages a DirSync answer',
    'an unpaged search stops at 1,000 objects with result code 4': 'Samba sets no MaxPageSize',
    'a plain read of more than 1,500 members answers with the first range':
      'Samba does not limit the values of an answer',
  },
});
