import { sambaAvailability } from '../../local/samba/samba-availability.ts';
import { startSamba } from '../../local/samba/start-samba.ts';
import type { DirectoryFixture } from '../contract/support/directory/fixture.ts';
import { describeAgentJourneys } from '../e2e/agent-journeys.ts';
import { describeAgentRefusals } from '../e2e/agent-refusals.ts';

const availability = sambaAvailability();

async function startFixture(): Promise<DirectoryFixture> {
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

const options = { unavailable: availability.available ? undefined : availability.cause };
describeAgentJourneys('Samba', startFixture, options);
describeAgentRefusals('Samba', startFixture, options);
