import { sambaAvailability } from '../../local/samba/samba-availability.ts';
import { startSamba } from '../../local/samba/start-samba.ts';
import { describeAgentJourneys } from '../e2e/agent-journeys.ts';
import { describeAgentRefusals } from '../e2e/agent-refusals.ts';
import { sambaFixture } from './support/samba-fixture.ts';

const availability = sambaAvailability();

const startFixture = async () => sambaFixture(await startSamba());
const options = { unavailable: availability.available ? undefined : availability.cause };
describeAgentJourneys('Samba', startFixture, options);
describeAgentRefusals('Samba', startFixture, options);
