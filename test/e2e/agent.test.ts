import { startDirectory } from '../../local/directory/start-directory.ts';
import { describeAgentJourneys } from './agent-journeys.ts';
import { embeddedFixture } from './support/embedded-fixture.ts';

// A small page, so that DirSync in several pages is met with few objects.
describeAgentJourneys('embedded directory', async () =>
  embeddedFixture(await startDirectory({ dirSyncPage: 10 })),
);
